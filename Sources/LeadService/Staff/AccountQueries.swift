import Foundation
import Leads
import Postgres

extension ListedAccount: TableRow {
    static let columns = """
        p.id, p.username, p.display_name, p.role, p.active, p.must_change_password,
        EXISTS (SELECT FROM staff_totp t WHERE t.staff_id = p.id AND t.confirmed_at IS NOT NULL) AS has_second_factor,
        p.created_at, (SELECT max(s.last_seen_at) FROM staff_sessions s WHERE s.staff_id = p.id) AS last_seen_at
        """

    init(row: PostgresRow) throws {
        let (id, username, displayName, role, isActive, mustChange, hasSecondFactor, createdAt, seen) =
            try row.decode((UUID, String, String, String, Bool, Bool, Bool, Date, Date?).self)
        self.init(
            id: id, username: username, displayName: displayName, role: role, isActive: isActive,
            mustChangePassword: mustChange, hasSecondFactor: hasSecondFactor, createdAt: createdAt, lastSeenAt: seen)
    }
}

extension Transaction {
    func listedAccounts(after username: String?, limit: Int) async throws -> [ListedAccount] {
        try await self.all(
            """
            SELECT \(columnsOf: ListedAccount.self) FROM staff p
            WHERE \(username)::text IS NULL OR p.username > \(username)::text ORDER BY p.username LIMIT \(limit)
            """)
    }

    func listedAccount(_ id: UUID) async throws -> ListedAccount? {
        try await self.first("SELECT \(columnsOf: ListedAccount.self) FROM staff p WHERE p.id = \(id)")
    }

    func staffAccount(id: UUID) async throws -> StaffAccount? {
        try await self.first("SELECT \(columnsOf: StaffAccount.self) FROM staff WHERE id = \(id)")
    }

    /// Locks an account and those of all who administer, in one order, so that no two changes at once end the last of them.
    ///
    /// - Returns: who administers now.
    func lockAdministrators(and id: UUID) async throws -> [UUID] {
        let rows = try await self.rows(
            """
            SELECT id, role = 'administrator' AND active FROM staff
            WHERE id = \(id) OR (role = 'administrator' AND active) ORDER BY id FOR UPDATE
            """)
        return try Self.identifiers(of: rows)
    }

    private static func identifiers(of rows: [PostgresRow]) throws -> [UUID] {
        try rows.map { try $0.decode((UUID, Bool).self) }.filter(\.1).map(\.0)
    }

    func change(_ id: UUID, _ change: StaffChange) async throws -> ListedAccount? {
        try await self.first(
            """
            UPDATE staff p SET role = coalesce(\(change.role?.rawValue), role),
                   display_name = coalesce(\(change.displayName), display_name), active = coalesce(\(change.isActive), active)
            WHERE p.id = \(id) RETURNING \(columnsOf: ListedAccount.self)
            """)
    }
}
