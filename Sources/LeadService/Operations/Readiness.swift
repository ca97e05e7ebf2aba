import Leads
import Synchronization

/// Whether this process should be sent requests, and why not.
package final class Readiness: Sendable {
    private struct State {
        var isPrepared = false
        var isStopping = false
        var workers: [String: Bool] = [:]
    }

    /// What `/readyz` says.
    package struct Report: Sendable, Equatable {
        package var isReady: Bool
        /// `up` or `down`.
        package var database: String
        /// `current`, `unknown`, or what is wrong with it.
        package var schema: String
        /// `running`, `none`, or the names of those that stopped.
        package var workers: String
        /// `starting`, `serving` or `stopping`.
        package var process: String

        package var json: JSONOutput {
            .object([
                "ready": .bool(self.isReady), "database": .string(self.database), "schema": .string(self.schema),
                "workers": .string(self.workers), "process": .string(self.process),
            ])
        }
    }

    private let database: Database
    private let migrator: Migrator
    private let state = Mutex(State())

    package init(database: Database, migrator: Migrator) {
        self.database = database
        self.migrator = migrator
    }

    /// Says that settings and calendar were read and the first administrator exists.
    package func setPrepared() {
        self.state.withLock { $0.isPrepared = true }
    }

    /// Turns red for good: the process is going away.
    package func setStopping() {
        self.state.withLock { $0.isStopping = true }
    }

    package func setWorker(_ name: String, isRunning: Bool) {
        self.state.withLock { $0.workers[name] = isRunning }
    }

    /// Looks at everything now.
    package func report() async -> Report {
        let (database, schema) = await self.lookAtDatabase()
        let state = self.state.withLock { $0 }
        let stopped = state.workers.filter { !$0.value }.keys.sorted()
        let workers =
            state.workers.isEmpty ? "none" : stopped.isEmpty ? "running" : "stopped: " + stopped.joined(separator: ", ")
        let process = state.isStopping ? "stopping" : state.isPrepared ? "serving" : "starting"
        return Report(
            isReady: database == "up" && schema == "current" && stopped.isEmpty && process == "serving",
            database: database,
            schema: schema, workers: workers, process: process)
    }

    private func lookAtDatabase() async -> (database: String, schema: String) {
        let migrator = self.migrator
        do {
            try await Database.impatient { try await self.database.autocommit { try await migrator.check($0) } }
            return ("up", "current")
        } catch let refusal as Migrator.Refusal {
            return ("up", refusal.description)
        } catch {
            return ("down", "unknown")
        }
    }
}
