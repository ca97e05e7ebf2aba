package import Foundation
import Leads

/// Aliyun's short message service, API version 2017-05-25.
package struct AliyunSMSGateway: SMSGateway {
    /// The account, the approved signature and the approved template for codes.
    package struct Account: Sendable {
        package var endpoint: URL
        package var keyID: String
        package var secret: String
        package var signName: String
        package var codeTemplate: String

        package init(
            endpoint: URL, keyID: String, secret: String, signName: String, codeTemplate: String
        ) {
            self.endpoint = endpoint
            self.keyID = keyID
            self.secret = secret
            self.signName = signName
            self.codeTemplate = codeTemplate
        }
    }

    package let name = "aliyun"
    package let needsTemplates = true
    package let answersQueries = true
    private let account: Account
    private let client: VendorClient
    private let now: @Sendable () -> Date
    private let randomBytes: @Sendable (Int) -> [UInt8]

    /// - Parameters:
    ///   - now: the time that signs.
    ///   - randomBytes: makes the nonce of each request.
    package init(
        account: Account, client: VendorClient, now: @escaping @Sendable () -> Date,
        randomBytes: @escaping @Sendable (Int) -> [UInt8]
    ) {
        self.account = account
        self.client = client
        self.now = now
        self.randomBytes = randomBytes
    }

    package func send(_ message: OutgoingMessage) async -> SendOutcome {
        guard let template = message.vendorTemplate ?? Self.codeTemplate(for: message) else {
            return .noTemplate
        }
        let values = template.parameters.map { ($0, JSONOutput.string(message.parameters[$0] ?? "")) }
        let outcome = await self.call(
            "SendSms",
            [
                ("PhoneNumbers", message.phone), ("SignName", self.account.signName),
                ("TemplateCode", template.id ?? self.account.codeTemplate),
                ("TemplateParam", JSONOutput.object(Dictionary(uniqueKeysWithValues: values)).text),
                ("OutId", message.id),
            ])
        return outcome.sending { status, json in
            guard let code = json[member: "Code"]?.asText else { return nil }
            guard code == "OK" else { return Self.outcome(of: code) }
            guard status == 200, let id = json[member: "BizId"]?.asText, !id.isEmpty else { return nil }
            return .accepted(vendorID: id)
        }
    }

    package func canConnect() async -> Bool { await self.client.canConnect(self.account.endpoint) }

    package func delivery(of message: AskedMessage) async -> DeliveryAnswer {
        // The vendor files a message under its own day, which near midnight may not be ours.
        let days = Set(
            [-Self.largestSkew, Self.largestSkew].map { ShanghaiDate(message.sentAt.addingTimeInterval($0)) })
        var answer = DeliveryAnswer.unknownThere
        for day in days.sorted() {
            answer = await self.delivery(of: message, on: day)
            guard case .unknownThere = answer else { return answer }
        }
        return answer
    }

    /// How far the vendor's clock may be from ours, and how long a message may take to get there.
    private static let largestSkew: TimeInterval = 60

    private func delivery(of message: AskedMessage, on day: ShanghaiDate) async -> DeliveryAnswer {
        let outcome = await self.call(
            "QuerySendDetails",
            [
                ("PhoneNumber", String(message.phone.dropFirst(3))),
                ("SendDate", day.description.replacing("-", with: "")), ("PageSize", "50"),
                ("CurrentPage", "1"),
            ])
        guard case .answered(200, let body, _) = outcome, let json = try? StrictJSON.read(body),
            json[member: "Code"]?.asText == "OK",
            let details = json[member: "SmsSendDetailDTOs"]?[member: "SmsSendDetailDTO"]?.asList
        else { return .unavailable }
        guard let detail = details.first(where: { $0[member: "OutId"]?.asText == message.id }) else {
            return .unknownThere
        }
        guard case .object(let members) = detail, let status = detail[member: "SendStatus"]?.asWhole else {
            return .unavailable
        }
        guard status == 2 || status == 3 else { return .accepted(vendorID: nil) }
        let notice = NoticeMembers(members: members)
        // The details name no id of the vendor's, so ours stands for it.
        return .settled(
            DeliveryReport(
                vendorID: message.id, messageID: UUID(uuidString: message.id),
                phone: PhoneNumber.ifValid(message.phone), isDelivered: status == 3, code: notice.code("ErrCode"),
                segments: nil, at: notice.shanghaiTime("ReceiveDate")))
    }

    /// Parameters travel in the body: while the client has not come for it, the vendor cannot have them.
    private func call(_ action: String, _ parameters: [(String, String)]) async -> VendorClient.Outcome {
        let body = Array(AliyunSignature.encode(parameters).utf8)
        let hash = VendorHash.sha256(body)
        var headers = [
            ("host", self.account.endpoint.authority), ("content-type", "application/x-www-form-urlencoded"),
            ("x-acs-action", action), ("x-acs-content-sha256", hash),
            ("x-acs-date", Self.utc(self.now())), ("x-acs-signature-nonce", Hex.text(self.randomBytes(16))),
            ("x-acs-version", "2017-05-25"),
        ]
        let signature = AliyunSignature(
            method: "POST", query: [], headers: headers, payloadHash: hash, keyID: self.account.keyID,
            secret: self.account.secret)
        headers.append(("authorization", signature.authorization))
        return await self.client.post(self.account.endpoint.base + "/", headers, body)
    }

    private static func codeTemplate(for message: OutgoingMessage) -> VendorTemplate? {
        // A verification template has exactly one variable.
        message.parameters["code"] == nil ? nil : VendorTemplate(id: nil, parameters: ["code"])
    }

    /// `2026-11-25T02:30:00Z`.
    private static func utc(_ time: Date) -> String {
        String(RFC3339.text(time.addingTimeInterval(-8 * 3600)).prefix(19)) + "Z"
    }

    /// What a code of the vendor's means.
    package static func outcome(of code: String) -> SendOutcome {
        let failure = VendorCode.clean(code) ?? "unreadable_code"
        switch code {
        case "isv.BUSINESS_LIMIT_CONTROL": return .refused(failure: failure, as: .numberThrottled)
        case "isv.DAY_LIMIT_CONTROL", "isv.MONTH_LIMIT_CONTROL", "Throttling", "Throttling.User":
            return .refused(failure: failure, as: .accountThrottled)
        case "isv.AMOUNT_NOT_ENOUGH", "isv.OUT_OF_SERVICE": return .refused(failure: failure, as: .noFunds)
        case "isv.MOBILE_NUMBER_ILLEGAL", "isv.MOBILE_COUNT_OVER_LIMIT", "isv.DOMESTIC_NUMBER_NOT_SUPPORTED":
            return .refused(failure: failure, as: .numberBad)
        case "isp.RAM_PERMISSION_DENY", "SignatureDoesNotMatch", "IncompleteSignature", "InvalidAccessKeyId.NotFound",
            "InvalidTimeStamp.Expired", "InvalidTimeStamp.Format", "InvalidAction":
            return .refused(failure: failure, as: .configBad)
        case "SignatureNonceUsed": return .unknown(failure: failure)
        case _ where code.hasPrefix("isv."): return .refused(failure: failure, as: .configBad)
        default: return .unknown(failure: failure, isFault: true)
        }
    }
}

extension URL {
    /// Host, and the port where it is not the scheme's own: as a client writes the header `Host`.
    var authority: String {
        let standard = self.scheme == "https" ? 443 : 80
        let host = self.host ?? ""
        return if let port = self.port, port != standard { "\(host):\(port)" } else { host }
    }

    /// Scheme and authority.
    var base: String { "\(self.scheme ?? "https")://\(self.authority)" }
}
