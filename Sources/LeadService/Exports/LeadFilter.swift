package import Foundation
package import Leads

/// Which leads: the same members on the screen, in the search and in the export.
package struct LeadFilter: Sendable {
    package var phone: PhoneNumber?
    package var lastFour: String?
    package var name: PersonName?
    package var state: String?
    package var disposition: String?
    package var adviser: String?
    package var source: String?
    package var from: Date?
    package var to: Date?
    /// Whom an export is for: who has not agreed to that is left out of it, and counted.
    package var recipient: String?

    package init() {}

    /// Names of the members, in the query and in the body alike.
    package static let members = ["q", "state", "disposition", "adviser", "source", "from", "to"]

    /// Reads the members one by one; a wrong one is a field failure.
    package init(_ fields: inout FieldReader) {
        if let text = fields.optionalString("q", longest: 64) { self.search(text, &fields) }
        self.state = fields.optionalString("state", longest: 16)
        if let state, !["open", "paused", "closed"].contains(state) {
            fields.fail(
                "state_unknown", at: "state", "状态应为 open、paused 或 closed", english: "state is open, paused or closed.")
        }
        self.disposition = fields.optionalString("disposition", longest: 32)
        if let disposition, Disposition(rawValue: disposition) == nil {
            fields.fail("disposition_unknown", at: "disposition", "没有这个通话结果", english: "Unknown disposition.")
        }
        self.adviser = fields.optionalString("adviser", longest: 32)
        self.source = fields.optionalString("source", longest: 200)
        self.from = Self.day(&fields, "from")
        self.to = Self.day(&fields, "to").map { $0.addingTimeInterval(86400) }
    }

    /// Reads whom an export is for; lists have no such member.
    package mutating func readRecipient(_ fields: inout FieldReader) {
        self.recipient = fields.optionalString("recipient", longest: 64)
        if let recipient, recipient.wholeMatch(of: /[A-Za-z0-9_-]+/) == nil {
            fields.fail(
                "recipient_unknown", at: "recipient", "接收方应写成设置里的编号", english: "The recipient's id in the settings.")
        }
    }

    /// `q` is a whole phone, its last four digits, or a whole name.
    private mutating func search(_ text: String, _ fields: inout FieldReader) {
        if let phone = try? PhoneNumber(parsing: text) {
            self.phone = phone
        } else if text.utf8.count == 4, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            self.lastFour = text
        } else if let name = try? PersonName(parsing: text) {
            self.name = name
        } else {
            fields.fail(
                "q_invalid", at: "q", "请输入完整手机号、号码后四位或完整称呼",
                english: "q is a whole phone, its last four digits or a whole name.")
        }
    }

    /// A local day as `2026-11-26`, taken as its first instant in Shanghai; or an RFC 3339 time.
    private static func day(_ fields: inout FieldReader, _ name: String) -> Date? {
        guard let text = fields.optionalString(name) else { return nil }
        guard let date = RFC3339.date(text) ?? RFC3339.date(text + "T00:00:00+08:00") else {
            fields.fail("date_invalid", at: name, "日期应写成 2026-11-26", english: "A date such as 2026-11-26.")
            return nil
        }
        return date
    }

    /// What the audit keeps of it: never the number or the name that was searched for.
    package var summary: [String: JSONOutput] {
        var summary: [String: JSONOutput] = [:]
        if self.phone != nil { summary["q"] = .string("phone") }
        if self.lastFour != nil { summary["q"] = .string("last_four") }
        if self.name != nil { summary["q"] = .string("name") }
        for (name, value) in [
            ("state", self.state), ("disposition", self.disposition), ("adviser", self.adviser),
            ("source", self.source), ("recipient", self.recipient),
        ] {
            if let value { summary[name] = .string(value) }
        }
        if let from { summary["from"] = .string(RFC3339.text(from)) }
        if let to { summary["to"] = .string(RFC3339.text(to)) }
        return summary
    }

    /// Everything that decides which leads these are, for a keyed fingerprint.
    var fingerprintText: String {
        let days = [self.from, self.to].map { $0.map { RFC3339.text($0) } }
        let texts =
            [self.phone?.e164, self.lastFour, self.name?.text, self.state, self.disposition, self.adviser, self.source]
            + days
        return texts.map { $0.map { "\($0.utf8.count):\($0)" } ?? "-" }.joined(separator: ",")
    }

    /// Whether somebody is looked for.
    var isSearch: Bool { self.phone != nil || self.lastFour != nil || self.name != nil }
}

/// A filter as the database sees it: keyed hashes instead of what was searched for.
struct IndexedLeadFilter: Sendable {
    var phone: [UInt8]?
    var lastFour: [UInt8]?
    var name: [UInt8]?
    var filter: LeadFilter

    init(_ filter: LeadFilter, keys: KeyRing) {
        self.phone = filter.phone.map { keys.index(of: $0) }
        self.lastFour = filter.lastFour.map { keys.index(ofLastFour: $0) }
        self.name = filter.name.map { keys.index(of: $0) }
        self.filter = filter
    }
}
