import Crypto
package import Foundation

/// A group robot of 钉钉: the signature and its time in milliseconds go into the query.
package struct DingTalkRobotGateway: RobotGateway {
    package let codeMembers = ["errcode"]

    package init() {}

    package func request(_ text: String, to address: URL, secret: String, at now: Date) -> RobotRequest {
        let timestamp = String(Int64((now.timeIntervalSince1970 * 1000).rounded(.down)))
        let mac = HMAC<SHA256>.authenticationCode(
            for: Data("\(timestamp)\n\(secret)".utf8), using: SymmetricKey(data: Data(secret.utf8)))
        let query = AliyunSignature.encode([("timestamp", timestamp), ("sign", Data(mac).base64EncodedString())])
        return RobotRequest(url: "\(address.absoluteString)&\(query)", body: self.body(text))
    }

    package func pause(after code: Int) -> TimeInterval? {
        switch code {
        case -1: 10  // Busy.
        case 130101, 410100: 600  // More than 20 a minute: it rests for ten minutes.
        default: nil
        }
    }
}
