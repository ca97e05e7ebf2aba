import Crypto
package import Foundation

/// A group robot of 飞书: the signature and its time in seconds go into the body.
package struct FeishuRobotGateway: RobotGateway {
    package let codeMembers = ["code", "StatusCode"]

    package init() {}

    package func request(_ text: String, to address: URL, secret: String, at now: Date) -> RobotRequest {
        let timestamp = String(Int64(now.timeIntervalSince1970.rounded(.down)))
        // Time and secret are the key here, and nothing is the message.
        let key = SymmetricKey(data: Data("\(timestamp)\n\(secret)".utf8))
        let mac = HMAC<SHA256>.authenticationCode(for: Data(), using: key)
        let body = JSONOutput.object([
            "timestamp": .string(timestamp), "sign": .string(Data(mac).base64EncodedString()),
            "msg_type": .string("text"), "content": .object(["text": .string(text)]),
        ])
        return RobotRequest(url: address.absoluteString, body: body.text)
    }

    package func pause(after code: Int) -> TimeInterval? {
        switch code {
        case 11232, 99_991_400: 60  // Too many at once.
        default: nil
        }
    }
}
