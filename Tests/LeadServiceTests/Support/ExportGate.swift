import Foundation
import Logging
import Postgres
import TestDatabase
import Testing

@testable import LeadService

/// Stops the first attempt of an export job in the middle of its file, between two statements, for as long as it is shut.
struct ExportGate: Sendable {
    let service: TestService

    init(_ service: TestService) async throws {
        self.service = service
        try await service.database.query(
            """
            CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF (SELECT attempts FROM export_jobs WHERE id = NEW.export_id) = 1 AND EXISTS (SELECT FROM export_chunks) THEN
                    PERFORM pg_advisory_xact_lock_shared(42);
                END IF;
                RETURN NEW;
            END $$
            """)
        try await service.database.query(
            "CREATE TRIGGER gate BEFORE INSERT ON export_leads FOR EACH ROW EXECUTE FUNCTION wait_at_gate()")
    }

    /// Runs a worker until it stands at the gate, then `body`; the gate opens afterwards, and the worker is waited for.
    func holding(
        beat: Duration = .seconds(3600), _ body: @escaping @Sendable (Task<Bool, any Error>) async throws -> Void
    ) async throws {
        let service = self.service
        // Nobody's patience ends while somebody stands there, however busy the machine is.
        var settings = PostgresClient.Configuration.patient(service.database.conninfo)
        settings.extras.sessionSetup = ["SET ROLE huifang_app"]
        settings.extras.statementTimeout = nil
        settings.extras.lockTimeout = nil
        settings.extras.idleInTransactionTimeout = nil
        settings.extras.answerTimeout = .seconds(600)
        let client = PostgresClient(configuration: settings, backgroundLogger: service.dependencies.logger)
        try await withRunning(client) { client in
            let database = Database(client: client, logger: service.dependencies.logger)
            let worker = ExportJobWorker(
                database: database, dependencies: service.dependencies, settings: service.services.settings, beat: beat)
            let running = try await database.transaction { tx in
                try await tx.execute("SELECT pg_advisory_xact_lock(42)")
                let running = Task { try await worker.runOnce() }
                let stands = try await eventually(within: .seconds(60)) {
                    try await service.count(
                        """
                        SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
                        WHERE a.datname = current_database() AND l.locktype = 'advisory' AND l.objid = 42 AND NOT l.granted
                        """) == 1
                }
                try #require(stands, "the export never came to its middle")
                try await body(running)
                return running
            }
            _ = try await running.value
        }
    }
}
