package import Foundation
import Leads

/// Tencent Cloud's short message service, API version 2021-01-11.
package struct TencentSMSGateway: SMSGateway {
    /// The account, the application, the approved signature and the approved template for codes.
    package struct Account: Sendable {
        package var endpoint: URL
        package var keyID: String
        package var secret: String
        package var appID: String
        package var signName: String
        package var codeTemplate: String
        package var region: String

        package init(
            endpoint: URL, keyID: String, secret: String, appID: String, signName: String, codeTemplate: String,
            region: String
        ) {
            self.endpoint = endpoint
            self.keyID = keyID
            self.secret = secret
            self.appID = appID
            self.signName = signName
            self.codeTemplate = codeTemplate
            self.region = region
        }
    }

    package let name = "tencent"
    package let needsTemplates = true
    package let answersQueries = true
    private let account: Account
    private let client: VendorClient
    private let now: @Sendable () -> Date

    /// - Parameter now: the time that signs.
    package init(account: Account, client: VendorClient, now: @escaping @Sendable () -> Date) {
        self.account = account
        self.client = client
        self.now = now
    }

    package func send(_ message: OutgoingMessage) async -> SendOutcome {
        guard let template = message.vendorTemplate ?? Self.codeTemplate(for: message) else {
            return .noTemplate
        }
        let outcome = await self.call(
            "SendSms",
            [
                "PhoneNumberSet": .array([.string(message.phone)]), "SmsSdkAppId": .string(self.account.appID),
                "SignName": .string(self.account.signName),
                "TemplateId": .string(template.id ?? self.account.codeTemplate),
                "TemplateParamSet": .array(template.parameters.map { .string(message.parameters[$0] ?? "") }),
                "SessionContext": .string(message.id),
            ])
        return outcome.sending { status, json in
            guard let response = json[member: "Response"] else { return nil }
            if let code = response[member: "Error"]?[member: "Code"]?.asText { return Self.outcome(of: code) }
            guard let states = response[member: "SendStatusSet"]?.asList, states.count == 1,
                let code = states[0][member: "Code"]?.asText
            else { return nil }
            guard code == "Ok" else { return Self.outcome(of: code) }
            guard status == 200, let id = states[0][member: "SerialNo"]?.asText, !id.isEmpty else { return nil }
            let fee = states[0][member: "Fee"]?.asWhole.flatMap { (1...100).contains($0) ? $0 : nil }
            return .accepted(vendorID: id, segments: fee)
        }
    }

    package func canConnect() async -> Bool { await self.client.canConnect(self.account.endpoint) }

    package func delivery(of message: AskedMessage) async -> DeliveryAnswer {
        let sent = Int(message.sentAt.timeIntervalSince1970)
        let outcome = await self.call(
            "PullSmsSendStatusByPhoneNumber",
            [
                "PhoneNumber": .string(message.phone), "SmsSdkAppId": .string(self.account.appID),
                "BeginTime": .integer(sent - 60), "EndTime": .integer(Int(self.now().timeIntervalSince1970)),
                "Offset": .integer(0), "Limit": .integer(100),
            ])
        guard case .answered(200, let body, _) = outcome, let json = try? StrictJSON.read(body),
            let states = json[member: "Response"]?[member: "PullSmsSendStatusSet"]?.asList
        else { return .unavailable }
        guard let state = states.first(where: { $0[member: "SessionContext"]?.asText == message.id }),
            let serial = state[member: "SerialNo"]?.asText, (1...128).contains(serial.unicodeScalars.count)
        else { return .unknownThere }
        guard let status = state[member: "ReportStatus"]?.asText, status == "SUCCESS" || status == "FAIL" else {
            return .accepted(vendorID: serial)
        }
        let at = state[member: "UserReceiveTime"]?.asWhole.map { Date(timeIntervalSince1970: Double($0)) }
        return .settled(
            DeliveryReport(
                vendorID: serial, messageID: UUID(uuidString: message.id), phone: PhoneNumber.ifValid(message.phone),
                isDelivered: status == "SUCCESS",
                code: state[member: "Description"]?.asText.flatMap { VendorCode.clean($0) },
                segments: nil, at: at))
    }

    private func call(_ action: String, _ parameters: [String: JSONOutput]) async -> VendorClient.Outcome {
        let body = Array(JSONOutput.object(parameters).text.utf8)
        let now = self.now()
        let signed = [
            ("content-type", "application/json; charset=utf-8"), ("host", self.account.endpoint.authority),
            ("x-tc-action", action),
        ]
        let signature = TencentSignature(
            headers: signed, body: body, at: now, keyID: self.account.keyID, secret: self.account.secret)
        let headers =
            signed + [
                ("x-tc-version", "2021-01-11"), ("x-tc-timestamp", String(Int(now.timeIntervalSince1970))),
                ("x-tc-region", self.account.region), ("x-tc-language", "zh-CN"),
                ("authorization", signature.authorization),
            ]
        return await self.client.post(self.account.endpoint.base + "/", headers, body)
    }

    private static func codeTemplate(for message: OutgoingMessage) -> VendorTemplate? {
        message.parameters["code"] == nil ? nil : VendorTemplate(id: nil, parameters: ["code", "minutes"])
    }

    /// What a code of the vendor's means.
    package static func outcome(of code: String) -> SendOutcome {
        let failure = VendorCode.clean(code) ?? "unreadable_code"
        func begins(_ prefixes: String...) -> Bool { prefixes.contains { code.hasPrefix($0) } }
        switch code {
        case "FailedOperation.InsufficientBalanceInSmsPackage", "UnauthorizedOperation.ServiceSuspendDueToArrears":
            return .refused(failure: failure, as: .noFunds)
        case "FailedOperation.PhoneNumberInBlacklist": return .refused(failure: failure, as: .numberBlocked)
        case "InvalidParameterValue.IncorrectPhoneNumber", "FailedOperation.PhoneNumberParseFail":
            return .refused(failure: failure, as: .numberBad)
        case "InternalError.Timeout", "InternalError.SendAndRecvFail": return .unknown(failure: failure)
        case _ where begins("LimitExceeded.PhoneNumber", "LimitExceeded.DeliveryFrequencyLimit"):
            return .refused(failure: failure, as: .numberThrottled)
        case _ where begins("RequestLimitExceeded", "LimitExceeded."):
            return .refused(failure: failure, as: .accountThrottled)
        case _
        where begins(
            "FailedOperation.Signature", "FailedOperation.Template", "FailedOperation.ContainSensitiveWord",
            "FailedOperation.MarketingSendTimeConstraint", "InvalidParameterValue.TemplateParameter",
            "UnauthorizedOperation.", "AuthFailure.", "MissingParameter", "UnsupportedOperation."):
            return .refused(failure: failure, as: .configBad)
        default: return .unknown(failure: failure, isFault: true)
        }
    }
}
