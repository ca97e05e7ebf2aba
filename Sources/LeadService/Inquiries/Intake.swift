import Foundation
import Leads

/// One try at a submit: the keys it is repeatable under and the code it offers.
struct SubmitAttempt: Sendable {
    var inquiryID: UUID
    var idempotencyKey: String?
    var phoneIndex: [UInt8]
    var challenge: UUID
    var fingerprint: [UInt8]
    var locks: [[UInt8]]
    var holder: UUID
    var at: Date
    var lockedUntil: Date
    var wrongBuckets: [BudgetBucket]
    var sender: InquirySender
}

/// What the reservation found: the keys locked or bound, a try and uses of the budgets reserved or not, and the live codes
/// to compare with.
struct SubmitReservation: Sendable {
    var holdsLocks: Bool
    var isBlocked: Bool
    var isReserved: Bool
    /// The wrong-code budgets that one use was taken of.
    var counted: [BudgetBucket]
    var live: [(challenge: UUID, mac: [UInt8])]
    var bound: BoundSubmit?
}

/// The first submit under a key.
struct BoundSubmit: Sendable {
    var inquiryID: UUID
    var phoneIndex: [UInt8]
    var fingerprint: [UInt8]
    var bodySealed: [UInt8]
    var dueAt: Date
}

/// When the call is promised and when it may first be tried.
struct Promise: Sendable {
    var dueAt: Date
    var provisional: Bool
    var nextAttemptAt: Date
}

/// Everything one accepted inquiry writes, sealed and hashed, for one statement.
struct Intake: Sendable {
    var attempt: SubmitAttempt
    var challenge: UUID
    var lead: UUID
    var task: UUID
    var phoneIndexKey: Int16
    var phoneSealed: [UInt8]
    var lastFourIndex: [UInt8]
    var nameSealed: [UInt8]
    var nameIndex: [UInt8]
    var remarkSealed: [UInt8]?
    var extraSealed: [UInt8]?
    var source: String
    var window: String?
    var promise: Promise
    var assessmentID: UUID?
    var assessed: AssessedAnswers?
    var consents: [ConsentRow]
    var notice: PrivacyNotice
    var bodySealed: [UInt8]
    var suspicion: InquiryDraft.Suspicion?
    var benefits: [Settings.Benefit]
    var event: AuditEvent
}

/// One purpose that was agreed to.
struct ConsentRow: Sendable {
    var id: UUID
    var purpose: String
    var reminderValidUntil: String?
}

extension InquiryDraft.Consent {
    /// One row per purpose: the inquiry itself, and whatever else was ticked.
    func rows(makeID: () -> UUID) -> [ConsentRow] {
        var rows = [ConsentRow(id: makeID(), purpose: "inquiry")]
        if self.marketing { rows.append(ConsentRow(id: makeID(), purpose: "marketing")) }
        rows += self.recipients.map { ConsentRow(id: makeID(), purpose: "recipient:\($0)") }
        if let date = self.reminderValidUntil {
            rows.append(ConsentRow(id: makeID(), purpose: "reminder", reminderValidUntil: date))
        }
        return rows
    }
}
