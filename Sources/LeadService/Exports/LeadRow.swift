import Foundation
import Leads

/// One lead as the list and the export read it: its newest inquiry and newest task, still sealed.
struct LeadRow: Sendable {
    var leadID: UUID
    var phoneSealed: [UInt8]
    var inquiryID: UUID
    var nameSealed: [UInt8]
    var remarkSealed: [UInt8]?
    var extraSealed: [UInt8]?
    var source: String
    var acceptedAt: Date
    var dueAt: Date
    var metAt: Date?
    var state: String?
    var disposition: String?
    var attempts: Int
    var adviser: String?
    var total: Int?
    var gap: Int?
    var itemKeys: [String]
    var itemPoints: [Int]
    /// The titles of what was asked for beside the call.
    var benefits: [String]
    /// All that is known of where it came from, as JSON.
    var attribution: String
    var site: String?
    /// What they agree to at this instant.
    var purposes: [String]

    var agreesToMarketing: Bool { self.purposes.contains("marketing") }
    /// The ids of those whom their data may go to.
    var recipients: [String] {
        self.purposes.compactMap { $0.hasPrefix("recipient:") ? String($0.dropFirst(10)) : nil }
    }

    func phone(_ keys: KeyRing) throws -> PhoneNumber {
        try PhoneNumber(parsing: try keys.open(self.phoneSealed, at: SealedPlace("leads", "phone_sealed", self.leadID)))
    }

    func name(_ keys: KeyRing) throws -> PersonName {
        PersonName(
            stored: try keys.open(self.nameSealed, at: SealedPlace("inquiries", "name_sealed", self.inquiryID)))
    }

    /// What the newest inquiry answered beyond our own questions; masked, without the lead's own number.
    func extra(_ keys: KeyRing, masked: Bool) throws -> [String: JSONOutput] {
        guard let extraSealed else { return [:] }
        let answers = try Self.extra(extraSealed, of: self.inquiryID, keys)
        guard masked else { return answers.mapValues { JSONOutput($0) } }
        let phone = try self.phone(keys)
        return answers.mapValues { JSONOutput($0.without(phone)) }
    }

    static func extra(_ sealed: [UInt8], of inquiry: UUID, _ keys: KeyRing) throws -> [String: JSONValue] {
        let text = try keys.open(sealed, at: SealedPlace("inquiries", "extra_sealed", inquiry))
        guard case .object(let members) = try StrictJSON.read(Array(text.utf8)) else { return [:] }
        return members
    }

    /// A text of the attribution by its names, or nothing.
    func attributed(_ names: String...) throws -> String {
        var value = try StrictJSON.read(Array(self.attribution.utf8))
        for name in names {
            guard case .object(let members) = value, let member = members[name] else { return "" }
            value = member
        }
        if case .string(let text) = value { return text }
        return ""
    }

    func remark(_ keys: KeyRing) throws -> String {
        guard let remarkSealed else { return "" }
        return try keys.open(remarkSealed, at: SealedPlace("inquiries", "remark_sealed", self.inquiryID))
    }
}

extension JSONValue {
    /// The value with a number in its texts and numbers replaced.
    fileprivate func without(_ phone: PhoneNumber) -> JSONValue {
        switch self {
        case .null, .bool: return self
        case .number(let number):
            let text = number.description
            let redacted = PhoneNumber.redacted(in: text, only: phone)
            return redacted == text ? self : .string(redacted)
        case .string(let text): return .string(PhoneNumber.redacted(in: text, only: phone))
        case .array(let values): return .array(values.map { $0.without(phone) })
        case .object(let members): return .object(members.mapValues { $0.without(phone) })
        }
    }
}
