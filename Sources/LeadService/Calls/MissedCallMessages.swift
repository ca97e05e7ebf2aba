import Foundation
import Leads
import Logging

/// The message to somebody who did not answer: who rang, when we try again, and where to ring back.
package struct MissedCallMessages: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    private let settings: SettingsStore
    private let notices: NoticeWriter
    private let audit: Audit
    private let signal: OutboxSignal

    /// After how a call ended there is something to tell.
    static let dispositions: Set<Disposition> = [.noAnswer, .busyOrRejected, .poweredOff]
    /// What has not gone out by then is no news.
    private static let patience: TimeInterval = 3600

    init(
        database: Database, dependencies: Dependencies, settings: SettingsStore, budgetFactor: Double,
        publicURL: URL, signal: OutboxSignal
    ) {
        self.database = database
        self.dependencies = dependencies
        self.settings = settings
        self.notices = NoticeWriter(
            dependencies: dependencies, settings: settings,
            budgets: SendBudgets(keys: dependencies.keys, factor: budgetFactor), publicURL: publicURL)
        self.audit = Audit(dependencies: dependencies)
        self.signal = signal
    }

    /// Queues the message after the caller's own unanswered call of today, once a day for each number.
    ///
    /// It goes to the number of the lead that was rung, a mobile, whichever of their numbers was dialled.
    ///
    /// - Throws: 404; 409 `missed_call_off`, `missed_call_not_due`, `missed_call_sent`, `number_gets_no_messages`,
    ///   `already_closed`; 422 `do_not_call`, `outside_calling_hours`; 429.
    func send(after id: UUID, by session: StaffSession) async throws {
        let now = self.dependencies.now()
        let settings = self.settings.current
        let midnight = ShanghaiDate(now).at(minute: 0)
        guard
            let call = try await self.database.autocommit({
                try await $0.missedCall(on: id, by: session.staffID, since: midnight)
            })
        else { throw Problems.notFound }
        guard settings.sendsMissedCalls(among: self.dependencies.gateways) else { throw Self.off }
        guard call.isOpen else { throw CallbackQueue.alreadyClosed }
        guard let missed = call.missed, Self.dispositions.contains(missed.disposition), call.nextAttemptAt > now else {
            throw Self.notDue
        }
        guard !call.isStopped else { throw Self.isStopped }
        guard settings.callingHours.isOpen(at: now) else {
            throw CallbackQueue.outsideCallingHours(next: settings.callingHours.next(from: now))
        }
        let phone: PhoneNumber
        do {
            phone = try PhoneNumber(
                parsing: try self.dependencies.keys.open(
                    missed.phoneSealed, at: SealedPlace("leads", "phone_sealed", missed.lead)))
        } catch let broken as SealBroken {
            self.dependencies.logger.error("a sealed value does not open", metadata: broken.logMetadata)
            throw CallbackQueue.phoneUnreadable
        }
        guard
            let notice = try self.notices.draft(
                .missedCall, to: phone, ["next": ShanghaiDate.timeText(call.nextAttemptAt)], at: now)
        else { throw Self.noMessages }
        let event = self.audit.event(
            "callback.missed_call_message", on: id.uuidString.lowercased(), by: session.username,
            role: session.role.rawValue)
        // Not before the result can be undone no more.
        let sendAt = max(now, missed.at.addingTimeInterval(CallbackQueue.undoLength))
        let expiresAt = min(call.nextAttemptAt, now.addingTimeInterval(Self.patience))
        let isAdmitted = try await self.database.transaction { tx -> Bool? in
            // Locked first: of several at once the second one sees the message of the first.
            guard try await tx.lockLiveLead(missed.lead) else { return nil }
            guard try await tx.stands(missed) else { throw Self.notDue }
            return try await tx.insertMissedCall(
                missed, notice, on: ShanghaiDate(now), at: now, sendAt: sendAt, expiresAt: expiresAt, event)
        }
        switch isAdmitted {
        case true?: self.signal.wake()
        case false?: throw Problems.tooManyRequests(retryAfter: 60)
        case nil: throw Self.sent
        }
    }

    private static let off = Problem(
        .conflict, "missed_call_off", "没有启用未接短信；请管理员在设置中打开，并填写公司名称和电话",
        english: "These messages are switched off, or company name, telephone or a gateway's template is missing.")
    private static let notDue = Problem(
        .conflict, "missed_call_not_due", "今天您还没有打过没接通的电话，不能发未接短信",
        english: "You have no unanswered call of today on this task.")
    private static let sent = Problem(
        .conflict, "missed_call_sent", "今天已经给这位客户发过未接短信", english: "This person was told today already.")
    private static let noMessages = Problem(
        .conflict, "number_gets_no_messages", "这个号码不能发短信", english: "No messages go to this number.")
    private static let isStopped = Problem(
        .unprocessableContent, "do_not_call", "这位客户已要求不再联系，不能发短信", english: "This person asked not to be contacted.")
}

extension Settings {
    /// Whether messages of missed calls go out: switched on, with everything they have to say, and some gateway carries them.
    func sendsMissedCalls(among gateways: [any SMSGateway]) -> Bool {
        self.missedCallSMS && !self.companyName.isEmpty && !self.companyTelephone.isEmpty
            && self.canCarry(.missedCall, among: gateways)
    }
}

/// A task and the caller's newest counting call of today on it.
struct MissedCall: Sendable {
    struct Attempt: Sendable {
        var id: UUID
        var disposition: Disposition
        var at: Date
        var lead: UUID
        var phoneSealed: [UInt8]
    }

    var isOpen: Bool
    var nextAttemptAt: Date
    var missed: Attempt?
    /// The number is on the do-not-call list, which no inquiry lifts for messages (contract §4.7).
    var isStopped: Bool
}
