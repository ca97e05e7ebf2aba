import Foundation
import Leads

extension CallbackQueue {
    /// Lets a task rest until a time; whoever holds it lets it go, and the promise stands as it was told.
    ///
    /// - Throws: 404; 409 `not_claimant` for somebody who neither holds it nor is a supervisor, `claimed_by_other` for a
    ///   supervisor while somebody else does, `already_paused`, `already_closed`.
    func pause(_ id: UUID, _ pause: PauseRequest, for session: StaffSession) async throws {
        let now = self.dependencies.now()
        let pauseID = self.dependencies.makeID()
        let note = try pause.note.map {
            try self.dependencies.keys.seal($0.text, at: CardPause.notePlace(of: pauseID))
        }
        try await self.database.transaction { tx in
            let task = try await self.lockedTask(id, tx)
            guard task.state != "closed" else { throw Self.alreadyClosed }
            if task.claimedBy != session.staffID {
                guard session.role.may(.assignCallbacks) else { throw Self.notClaimant }
                if task.isHeld(at: now) { throw Self.claimedByOther(task.holder ?? "") }
            }
            guard task.state == "open" else { throw Self.alreadyPaused }
            if task.claimedBy != nil {
                let isLive = task.claimedBy == session.staffID || task.isHeld(at: now)
                try await tx.endClaim(
                    id, number: task.claimNumber, reason: isLive ? "paused" : "expired", note: nil,
                    at: isLive ? now : min(now, task.claimedUntil ?? now))
            }
            try await tx.pauseTask(id, pause, pauseID: pauseID, note: note, by: session.staffID, at: now)
            try await tx.insert(
                self.event(
                    "callback.pause", on: id, by: session,
                    detail: [
                        "reason": .string(pause.reason.rawValue), "until": .string(RFC3339.text(pause.until)),
                    ]))
        }
    }

    /// Opens a paused task again: for whoever paused it, whose it is, who has the person on the line, and supervisors.
    ///
    /// - Throws: 403 `forbidden`; 404; 409 `not_paused`, `already_closed`.
    func resume(_ id: UUID, for session: StaffSession) async throws {
        let now = self.dependencies.now()
        try await self.database.transaction { tx in
            let task = try await self.lockedTask(id, tx)
            guard task.state != "closed" else { throw Self.alreadyClosed }
            guard task.state == "paused" else { throw Self.notPaused }
            var isTheirs = session.role.may(.assignCallbacks) || task.claimedBy == session.staffID
            if !isTheirs { isTheirs = try await tx.isPauseOf(session.staffID, task: id) }
            guard isTheirs else { throw Problems.forbidden }
            try await tx.resumeTask(id, by: session.staffID, at: now)
            try await tx.insert(self.event("callback.resume", on: id, by: session))
        }
    }

    static let alreadyPaused = Problem(
        .conflict, "already_paused", "这个任务已经暂停，要改请先继续", english: "The task is paused already; resume it first.")
    static let notPaused = Problem(
        .conflict, "not_paused", "这个任务没有暂停，请刷新后再看", english: "The task is not paused.")

    static func claimedByOther(_ holder: String) -> Problem {
        Problem(
            .conflict, "claimed_by_other", "\(holder) 正在处理这位客户", english: "\(holder) is working on it.",
            members: ["claimed_by": holder])
    }
}
