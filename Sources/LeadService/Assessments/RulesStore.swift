import Foundation
package import Leads
import ServiceLifecycle
import Synchronization

/// The points rules in memory: every version in the database, those that came since read again every few seconds.
package final class RulesStore: Service, Sendable {
    private let database: Database
    private let versions: Mutex<Versions>

    private struct Versions {
        var shipped: [PointsRules]
        var stored: [PointsRules] = []
    }

    /// - Parameter shipped: what to go by until the database was read.
    package init(database: Database, shipped: [PointsRules]) {
        self.database = database
        self.versions = Mutex(Versions(shipped: shipped))
    }

    package var all: [PointsRules] { self.versions.withLock { $0.stored.isEmpty ? $0.shipped : $0.stored } }

    /// Reads what was added; a stored version never changes.
    package func reload() async throws {
        let known = self.versions.withLock { $0.stored.map(\.version) }
        let added = try await self.database.autocommit { try await $0.ruleVersions(without: known) }
        guard !added.isEmpty else { return }
        self.versions.withLock { versions in
            let known = Set(versions.stored.map(\.version))
            versions.stored += added.filter { !known.contains($0.version) }
        }
    }

    package func run() async throws {
        for await _ in AsyncTimerSequence(every: .seconds(5)).cancelOnGracefulShutdown() {
            try? await self.reload()
        }
    }
}
