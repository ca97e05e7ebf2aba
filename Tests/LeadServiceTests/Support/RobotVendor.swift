import Crypto
import Foundation
import LeadService
import Leads

/// The robots of 企业微信, 钉钉 and 飞书, as strict about address, clock, signature and shape as the vendors are.
struct RobotVendor: Sendable {
    let kind: RobotKind
    let request: VendorServer.Request

    static let secret = "SECtest-secret-0123456789"

    /// What a robot's address is on a server.
    static func address(_ kind: RobotKind, at url: URL, key: String = "test-key") -> String {
        switch kind {
        case .wecom: "\(url)/cgi-bin/webhook/send?key=\(key)"
        case .dingtalk: "\(url)/robot/send?access_token=\(key)"
        case .feishu: "\(url)/open-apis/bot/v2/hook/\(key)"
        }
    }

    /// - Returns: nil for a request that is to no robot.
    init?(_ request: VendorServer.Request) {
        self.request = request
        if request.path.hasPrefix("/cgi-bin/webhook/send") {
            self.kind = .wecom
        } else if request.path.hasPrefix("/robot/send") {
            self.kind = .dingtalk
        } else if request.path.hasPrefix("/open-apis/bot/v2/hook/") {
            self.kind = .feishu
        } else {
            return nil
        }
    }

    /// The vendor's answer, and the text when it is taken.
    func judge(at now: Date) -> (answer: String, text: String?) {
        let json = (try? StrictJSON.read(Array(self.request.body.utf8))) ?? .null
        guard self.request.headers["content-type"]?.hasPrefix("application/json") == true, json != .null else {
            return (self.refusal(self.kind == .feishu ? 9499 : 40035), nil)
        }
        switch self.kind {
        case .wecom:
            guard self.request.path == "/cgi-bin/webhook/send?key=test-key" else { return (self.refusal(93000), nil) }
            return self.take(json["text"]["content"].string, isShaped: Self.isPlain(json), code: 40035)
        case .dingtalk:
            let query = FormFields(String(self.request.path.split(separator: "?").last ?? ""))
            guard query["access_token"] == "test-key" else { return (self.refusal(300_005), nil) }
            guard let stamp = query["timestamp"], stamp.count == 13, let milliseconds = Double(stamp),
                abs(milliseconds / 1000 - now.timeIntervalSince1970) <= 3600,
                query["sign"] == Self.mac("\(stamp)\n\(Self.secret)", key: Self.secret)
            else { return (self.refusal(310_000), nil) }
            return self.take(json["text"]["content"].string, isShaped: Self.isPlain(json), code: 400_105)
        case .feishu:
            guard self.request.path == "/open-apis/bot/v2/hook/test-key" else { return (self.refusal(19001), nil) }
            let stamp = json["timestamp"].string
            guard stamp.count == 10, let seconds = Double(stamp), abs(seconds - now.timeIntervalSince1970) <= 3600,
                json["sign"].string == Self.mac("", key: "\(stamp)\n\(Self.secret)")
            else { return (self.refusal(19021), nil) }
            let isShaped =
                json.names.sorted() == ["content", "msg_type", "sign", "timestamp"] && json["msg_type"].string == "text"
                && json["content"].names == ["text"]
            return self.take(json["content"]["text"].string, isShaped: isShaped, code: 9499)
        }
    }

    private func take(_ text: String, isShaped: Bool, code: Int) -> (String, String?) {
        guard isShaped, (1...2048).contains(text.utf8.count) else { return (self.refusal(code), nil) }
        return (
            self.kind == .feishu
                ? #"{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}"#
                : #"{"errcode":0,"errmsg":"ok"}"#, text
        )
    }

    private func refusal(_ code: Int) -> String {
        self.kind == .feishu ? #"{"code":\#(code),"data":{},"msg":"no"}"# : #"{"errcode":\#(code),"errmsg":"no"}"#
    }

    private static func isPlain(_ json: JSONValue) -> Bool {
        json.names.sorted() == ["msgtype", "text"] && json["msgtype"].string == "text"
            && json["text"].names == ["content"]
    }

    private static func mac(_ message: String, key: String) -> String {
        Data(HMAC<SHA256>.authenticationCode(for: Data(message.utf8), using: SymmetricKey(data: Data(key.utf8))))
            .base64EncodedString()
    }
}
