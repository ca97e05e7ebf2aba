import Foundation
import Logging
import Synchronization

/// Links new audit events into the chain, in batches; of several processes one links at a time.
package final class AuditChainWorker: BackgroundWorker {
    package static let job = JobName.auditChain
    package let interval = Duration.seconds(5)
    private let database: Database
    private let dependencies: Dependencies
    /// Nil until the first round, which looks at every event.
    private let lookFrom = Mutex<UUID?>(nil)

    private static let batch = 500
    /// Longer than any transaction may take: an event's id is older than its commit.
    private static let longestTransaction: TimeInterval = 600

    package init(database: Database, dependencies: Dependencies) {
        self.database = database
        self.dependencies = dependencies
    }

    /// Links every event that was committed before; returns how many.
    @discardableResult
    package func runOnce() async throws -> Int {
        let zeros = [UInt8](repeating: 0, count: 10)
        let start = self.dependencies.now().addingTimeInterval(-Self.longestTransaction)
        let from = self.lookFrom.withLock { $0 } ?? UUID.v7(at: .distantPast, random: zeros)
        var linked = 0
        while true {
            guard let count = try await self.link(after: from) else { return linked }
            linked += count
            guard count < Self.batch else { continue }
            self.lookFrom.withLock { $0 = UUID.v7(at: start, random: zeros) }
            return linked
        }
    }

    package func work() async throws {
        do {
            try await self.runOnce()
        } catch let missing as AuditChain.EndMissing {
            self.dependencies.logger.error("audit chain does not end where its head says; see 'huifang audit verify'")
            throw missing
        }
    }

    /// One batch; nil when another process is linking.
    private func link(after id: UUID) async throws -> Int? {
        let keys = self.dependencies.keys
        return try await self.database.transaction { tx in
            guard try await tx.lockAuditChain() else { return nil }
            var events = try await tx.unlinkedAuditEvents(after: id, limit: Self.batch)
            let (last, head) = (try await tx.lastAuditLink(), try await tx.auditHead())
            if let head {
                guard let last, head.names(position: last.position, hash: last.hash, keys: keys) else {
                    throw AuditChain.EndMissing()
                }
            } else if let last {
                // An older program linked without a head. Whoever removed one leaves this trace.
                let begun = Audit(dependencies: self.dependencies).event(
                    Audit.headBegunAction, on: String(last.position), by: "huifang", role: "system")
                try await tx.insert(begun)
                events.append(begun)
            }
            guard !events.isEmpty else { return 0 }
            var hash = last?.hash ?? AuditChain.start
            let hashes = events.map { event in
                hash = keys.mac(.audit, hash + event.mac)
                return hash
            }
            let start = last?.position ?? 0
            try await tx.insertAuditLinks(from: start + 1, events: events.map(\.id), hashes: hashes)
            try await tx.moveAuditHead(to: AuditHead(position: start + events.count, hash: hash, keys: keys))
            return events.count
        }
    }
}
