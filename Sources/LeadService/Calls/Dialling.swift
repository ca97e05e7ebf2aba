import Foundation
import Leads

/// Which of somebody's numbers is dialled.
package enum DialledNumber: String, Sendable, CaseIterable {
    case first, second
}

/// Calls that the telephone system makes for advisers.
package struct Dialling: Sendable {
    private let queue: CallbackQueue
    private let settings: SettingsStore
    private let secrets: TelephoneSecrets
    private let signal: OutboxSignal

    /// A call that nobody has heard of for so long may be made anew.
    private static let silence: TimeInterval = 120
    /// A call that rings later surprises the adviser who asked for it.
    private static let patience: TimeInterval = 30

    init(queue: CallbackQueue, settings: SettingsStore, secrets: TelephoneSecrets, signal: OutboxSignal) {
        self.queue = queue
        self.settings = settings
        self.secrets = secrets
        self.signal = signal
    }

    /// Has the claimant's telephone rung and the visitor's number dialled, under the rules of a look at the number.
    ///
    /// - Returns: the call's id, before the telephone system has heard of it.
    /// - Throws: as `CallbackQueue.reveal`; 409 `telephone_off`, `call_running`, `second_number_missing`.
    func dial(_ id: UUID, _ number: DialledNumber, for session: StaffSession) async throws -> UUID {
        let call = self.queue.dependencies.makeID()
        let event = self.queue.event(
            "callback.dial", on: id, by: session,
            detail: ["call": .string(call.uuidString.lowercased()), "number": .string(number.rawValue)])
        _ = try await self.queue.number(of: id, for: session) { task, now, until in
            guard self.settings.current.telephone.isEnabled, try await self.secrets.exists() else {
                throw Self.telephoneOff
            }
            do {
                return try await self.queue.database.transaction { tx in
                    // Locked first: of two presses at once the second one sees the call of the first.
                    guard try await tx.lockTask(id) else { return false }
                    guard try await !tx.hasLiveCall(of: task, heardAfter: now.addingTimeInterval(-Self.silence)) else {
                        throw Self.callRunning
                    }
                    if number == .second, try await tx.secondNumber(of: task.phoneRow) == nil {
                        throw Self.secondNumberMissing
                    }
                    return try await tx.dial(
                        task, call, number, for: session.staffID, at: now, until: until,
                        expiresAt: now.addingTimeInterval(Self.patience), event)
                }
            } catch let error where error.violates("one_call_at_a_time") {
                throw Self.callRunning
            }
        }
        self.signal.wake()
        return call
    }

    private static let telephoneOff = Problem(
        .conflict, "telephone_off", "没有启用电话系统，请显示号码后手动拨打",
        english: "No telephone system is set up; show the number instead.")
    private static let callRunning = Problem(
        .conflict, "call_running", "上一次呼叫还没有结束，请稍等", english: "The call before has not ended yet.")
    private static let secondNumberMissing = Problem(
        .conflict, "second_number_missing", "这位客户没有第二号码", english: "This person has no second number.")
}
