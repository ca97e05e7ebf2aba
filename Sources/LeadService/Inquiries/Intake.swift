import Foundation
import Leads

/// One try at a submit: the inquiry it would make and the code it offers, under the keys it is repeatable by.
struct SubmitAttempt: Sendable {
    var inquiryID: UUID
    var fingerprint: [UInt8]
    var check: CodeAttempt
    var sender: InquirySender

    var phoneIndex: [UInt8] { self.check.phoneIndex }
    var idempotencyKey: String? { self.check.idempotencyKey }
    var locks: [[UInt8]] { self.check.locks }
    var at: Date { self.check.at }
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
    /// Of the calendar it was made by; a submit holds only while that is the one in force.
    var calendarVersion = 0
}

/// What stands behind an inquiry: a code that proves the number, or somebody of the staff who took it down.
enum IntakeProof: Sendable {
    case code(challenge: UUID, attempt: CodeAttempt)
    case witness(staff: UUID, basis: ConsentBasis)

    var challenge: UUID? {
        guard case .code(let challenge, _) = self else { return nil }
        return challenge
    }

    var attempt: CodeAttempt? {
        guard case .code(_, let attempt) = self else { return nil }
        return attempt
    }

    var witness: (staff: UUID, basis: ConsentBasis)? {
        guard case .witness(let staff, let basis) = self else { return nil }
        return (staff, basis)
    }
}

/// Everything one accepted inquiry writes, sealed and hashed, for one statement.
struct Intake: Sendable {
    var proof: IntakeProof
    var inquiryID: UUID
    var phoneIndex: [UInt8]
    var idempotencyKey: String?
    var fingerprint: [UInt8]
    var at: Date
    var address: ClientAddress
    var userAgent: String
    var channel: String
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
    var site: String?
    /// What it asks of whoever calls.
    var skill: String?
    var window: String?
    var promise: Promise
    var assessmentID: UUID?
    var assessed: AssessedAnswers?
    var consents: [ConsentRow]
    var notice: PrivacyNotice
    var bodySealed: [UInt8]
    var suspicion: InquiryDraft.Suspicion?
    var benefits: [OfferedBenefit]
    var event: AuditEvent
    var confirmation: NoticeDraft?
}

/// One purpose that was agreed to, in the words that were shown.
struct ConsentRow: Sendable {
    var id: UUID
    var purpose: String
    var textShown: String
    var reminderValidUntil: String?
    /// What the staff wrote down of how they agreed.
    var evidenceSealed: [UInt8] = []
}

/// What became of an inquiry that was stored.
struct AcceptedInquiry: Sendable {
    /// What the person is told.
    var dueAt: Date
    var lead: UUID
    /// The task that calls them; none while it is put aside.
    var task: UUID?
}
