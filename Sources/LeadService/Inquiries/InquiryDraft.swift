package import Foundation
import Leads

/// An inquiry as it was sent, every field checked.
package struct InquiryDraft: Sendable {
    var id: UUID?
    var name: PersonName
    var phone: PhoneNumber
    var challenge: UUID
    var code: VerificationCode
    var consent: Consent
    var assessmentID: UUID?
    var answers: Answers?
    var window: PreferredWindow?
    var remark: Remark?
    /// Where the visitor came from, cut to size, as canonical JSON.
    var source: String
    /// Further questions of the form, as canonical JSON.
    var extra: String?
    /// What is wrong with them; a repeat outlives its questions.
    var extraFailures: [ValidationFailure] = []
    /// The key of the form it was sent from.
    var formKey: String?
    /// What looks like a program's work; the inquiry is then put aside.
    var suspicion: Suspicion?
    /// Every member that makes it this inquiry and no other, in one canonical text.
    var fingerprintText: String

    /// Why it is not taken, unless it is a repeat of one that was.
    var refusal: Problem? { self.extraFailures.isEmpty ? nil : Problem(failures: self.extraFailures) }

    /// Why an inquiry is put aside.
    enum Suspicion: String, Sendable {
        /// The field that people do not see was filled.
        case honeypot
        /// The form was sent sooner than anybody types, or its time is not one of ours.
        case fillTime = "fill_time"
    }

    struct Consent: Sendable {
        var noticeVersion: String
        var marketing: Bool
        var recipients: [String]
        var reminderValidUntil: String?
    }
}

/// Who sent it and how, for the evidence of consent and the budgets.
package struct InquirySender: Sendable {
    var address: ClientAddress
    var userAgent: String
    /// `script` for the JSON operation, `form` for the page without JavaScript.
    var channel = "script"
    var idempotencyKey: String?
    /// Whose form it was.
    var site: Site
    /// Why that form takes nothing, unless it is a repeat of what it took before.
    var refusal: Problem?
}

/// What a submit came to.
package enum InquiryOutcome: Sendable {
    /// The lead is stored and promised a call; a repeat gets the same.
    case accepted(InquiryReceipt)
    /// One answer for a wrong, expired, used, foreign or unknown code.
    case codeInvalid
    /// The key belongs to another inquiry.
    case conflict
    case tooMany(retryAfter: Int)
    /// Another submit under the same key is still at work.
    case busy
}

/// What the visitor is told.
package struct InquiryReceipt: Sendable, Equatable {
    package var inquiryID: UUID
    package var dueAt: Date
    package var receiptToken: String
    package var benefits: [OfferedBenefit]
}
