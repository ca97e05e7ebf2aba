package import Foundation
package import Leads

/// What a vendor says of one message: the phone has it, or it never will.
package struct DeliveryReport: Sendable, Equatable {
    /// The vendor's id of the message; for `webhook` our own.
    package var vendorID: String
    /// Our id, where the vendor repeats it.
    package var messageID: UUID?
    /// The number it was for; nil only from a gateway that signs its reports.
    package var phone: PhoneNumber?
    package var isDelivered: Bool
    /// The carrier's word for it, which means nothing to us.
    package var code: String?
    /// How many messages it was cut into.
    package var segments: Int?
    package var at: Date?
}

/// What comes in at a vendor's address: reports, and what people answer to messages.
package enum VendorNotice: Sendable, Equatable {
    case report(DeliveryReport)
    case reply(phone: PhoneNumber?, text: String, at: Date? = nil)
}

/// A body that is not what the vendor sends.
struct GarbledNotice: Error {}

extension VendorNotice {
    /// Reads a vendor's body: one notice or a list of them.
    ///
    /// - Throws: `GarbledNotice` when one of them is not what the vendor documents; then none counts.
    package static func read(_ json: JSONValue, from gateway: String) throws -> [VendorNotice] {
        let values = if case .array(let values) = json { values } else { [json] }
        return try values.map { value in
            guard case .object(let members) = value else { throw GarbledNotice() }
            switch gateway {
            case "aliyun": return try Self.aliyun(NoticeMembers(members: members))
            case "tencent": return try Self.tencent(NoticeMembers(members: members))
            default: return try Self.webhook(NoticeMembers(members: members))
            }
        }
    }

    private static func aliyun(_ members: NoticeMembers) throws -> VendorNotice {
        let phone = PhoneNumber.ifValid(try members.text("phone_number"))
        if let content = members.optionalText("content") {
            return .reply(phone: phone, text: content, at: members.shanghaiTime("send_time"))
        }
        guard case .bool(let isDelivered)? = members.members["success"] else { throw GarbledNotice() }
        return .report(
            DeliveryReport(
                vendorID: try members.id("biz_id"),
                messageID: members.optionalText("out_id").flatMap { UUID(uuidString: $0) },
                phone: phone, isDelivered: isDelivered, code: members.code("err_code"),
                segments: members.count("sms_size"), at: members.shanghaiTime("report_time")))
    }

    private static func tencent(_ members: NoticeMembers) throws -> VendorNotice {
        let phone = PhoneNumber.ifValid(try members.text("mobile"))
        if let text = members.optionalText("text") {
            let seconds = members.optionalText("time").flatMap { Double($0) }
            return .reply(phone: phone, text: text, at: seconds.map { Date(timeIntervalSince1970: $0) })
        }
        let status = try members.text("report_status")
        guard status == "SUCCESS" || status == "FAIL" else { throw GarbledNotice() }
        return .report(
            DeliveryReport(
                vendorID: try members.id("sid"), messageID: nil, phone: phone, isDelivered: status == "SUCCESS",
                code: members.code("errmsg"), segments: nil, at: members.shanghaiTime("user_receive_time")))
    }

    private static func webhook(_ members: NoticeMembers) throws -> VendorNotice {
        if let text = members.optionalText("text") {
            return .reply(phone: PhoneNumber.ifValid(try members.text("phone")), text: text)
        }
        let status = try members.text("status")
        guard status == "delivered" || status == "failed" else { throw GarbledNotice() }
        let id = try members.id("message_id")
        guard let at = RFC3339.date(try members.text("at")) else { throw GarbledNotice() }
        return .report(
            DeliveryReport(
                vendorID: id, messageID: UUID(uuidString: id), phone: nil, isDelivered: status == "delivered",
                code: nil, segments: nil, at: at))
    }
}

extension PhoneNumber {
    /// The number, unless it is none of the mainland's.
    package static func ifValid(_ text: String) -> PhoneNumber? { try? PhoneNumber(parsing: text) }
}

/// The members of one notice.
struct NoticeMembers {
    let members: [String: JSONValue]

    func optionalText(_ name: String) -> String? {
        switch self.members[name] {
        case .string(let text): text
        case .number(let number): number.description
        default: nil
        }
    }

    func text(_ name: String) throws -> String {
        guard let text = self.optionalText(name) else { throw GarbledNotice() }
        return text
    }

    /// A vendor's id: 1–128 characters.
    func id(_ name: String) throws -> String {
        let text = try self.text(name)
        guard (1...128).contains(text.unicodeScalars.count) else { throw GarbledNotice() }
        return text
    }

    func code(_ name: String) -> String? { self.optionalText(name).flatMap { VendorCode.clean($0) } }

    func count(_ name: String) -> Int? {
        self.optionalText(name).flatMap { Int($0) }.flatMap { (1...100).contains($0) ? $0 : nil }
    }

    /// `2026-11-25 10:30:00` as vendors write it: Beijing time, no zone.
    func shanghaiTime(_ name: String) -> Date? {
        self.optionalText(name).flatMap { RFC3339.date($0.replacingOccurrences(of: " ", with: "T") + "+08:00") }
    }
}

/// A code of a vendor's, fit for logs, metrics and tables.
package enum VendorCode {
    /// At most 64 letters, digits and `._:-`; nothing that could be a number or a text.
    package static func clean(_ text: String) -> String? {
        let kept = String(
            text.unicodeScalars.filter {
                $0.isASCII && ($0.properties.isAlphabetic || "0123456789._:-".unicodeScalars.contains($0))
            }
            .prefix(64).map(Character.init))
        let digits = kept.filter { $0.isNumber }.count
        return kept.isEmpty || digits >= 6 ? nil : kept
    }
}
