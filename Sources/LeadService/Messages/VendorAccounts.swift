import Foundation

/// What the environment says of the vendors: accounts, and the token of the addresses they report to.
package struct VendorAccounts: Sendable {
    package var aliyun: AliyunSMSGateway.Account?
    package var tencent: TencentSMSGateway.Account?
    /// In the path of `/hooks/sms/…`; nil is one derived from the keys.
    package var hookToken: String?

    /// Reads the variables of the gateways that are named.
    ///
    /// - Parameters:
    ///   - text: a variable's value by its configuration key.
    ///   - reasons: grows by what is wrong.
    init(gateways: [String], isProduction: Bool, text: @escaping (String) -> String?, reasons: inout [String]) {
        var reader = AccountReader(text: text)
        if gateways.contains("aliyun") {
            self.aliyun = AliyunSMSGateway.Account(
                endpoint: reader.endpoint("sms.aliyun.endpoint", "https://dysmsapi.aliyuncs.com"),
                keyID: reader.needed("sms.aliyun.access.key.id", "the access key's id (LTAI…)"),
                secret: reader.needed("sms.aliyun.access.key.secret", "the access key's secret"),
                signName: reader.needed("sms.aliyun.sign.name", "the approved signature, without brackets"),
                codeTemplate: reader.needed("sms.aliyun.template.code", "the approved template for codes (SMS_…)"))
        }
        if gateways.contains("tencent") {
            self.tencent = TencentSMSGateway.Account(
                endpoint: reader.endpoint("sms.tencent.endpoint", "https://sms.tencentcloudapi.com"),
                keyID: reader.needed("sms.tencent.secret.id", "the API key's id (AKID…)"),
                secret: reader.needed("sms.tencent.secret.key", "the API key's secret"),
                appID: reader.needed("sms.tencent.sdk.app.id", "the application's SdkAppId (1400…)"),
                signName: reader.needed("sms.tencent.sign.name", "the approved signature, without brackets"),
                codeTemplate: reader.needed("sms.tencent.template.id", "the approved template for codes"),
                region: text("sms.tencent.region") ?? "ap-guangzhou")
        }
        if let token = text("sms.hook.token") {
            let isPath = token.utf8.allSatisfy { Self.pathCharacters.contains($0) }
            if !isPath || token.utf8.count > 128 || (isProduction && token.utf8.count < 22) {
                reader.reasons.append(
                    "HUIFANG_SMS_HOOK_TOKEN must be at most 128 letters, digits, '-' and '_', at least 22 of them when the public URL is https"
                )
            }
            self.hookToken = token
        }
        reasons += reader.reasons
    }

    private static let pathCharacters = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
}

/// Reads an account's variables and remembers those that cannot be used.
private struct AccountReader {
    let text: (String) -> String?
    var reasons: [String] = []

    mutating func needed(_ key: String, _ meaning: String) -> String {
        guard let value = self.text(key)?.trimmed, !value.isEmpty else {
            self.reasons.append("\(Self.variable(key)) is missing: \(meaning)")
            return ""
        }
        guard !value.contains(where: { $0.isNewline }) else {
            self.reasons.append("\(Self.variable(key)) must be one line")
            return ""
        }
        return value
    }

    /// An address without a path; plain http only on this machine, because messages hold numbers and codes.
    mutating func endpoint(_ key: String, _ standard: String) -> URL {
        let given = self.text(key) ?? standard
        let isLocal = ["127.0.0.1", "localhost", "::1"]
        guard let url = URL(string: given), let host = url.host, url.path.isEmpty || url.path == "/", url.query == nil,
            url.scheme == "https" || (url.scheme == "http" && isLocal.contains(host))
        else {
            self.reasons.append("\(Self.variable(key)) must be an https address without a path, such as \(standard)")
            return URL(fileURLWithPath: "/")
        }
        return url
    }

    private static func variable(_ key: String) -> String {
        "HUIFANG_" + key.replacingOccurrences(of: ".", with: "_").uppercased()
    }
}
