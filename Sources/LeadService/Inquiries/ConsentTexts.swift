import Foundation
import Leads

/// Somebody whom data may be handed to, with a consent of its own.
package struct ConsentRecipient: Sendable, Equatable {
    package var id: String
    package var name: String
    package var contact: String
    package var purpose: String
    package var manner: String
    package var kinds: String

    /// Reads one entry of the setting `consent_recipients`; every member is needed, because each must be told.
    init?(_ value: JSONValue) {
        guard case .object(let members) = value else { return nil }
        func text(_ name: String) -> String? {
            guard case .string(let text)? = members[name], !text.isEmpty, text.count <= 200 else { return nil }
            return text
        }
        guard let id = text("id"), id.wholeMatch(of: /[A-Za-z0-9_-]{1,64}/) != nil, let name = text("name"),
            let contact = text("contact"), let purpose = text("purpose"), let manner = text("manner"),
            let kinds = text("kinds"), members.count == 6
        else { return nil }
        self.id = id
        self.name = name
        self.contact = contact
        self.purpose = purpose
        self.manner = manner
        self.kinds = kinds
    }
}

/// The sentence beside each box, the same on the page and in the evidence.
enum ConsentTexts {
    static func inquiry(_ company: String) -> String { "我已阅读《隐私说明》" + Self.inquiryRest(company) }

    /// What follows the notice's name, which is a link on the page.
    static func inquiryRest(_ company: String) -> String { "，同意\(company)为这次咨询致电给我" }

    static func marketing(_ company: String) -> String { "也愿意收到\(company)的活动和资料短信、电话（可不选，随时可撤回）" }

    static func recipient(_ recipient: ConsentRecipient) -> String {
        "同意把\(recipient.kinds)以\(recipient.manner)交给\(recipient.name)（\(recipient.contact)），用于\(recipient.purpose)（可不选，随时可撤回）"
    }

    /// What stands for the box when the staff took an inquiry down.
    static func recorded(_ basis: ConsentBasis, _ company: String) -> String {
        "客户同意\(company)为这次咨询致电，由员工记录（\(basis.title)）"
    }

    /// Beside the box; the date is asked for below it.
    static let reminder = "居住证到期前 30 天和 7 天，各发一条短信提醒我签注（可不选，回复 T 即停）"

    static func reminder(_ validUntil: String) -> String { Self.reminder + "，有效期至 \(validUntil)" }
}

extension InquiryDraft.Consent {
    /// One row per purpose: the inquiry itself, and whatever else was ticked.
    func rows(_ settings: Settings, makeID: () -> UUID) -> [ConsentRow] {
        let company = settings.companyInSentences
        var rows = [ConsentRow(id: makeID(), purpose: "inquiry", textShown: ConsentTexts.inquiry(company))]
        if self.marketing {
            rows.append(
                ConsentRow(id: makeID(), purpose: "marketing", textShown: ConsentTexts.marketing(company)))
        }
        for recipient in settings.recipients where self.recipients.contains(recipient.id) {
            rows.append(
                ConsentRow(
                    id: makeID(), purpose: "recipient:\(recipient.id)", textShown: ConsentTexts.recipient(recipient)))
        }
        if let date = self.reminderValidUntil {
            rows.append(
                ConsentRow(
                    id: makeID(), purpose: "reminder", textShown: ConsentTexts.reminder(date), reminderValidUntil: date)
            )
        }
        return rows
    }

    /// Nobody agrees to a reminder that would never come.
    ///
    /// - Throws: 422 `reminder_too_late`.
    func checkReminder(on today: ShanghaiDate) throws {
        guard let failure = Self.reminderFailure(self.reminderValidUntil, on: today) else { return }
        throw Problem(failures: [failure.within("/consent/reminder/valid_until")])
    }

    /// What is wrong with a date to be reminded of; nil for none.
    static func reminderFailure(_ validUntil: String?, on today: ShanghaiDate) -> ValidationFailure? {
        guard let validUntil else { return nil }
        do {
            let date = try ShanghaiDate(parsing: validUntil)
            guard !PermitRenewal(validUntil: date, on: today).canBeReminded else { return nil }
            return ValidationFailure(
                "reminder_too_late", "到期前 7 天的提醒日已到或已过，不再另发提醒；请核对日期，或不选到期提醒",
                english: "The last reminder's day, seven days before the end, has come.")
        } catch {
            return error
        }
    }

    /// Nothing is agreed to for somebody who was never shown.
    ///
    /// - Throws: 422 `recipient_unknown`.
    func checkRecipients(_ settings: Settings) throws {
        let known = Set(settings.recipients.map(\.id))
        guard self.recipients.contains(where: { !known.contains($0) }) else { return }
        throw Problem(failures: [
            ValidationFailure(
                "recipient_unknown", at: "/consent/recipients", "没有这个接收方，请刷新页面后再选", english: "Unknown recipient.")
        ])
    }
}
