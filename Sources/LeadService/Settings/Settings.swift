package import Foundation
package import Leads

/// The business rules in force at an instant, typed; a key without a row has the default below.
package struct Settings: Sendable, Equatable {
    // Who operates this: empty until somebody fills it in.
    package var companyName = ""
    package var companyAddress = ""
    package var companyTelephone = ""
    package var callerNumber = ""
    package var icpNumber = ""
    package var logo: CompanyLogo?
    /// Of links and buttons on the visitors' pages.
    package var companyColour = CompanyColour.standard
    package var openingHours = OpeningHours.standard
    package var callingHours = CallingHours.standard
    package var windows = PreferredWindowTimes.standard
    package var claimLength: TimeInterval = 30 * 60
    package var freshLength: TimeInterval = 15 * 60
    /// Within so many working hours somebody shall have been spoken to; three working days of the standard hours.
    package var contactTargetHours = 27
    package var cadence = Cadence()
    package var assignment = AssignmentRules()
    package var resendCooldown = 60
    package var sendsPerMinute = 60
    package var sendsPerDay = 2000
    package var sendsPerAddressPerHour = 60
    /// The vendors' templates, by gateway and template name.
    package var smsTemplates: [String: [String: VendorTemplate]] = [:]
    /// Whether codes carry the parameter `reference`, for templates that have room for it.
    package var smsReference = false
    /// What messages say, where somebody wrote it.
    package var smsTexts: [MessagePurpose: MessageText] = [:]
    /// Whether an accepted inquiry is confirmed by a message; off, because each one is paid for.
    package var confirmationSMS = false
    /// Whether a visitor is told by message that their promise will break.
    package var breachSMS = false
    /// Whether somebody who did not answer may be told so by a message; off, because each one is paid for.
    package var missedCallSMS = false
    /// What makes calls for advisers.
    package var telephone = TelephoneSystem()
    /// What a message costs in yuan, by gateway.
    package var smsPrices: [String: Double] = [:]
    package var sends = SendRules()
    /// Whose pages may carry the form without a key.
    package var embedOrigins: [Origin] = []
    package var benefits: [Benefit] = Benefit.standard
    /// Whether a result tells its total at once and its items after the phone of an inquiry with it was proven.
    package var itemsAfterVerification = false
    /// Whom data may be handed to; each is asked for with a box of its own.
    package var recipients: [ConsentRecipient] = []
    /// Privacy notices beyond the shipped one.
    package var notices: [PrivacyNotice] = []
    /// How often somebody may ask for a copy of their data within a day.
    package var copiesPerDay = 3
    /// What the desk puts into a note with one key.
    package var snippets = DeskTexts.standardSnippets
    /// What the adviser says first; the first line names the company and the purpose.
    package var callScript = DeskTexts.standardScript
    package var exports = ExportRules()
    /// What the company asks on its form beside our own questions, in order.
    package var extraQuestions: [ExtraQuestion] = []
    /// Questions that were asked once, so that their answers stay readable.
    var formerQuestions: [ExtraQuestion] = []
    package var retention = RetentionTerms()

    package init() {}

    /// Who operates this, as sentences on pages name them, and the evidence of what was agreed to.
    var companyInSentences: String { self.companyName.isEmpty ? "本站" : self.companyName }

    /// Applies one stored or locked value; a value of the wrong shape is refused.
    ///
    /// - Returns: false for a key nobody knows or a value that does not fit it.
    package mutating func apply(_ key: String, _ value: JSONValue) -> Bool {
        // A key that the settings file would not show cannot be set either.
        guard Self.standardValue(of: key) != nil else { return false }
        switch (key, value) {
        case ("company_name", _): return Self.line(value) { self.companyName = $0 }
        case ("company_address", _): return Self.line(value) { self.companyAddress = $0 }
        case ("company_telephone", _): return Self.line(value) { self.companyTelephone = $0 }
        case ("caller_number", _): return Self.line(value) { self.callerNumber = $0 }
        case ("icp_number", _): return Self.line(value) { self.icpNumber = $0 }
        case ("company_logo", _):
            guard let logo = CompanyLogo(value) else { return false }
            self.logo = logo
        case ("company_colour", .string(let text)):
            guard let colour = try? CompanyColour(parsing: text) else { return false }
            self.companyColour = colour.text
        case ("opening_hours", .string(let text)):
            guard let hours = OpeningHours(parsing: text) else { return false }
            self.openingHours = hours
        case ("calling_hours", .string(let text)):
            guard let hours = CallingHours(parsing: text) else { return false }
            self.callingHours = hours
        case ("claim_minutes", _): return Self.whole(value, 1...720) { self.claimLength = TimeInterval($0 * 60) }
        case ("fresh_minutes", _): return Self.whole(value, 0...1440) { self.freshLength = TimeInterval($0 * 60) }
        case ("contact_target_hours", _): return Self.whole(value, 1...500) { self.contactTargetHours = $0 }
        case ("cadence", .object):
            guard let cadence = Cadence(setting: value) else { return false }
            self.cadence = cadence
        case ("resend_seconds", _): return Self.whole(value, 1...3600) { self.resendCooldown = $0 }
        case ("sends_per_minute", _): return Self.whole(value, 1...1_000_000) { self.sendsPerMinute = $0 }
        case ("sends_per_day", _): return Self.whole(value, 1...100_000_000) { self.sendsPerDay = $0 }
        case ("sends_per_address_per_hour", _):
            return Self.whole(value, 1...1_000_000) { self.sendsPerAddressPerHour = $0 }
        case ("embed_origins", .string(let text)):
            guard let origins = Origin.list(text) else { return false }
            self.embedOrigins = origins
        case ("sms_templates", .object), ("sms_prices", .object), ("sms_reference", .bool), ("sms_texts", .object),
            ("confirmation_sms", .bool), ("breach_sms", .bool), ("missed_call_sms", .bool):
            return self.applyMessages(key, value)
        case ("telephone_system", _):
            guard let system = TelephoneSystem(value) else { return false }
            self.telephone = system
        case ("benefits", .array(let values)): return self.applyBenefits(values)
        case ("items_after_verification", .bool(let isOn)): self.itemsAfterVerification = isOn
        case ("consent_recipients", .array(let values)):
            let recipients = values.compactMap { ConsentRecipient($0) }
            guard recipients.count == values.count, recipients.count <= 20,
                Set(recipients.map(\.id)).count == recipients.count
            else { return false }
            self.recipients = recipients
        case ("privacy_notices", .array(let values)):
            let notices = values.compactMap { PrivacyNotice($0) }
            guard notices.count == values.count else { return false }
            self.notices = notices
        case ("snippets", _), ("call_script", _): return self.applyDeskTexts(key, value)
        case (Self.extraQuestionsKey, _): return self.applyExtraQuestions(value)
        case ("copies_per_day", _): return Self.whole(value, 1...1000) { self.copiesPerDay = $0 }
        default:
            return self.sends.apply(key, value) || self.retention.apply(key, value)
                || self.assignment.apply(key, value) || self.exports.apply(key, value)
        }
        return true
    }

    /// A line of text for pages.
    private static func line(_ value: JSONValue, _ set: (String) -> Void) -> Bool {
        guard case .string(let text) = value, text.count <= 200, text.unicodeScalars.allSatisfy(Text.isVisible) else {
            return false
        }
        set(text)
        return true
    }

    /// A whole number within a range, given as a number or as the text of one (from the environment).
    static func whole(_ value: JSONValue, _ range: ClosedRange<Int>, _ set: (Int) -> Void) -> Bool {
        let number: Int? =
            switch value {
            case .number(let decimal): Int(exactly: NSDecimalNumber(decimal: decimal).doubleValue)
            case .string(let text): Int(text)
            default: nil
            }
        guard let number, range.contains(number) else { return false }
        set(number)
        return true
    }
}
