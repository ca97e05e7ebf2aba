import Foundation
import Leads

extension CallbackQueue {
    /// Opens a closed lead again: another task, servable at once, with the reason in its history.
    ///
    /// - Parameter reason: why, for whoever calls; sealed.
    /// - Throws: 404; 409 `not_closed`, `already_closed` (by the visitor), `lead_open`, `lead_merged`, `lead_erased`,
    ///   `consent_withdrawn`; 422 `do_not_call`.
    func reopen(_ id: UUID, because reason: Remark, by session: StaffSession) async throws -> CallbackTask {
        let (fresh, eventID) = (self.dependencies.makeID(), self.dependencies.makeID())
        let note = try self.dependencies.keys.seal(reason.text, at: TaskEvent.notePlace(of: eventID))
        return try await self.database.transaction { tx in
            try await tx.lockLeadAndTask(id, and: nil)
            let now = self.dependencies.now()
            let deadline = self.calendar.current.deadline(
                acceptedAt: now, closing: self.settings.current.openingHours)
            guard let read = try await tx.reopenReading(of: id) else { throw Problems.notFound }
            let event = self.event(
                "callback.reopen", on: id, by: session, detail: ["task": .string(fresh.uuidString.lowercased())])
            guard
                try await tx.reopen(
                    id, as: fresh,
                    Promise(dueAt: deadline.dueAt, provisional: deadline.provisional, nextAttemptAt: now),
                    event: eventID, note: note, by: session.staffID, at: now, event)
            else { throw Self.refusal(of: read) }
            guard let task = try await tx.task(fresh) else { throw Problems.internal }
            return task
        }
    }

    private static func refusal(of read: ReopenReading) -> Problem {
        if read.isErased {
            return Problem(.conflict, "lead_erased", "这位客户的个人信息已按要求删除，不能再联系", english: "The person was erased.")
        }
        if !read.isClosed {
            return Problem(.conflict, "not_closed", "这条任务还没有结束，不用重新打开", english: "The task is not closed.")
        }
        if read.isStopped {
            return Problem(
                .unprocessableContent, "do_not_call", "这位客户要求不再致电，不能重新打开；本人可以再次提交咨询",
                english: "This person asked not to be called.")
        }
        if read.isWithdrawn {
            return Problem(
                .conflict, "consent_withdrawn", "这位客户已撤回同意，不能再联系；本人可以再次提交咨询",
                english: "This person withdrew their consent.")
        }
        if read.isTakenBack {
            return Problem(
                .conflict, "already_closed", "客户自己取消了这次咨询，不能重新打开；本人可以再次提交咨询", english: "The visitor cancelled it.")
        }
        if read.isMerged {
            return Problem(.conflict, "lead_merged", "这条线索已并入另一条，请先撤销合并", english: "The lead was merged into another.")
        }
        if let open = read.open {
            return Problem(
                .conflict, "lead_open", "这位客户已有一条进行中的任务", english: "The lead has an open task.",
                members: ["callback_id": open.uuidString.lowercased()])
        }
        // Its inquiries were erased one by one.
        return Problem(.conflict, "lead_erased", "这位客户的咨询已按要求删除，不能再联系", english: "The inquiries were erased.")
    }
}
