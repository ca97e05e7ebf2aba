import Foundation
package import Leads

extension Settings {
    /// Every key that people edit, in the order of the settings file, with what counts while nothing is stored; `null` is none.
    package static let standardValues: [(key: String, value: JSONValue)] =
        [
            ("company_name", .string("")), ("company_address", .string("")), ("company_telephone", .string("")),
            ("caller_number", .string("")), ("icp_number", .string("")), ("company_logo", .null),
            ("company_colour", .string(CompanyColour.standard)),
            ("opening_hours", .string("09:00-18:00")), ("calling_hours", .string("09:00-12:00,13:30-21:00")),
            ("claim_minutes", .number(30)), ("fresh_minutes", .number(15)),
            ("contact_target_hours", .number(27)), ("cadence", Cadence.standardValue),
            ("assignment", .string("pull")), ("push_cap", .number(5)), ("claims_per_day", .null),
            ("skill_rules", .array([])),
            ("resend_seconds", .number(60)), ("sends_per_minute", .number(60)), ("sends_per_hour", .null),
            ("sends_per_day", .number(2000)), ("sends_per_address_per_hour", .number(60)),
            ("sends_per_site_per_hour", .null), ("sends_per_site_per_day", .null), ("message_price", .null),
            ("money_per_day", .null), ("withheld_prefixes", .array([])), ("test_numbers", .array([])),
            ("sms_templates", .object([:])), ("sms_texts", .object([:])), ("sms_prices", .object([:])),
            ("sms_reference", .bool(false)), ("confirmation_sms", .bool(false)), ("breach_sms", .bool(false)),
            ("missed_call_sms", .bool(false)), ("telephone_system", TelephoneSystem.standardValue),
            ("embed_origins", .string("")), ("benefits", .array(Benefit.standardValues)),
            ("items_after_verification", .bool(false)), ("consent_recipients", .array([])),
            ("privacy_notices", .array([])), (Self.extraQuestionsKey, .array([])), ("copies_per_day", .number(3)),
            ("snippets", .array(DeskTexts.standardSnippets.map { .string($0) })),
            ("exports_enabled", .bool(true)), ("export_row_limit", .null), ("export_approval", .bool(false)),
            ("export_reason_length", .number(10)),
            ("call_script", .array(DeskTexts.standardScript.map { .string($0) })),
        ] + RetentionTerm.allCases.map { ($0.setting, .number(Decimal($0.standard))) }

    private static let standard = Dictionary(uniqueKeysWithValues: Self.standardValues.map { ($0.key, $0.value) })

    /// What counts for a key while nothing is stored; nil for a key nobody knows.
    package static func standardValue(of key: String) -> JSONValue? { Self.standard[key] }

    /// Whether a value can be stored under a key; `null` always can, and means the standard value again.
    package static func takes(_ value: JSONValue, for key: String) -> Bool {
        if value == .null { return Self.standard[key] != nil }
        var settings = Settings()
        return settings.apply(key, value)
    }

    /// Whether two values of a key say the same, however they are spelled.
    package static func areEqual(_ one: JSONValue, _ other: JSONValue, for key: String) -> Bool {
        func applied(_ value: JSONValue) -> Settings {
            var settings = Settings()
            _ = settings.apply(key, value)
            return settings
        }
        return one == other || applied(one) == applied(other)
    }

    /// What rows say, the older ones first.
    init(rows: some Sequence<SettingRow>) {
        self.init()
        for (key, value) in Self.values(of: rows) { _ = self.apply(key, value) }
        self.formerQuestions = Self.formerQuestions(in: rows, now: self.extraQuestions)
    }

    /// The newest value of each key that fits it, of rows with the older ones first.
    static func values(of rows: some Sequence<SettingRow>) -> [String: JSONValue] {
        var values: [String: JSONValue] = [:]
        for row in rows where Self.takes(row.value, for: row.key) {
            values[row.key] = row.value == .null ? nil : row.value
        }
        return values
    }
}
