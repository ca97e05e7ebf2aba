import Crypto
package import Foundation
import Leads
package import Logging
package import Postgres

/// Applies the numbered SQL files, once each, in order, under an advisory lock.
///
/// A file runs in a transaction with a `lock_timeout` of two seconds, unless its first line is `-- no-transaction`.
/// Its name and SHA-256 are recorded; an applied file that was altered or removed is refused.
package struct Migrator: Sendable {
    /// One numbered file.
    package struct Migration: Sendable, Equatable {
        package var number: Int
        package var name: String
        package var sql: String

        package var sha256: [UInt8] { Array(SHA256.hash(data: Data(self.sql.utf8))) }
        var runsInTransaction: Bool { !self.sql.hasPrefix("-- no-transaction") }
    }

    /// What keeps a database from being served.
    package enum Refusal: Error, Equatable, CustomStringConvertible {
        case altered(String)
        case missing(String)
        case behind([String])
        case misnumbered(String)

        package var description: String {
            switch self {
            case .altered(let name):
                "migration \(name) was altered after it was applied; restore the file as it was"
            case .missing(let name):
                "migration \(name) was applied to this database but is not part of this program; run the newer program"
            case .behind(let names):
                "the schema is old: \(names.joined(separator: ", ")) not applied; run 'huifang migrate'"
            case .misnumbered(let name):
                "migration \(name) must be named NNNN_name.sql with numbers that follow each other from 0001"
            }
        }
    }

    package let migrations: [Migration]

    package init(migrations: [Migration]) {
        self.migrations = migrations
    }

    /// Reads the files of a folder.
    ///
    /// - Throws: `Refusal.misnumbered` for a name out of order.
    package init(folder: URL) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".sql") }
            .sorted()
        self.migrations = try names.enumerated().map { index, name in
            guard let number = Int(name.prefix(4)), number == index + 1, name.dropFirst(4).first == "_" else {
                throw Refusal.misnumbered(name)
            }
            let sql = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
            return Migration(number: number, name: name, sql: sql)
        }
    }

    /// The number of the newest file.
    package var version: Int { self.migrations.last?.number ?? 0 }

    /// Applies what is missing and returns the names of the files that were applied.
    @discardableResult
    package func migrate(_ connection: PostgresConnection, at now: Date, logger: Logger) async throws -> [String] {
        let session = Transaction(connection: connection, logger: logger)
        try await session.lockMigrations()
        do {
            let applied = try await self.apply(session, at: now)
            try await session.unlockMigrations()
            return applied
        } catch {
            try? await session.unlockMigrations()
            throw error
        }
    }

    /// Verifies that every file is applied and unaltered.
    package func check(_ session: Transaction) async throws {
        let missing = try await self.pending(session)
        guard missing.isEmpty else { throw Refusal.behind(missing.map(\.name)) }
    }

    private func apply(_ session: Transaction, at now: Date) async throws -> [String] {
        try await session.createMigrationsTable()
        let pending = try await self.pending(session)
        for migration in pending {
            if migration.runsInTransaction {
                try await session.connection.withTransaction(logger: session.logger) { connection in
                    let transaction = Transaction(connection: connection, logger: session.logger)
                    try await transaction.limitLockWait()
                    try await transaction.run(script: migration.sql)
                    try await transaction.insertMigration(migration, at: now)
                }
            } else {
                try await session.run(script: migration.sql)
                try await session.insertMigration(migration, at: now)
            }
        }
        return pending.map(\.name)
    }

    private func pending(_ session: Transaction) async throws -> [Migration] {
        let applied = try await session.appliedMigrations()
        let byName = Dictionary(uniqueKeysWithValues: self.migrations.map { ($0.name, $0) })
        for row in applied {
            guard let migration = byName[row.name] else { throw Refusal.missing(row.name) }
            guard migration.sha256 == row.sha256 else { throw Refusal.altered(row.name) }
        }
        let names = Set(applied.map(\.name))
        return self.migrations.filter { !names.contains($0.name) }
    }
}
