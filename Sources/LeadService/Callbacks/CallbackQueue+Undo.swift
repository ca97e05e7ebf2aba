import Foundation

extension CallbackQueue {
    /// How long a result can be undone.
    static let undoLength: TimeInterval = 30

    /// Takes the adviser's newest result of a task back, as long as nobody and nothing has gone on from it.
    ///
    /// The task is as it was before, in the adviser's hands under a new claim number. The result stays in the history, marked
    /// as undone, and counts nowhere.
    ///
    /// - Parameter other: an ordinary claim of theirs that is given back for it, since they may hold only one.
    /// - Returns: the task with its new fence.
    /// - Throws: 404; 409 `undo_too_late`, `undo_not_yours`, `undo_merged`, `undo_sent`, `undo_changed`, `undo_claim_open`.
    func undo(_ id: UUID, givingBack other: UUID?, for session: StaffSession) async throws -> CallbackTask {
        let until = self.dependencies.now().addingTimeInterval(self.settings.current.claimLength)
        do {
            return try await self.database.transaction { tx in
                try await tx.lockLeadAndTask(id, and: other)
                let now = self.dependencies.now()
                let start = now.addingTimeInterval(-Self.undoLength)
                guard let read = try await tx.undoReading(of: id) else { throw Problems.notFound }
                try await tx.endLapsedClaims(of: session.staffID, at: now)
                if let other, other != id, let task = try await tx.task(other), task.claimedBy == session.staffID,
                    task.claimKind == "ordinary"
                {
                    try await tx.endClaim(other, number: task.claimNumber, reason: "released", note: nil, at: now)
                    try await tx.insert(self.event("callback.release", on: other, by: session))
                }
                let event = self.event(
                    "callback.undo", on: id, by: session, detail: ["disposition": .optional(read.disposition)])
                guard
                    try await tx.undoResult(
                        of: id, by: session.staffID, recordedAfter: start, at: now, until: until, event)
                else { throw Self.refusal(of: read, for: session, start) }
                return try await self.lockedTask(id, tx)
            }
        } catch let error where error.violates("one_claim_of_a_kind_per_adviser") {
            throw Problem(
                .conflict, "undo_claim_open", "您手上还有一条任务，请先放回或记录结果，再撤销",
                english: "You hold another task; give it back first.")
        }
    }

    /// What stood in the way, the plainest reason first.
    private static func refusal(of read: UndoReading, for session: StaffSession, _ start: Date) -> Problem {
        guard let at = read.at, at > start else {
            return Problem(
                .conflict, "undo_too_late", "已超过 30 秒，不能撤销；请再接起这条任务更正，或请主管重新打开",
                english: "A result can be undone for 30 seconds.")
        }
        guard read.adviser == session.staffID else {
            return Problem(
                .conflict, "undo_not_yours", "最近一次结果不是您记录的，不能撤销", english: "Somebody else recorded the newest result.")
        }
        if read.disposition == "duplicate" {
            return Problem(
                .conflict, "undo_merged", "两条线索已经合并，请主管在资料里撤销合并",
                english: "The leads were merged; a supervisor undoes that.")
        }
        if read.isSent {
            return Problem(
                .conflict, "undo_sent", "已因这次结果给客户发出短信，不能撤销", english: "A message went out because of it.")
        }
        return Problem(
            .conflict, "undo_changed", "这条任务已被接手或有了新变化，不能撤销", english: "The task was taken or changed since.")
    }
}
