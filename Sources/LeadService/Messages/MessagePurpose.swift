import Foundation

/// What a message is for; also the name of its template.
package enum MessagePurpose: String, Sendable, CaseIterable {
    case inquiryCode = "inquiry_code"
    case privacyCode = "privacy_code"
    case inquiryConfirmation = "inquiry_confirmation"
    case permitReminder = "permit_reminder"
    case lateNotice = "late_notice"
    case missedCall = "missed_call"

    package var isCode: Bool { self == .inquiryCode || self == .privacyCode }

    /// What a template or a text may name.
    package var parameters: Set<String> {
        switch self {
        case .inquiryCode, .privacyCode: ["code", "minutes", "reference"]
        case .inquiryConfirmation, .lateNotice:
            ["company", "telephone", "caller", "promise", "due", "receipt", "receipt_url", "privacy_url"]
        case .permitReminder: ["company", "telephone", "valid_until", "days", "renewal_url", "privacy_url"]
        case .missedCall: ["company", "telephone", "next", "privacy_url"]
        }
    }

    /// The text while settings have none; a code's is the vendor's own.
    package var standardText: MessageText? {
        switch self {
        case .inquiryCode, .privacyCode: nil
        case .inquiryConfirmation:
            MessageText(
                "[{company}]已收到您的咨询，{promise}[，来电号码 {caller}]。进度、改时间或取消：{receipt_url} 个人信息：{privacy_url} 退订回T",
                for: self)
        case .lateNotice:
            MessageText(
                "[{company}]很抱歉，没能按原定时间给您致电，{promise}[，来电号码 {caller}]。改时间或取消：{receipt_url} 个人信息：{privacy_url} 退订回T",
                for: self)
        case .permitReminder:
            MessageText(
                "[{company}]提醒您：居住证有效期至 {valid_until}，还有 {days} 天，请在当天（含）前签注。已办可忽略。{renewal_url} 退订回T",
                for: self)
        case .missedCall:
            MessageText("[{company}]刚才给您去电未能接通。我们将在 {next} 再打给您，也可回电 {telephone}。退订回T", for: self)
        }
    }
}

/// A text with places for parameters: `{name}` is replaced, and `[…]` is left out where one of its names has no value.
package struct MessageText: Sendable, Equatable {
    private let text: String

    /// - Returns: nil for a text that is empty, too long for five messages, or names something its purpose does not have.
    package init?(_ text: String, for purpose: MessagePurpose) {
        guard (1...300).contains(text.unicodeScalars.count), !text.contains(where: \.isNewline),
            text.matches(of: Self.place).allSatisfy({ purpose.parameters.contains(String($0.1)) })
        else { return nil }
        let rest = text.replacing(Self.group) { $0.1 }.replacing(Self.place, with: "")
        guard !rest.contains(where: { "{}[]".contains($0) }) else { return nil }
        self.text = text
    }

    /// The whole text; what has no value is left empty.
    package func filled(with parameters: [String: String]) -> String {
        func value(_ name: Substring) -> String { parameters[String(name)] ?? "" }
        return self.text.replacing(Self.group) { group in
            group.1.matches(of: Self.place).contains { value($0.1).isEmpty } ? "" : group.1
        }.replacing(Self.place) { value($0.1) }
    }

    /// How many messages vendors bill a text as: 70 characters are one, longer ones are cut every 67; the signature counts.
    package static func segments(in text: String, signedBy company: String) -> Int {
        // The brackets 【】 are characters as well.
        let length = text.utf16.count + company.utf16.count + 2
        return length <= 70 ? 1 : (length + 66) / 67
    }

    private static var place: Regex<(Substring, Substring)> { /\{([a-z_]+)\}/ }
    private static var group: Regex<(Substring, Substring)> { /\[([^\[\]]*)\]/ }
}
