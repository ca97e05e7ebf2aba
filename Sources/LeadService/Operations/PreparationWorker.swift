import Foundation
package import Logging
package import ServiceLifecycle

/// Does what has to be done before the first request, as soon as the database can be reached, however late that is.
package struct PreparationWorker: Service {
    private let migrator: Migrator
    private let database: Database
    private let readiness: Readiness
    private let logger: Logger
    private let prepare: @Sendable () async throws -> Void

    /// - Parameter prepare: reads what is kept in memory and makes the first administrator; done again until it succeeds.
    package init(
        migrator: Migrator, database: Database, readiness: Readiness, logger: Logger,
        prepare: @escaping @Sendable () async throws -> Void
    ) {
        self.migrator = migrator
        self.database = database
        self.readiness = readiness
        self.logger = logger
        self.prepare = prepare
    }

    /// Tries once; false when the database was away or is not ours.
    ///
    /// - Throws: `KeyCheck.Refusal`, because every request would write what the right keys cannot read.
    package func runOnce() async throws -> Bool {
        do {
            try await self.database.autocommit { try await self.migrator.check($0) }
            try await self.prepare()
            self.readiness.setPrepared()
            return true
        } catch let refusal as Migrator.Refusal {
            self.logger.error("schema refused", metadata: ["reason": "\(refusal)"])
        } catch let refusal as KeyCheck.Refusal {
            self.logger.error("keys refused", metadata: ["reason": "\(refusal)"])
            throw refusal
        } catch {
            self.logger.warning("waiting for the database")
        }
        return false
    }

    package func run() async throws {
        for await _ in AsyncTimerSequence(every: .seconds(1)).cancelOnGracefulShutdown() where try await self.runOnce()
        {
            break
        }
        try? await gracefulShutdown()
    }
}

/// A worker whose end turns the process red.
package struct WatchedWorker: Service {
    private let name: String
    private let worker: any Service
    private let readiness: Readiness

    package init(_ worker: any Service, readiness: Readiness) {
        self.name = (worker as? JobWorker)?.description ?? String(describing: type(of: worker))
        self.worker = worker
        self.readiness = readiness
    }

    package func run() async throws {
        self.readiness.setWorker(self.name, isRunning: true)
        defer { self.readiness.setWorker(self.name, isRunning: false) }
        try await self.worker.run()
    }
}

/// Turns the process red when it is asked to stop, before anything else stops: it has to be the last service of its group.
package struct StopSignWorker: Service {
    private let readiness: Readiness

    package init(readiness: Readiness) {
        self.readiness = readiness
    }

    package func run() async throws {
        try? await gracefulShutdown()
        self.readiness.setStopping()
    }
}
