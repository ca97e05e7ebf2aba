import Foundation

extension CallbackQueue {
    /// Takes a merge back (contract §4.11): the link goes, and each number has its own promises again.
    ///
    /// What the merged lead was promised and nobody has kept is in a task of its own with its own deadline. A task that serves
    /// both waits until nobody is in a call.
    ///
    /// - Throws: 404; 409 `not_merged`, `claimed_by_other` with who.
    func unmerge(_ lead: UUID, by session: StaffSession) async throws {
        let ids = (self.dependencies.makeID(), self.dependencies.makeID())
        try await self.database.transaction { tx in
            try await tx.lockMerge(of: lead)
            let now = self.dependencies.now()
            guard let read = try await tx.mergeReading(of: lead) else { throw Problems.notFound }
            guard let target = read.target else { throw Self.notMerged }
            if read.isCarried, let holder = read.holder, let until = read.heldUntil, until > now {
                throw Problem(
                    .conflict, "claimed_by_other", "\(holder) 正在处理这两位客户的任务，请等结果记录后再撤销合并",
                    english: "\(holder) is working on it.", members: ["claimed_by": holder])
            }
            var isMoved = false
            if read.isCarried, let task = read.task {
                isMoved = try await tx.partTask(task, of: target, from: lead, at: now)
            }
            // Another merge may have pointed it elsewhere before it was locked; then this begins anew.
            guard try await tx.unlink(lead, from: target) else { throw Problems.unavailable }
            if !isMoved { try await tx.restoreTask(of: lead, at: now) }
            for (id, one) in [(ids.0, lead), (ids.1, target)] {
                guard let task = try await tx.newestTask(of: one) else { continue }
                try await tx.insertTaskEvent(id, of: task, "unmerged", by: session.staffID, at: now)
            }
            try await tx.insert(
                self.event(
                    "lead.unmerge", on: lead, by: session, detail: ["from": .string(target.uuidString.lowercased())]))
        }
    }

    private static let notMerged = Problem(
        .conflict, "not_merged", "这条线索没有并入别的线索，或合并已经撤销", english: "The lead is not merged into another.")
}
