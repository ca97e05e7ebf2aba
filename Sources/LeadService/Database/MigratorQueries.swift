import Foundation
import NIOCore
import Postgres

struct AppliedMigration: TableRow {
    static let columns = "name, sha256"
    let name: String
    let sha256: [UInt8]

    init(row: PostgresRow) throws {
        let (name, sha256) = try row.decode((String, ByteBuffer).self)
        self.name = name
        self.sha256 = Array(sha256.readableBytesView)
    }
}

extension Transaction {
    func lockMigrations() async throws {
        try await self.execute("SELECT pg_advisory_lock(7203185241)")
    }

    func unlockMigrations() async throws {
        try await self.execute("SELECT pg_advisory_unlock(7203185241)")
    }

    func createMigrationsTable() async throws {
        try await self.execute(
            """
            CREATE TABLE IF NOT EXISTS schema_migrations (
                name text PRIMARY KEY, sha256 bytea NOT NULL, applied_at timestamptz NOT NULL)
            """)
        try await self.execute("GRANT SELECT ON schema_migrations TO huifang_app, huifang_reader")
    }

    /// A database without the table has no migrations.
    func appliedMigrations() async throws -> [AppliedMigration] {
        guard try await self.execute("SELECT 1 WHERE to_regclass('schema_migrations') IS NOT NULL") else { return [] }
        return try await self.all("SELECT \(columnsOf: AppliedMigration.self) FROM schema_migrations ORDER BY name")
    }

    func insertMigration(_ migration: Migrator.Migration, at now: Date) async throws {
        try await self.execute(
            """
            INSERT INTO schema_migrations (name, sha256, applied_at)
            VALUES (\(migration.name), \(ByteBuffer(bytes: migration.sha256)), \(now))
            """)
    }

    func limitLockWait() async throws {
        try await self.execute("SET LOCAL lock_timeout = '2s'")
    }

    /// Runs a file of several statements; it takes no parameters.
    func run(script: String) async throws {
        for statement in SQLScript(script).statements {
            try await self.execute(PostgresQuery(unsafeSQL: statement))
        }
    }

    func databaseTime() async throws -> Date {
        let rows = try await self.rows("SELECT clock_timestamp()")
        guard let row = rows.first else { throw MissingRow() }
        return try row.decode(Date.self)
    }

    func roleExists(_ role: String) async throws -> Bool {
        try await self.execute("SELECT 1 FROM pg_roles WHERE rolname = \(role)")
    }

    func letOwnerCreate() async throws {
        try await self.execute("GRANT ALL ON SCHEMA public TO huifang_owner")
    }

    func act(as role: String) async throws {
        try await self.execute("SET ROLE \(unescaped: role)")
    }
}

/// A statement that always returns a row returned none.
package struct MissingRow: Error {}
