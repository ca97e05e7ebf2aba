import Foundation
import Leads
import NIOCore
package import Postgres

extension StaffAccount: TableRow {
    static let columns =
        "id, username, display_name, role, password_hash, must_change_password, password_expires_at, active"

    init(row: PostgresRow) throws {
        let (id, username, displayName, role, hash, mustChange, expires, active) =
            try row.decode((UUID, String, String, String, String, Bool, Date?, Bool).self)
        guard let role = Role(rawValue: role) else { throw MissingRow() }
        self.init(
            id: id, username: username, displayName: displayName, role: role, passwordHash: hash,
            mustChangePassword: mustChange,
            passwordExpiresAt: expires, isActive: active)
    }
}

extension StaffSession: TableRow {
    package static let columns = """
        s.id, s.staff_id, p.username, p.display_name, p.role, p.must_change_password,
        EXISTS (SELECT FROM staff_totp t WHERE t.staff_id = p.id AND t.confirmed_at IS NOT NULL) AS has_second_factor,
        s.expires_at, s.step_up_at, s.last_seen_at, s.token_hash
        """

    package init(row: PostgresRow) throws {
        let (id, staffID, username, displayName, role, mustChange, hasSecondFactor, expires, stepUp, seen, hash) =
            try row.decode((UUID, UUID, String, String, String, Bool, Bool, Date, Date, Date, ByteBuffer).self)
        guard let role = Role(rawValue: role) else { throw MissingRow() }
        self.init(
            id: id, staffID: staffID, username: username, displayName: displayName, role: role,
            mustChangePassword: mustChange,
            hasSecondFactor: hasSecondFactor, expiresAt: expires, stepUpAt: stepUp, lastSeenAt: seen,
            tokenHash: Array(hash.readableBytesView))
    }
}

extension PostgresQuery.StringInterpolation {
    /// Whether `staff_sessions s` of `staff p` has not ended.
    mutating func appendInterpolation(livingAt now: Date, idleSince: Date) {
        self.appendLiteral("s.expires_at > ")
        self.appendInterpolation(now)
        self.appendLiteral(" AND s.last_seen_at > ")
        self.appendInterpolation(idleSince)
        self.appendLiteral(" AND p.active AND (p.password_expires_at IS NULL OR p.password_expires_at > ")
        self.appendInterpolation(now)
        self.appendLiteral(")")
    }
}

extension Transaction {
    func staffAccount(username: String) async throws -> StaffAccount? {
        try await self.first("SELECT \(columnsOf: StaffAccount.self) FROM staff WHERE username = \(username)")
    }

    /// - Returns: false when the username is taken.
    func insertStaff(_ account: StaffAccount, at now: Date) async throws -> Bool {
        try await self.execute(
            """
            INSERT INTO staff (id, username, display_name, role, password_hash, must_change_password, password_expires_at, active, created_at)
            VALUES (\(account.id), \(account.username), \(account.displayName), \(account.role.rawValue), \(account.passwordHash),
                    \(account.mustChangePassword), \(account.passwordExpiresAt), true, \(now))
            ON CONFLICT (username) DO NOTHING RETURNING 1
            """)
    }

    /// Locks a person's row, so that sessions and password change one after the other.
    func lockStaff(_ id: UUID) async throws {
        try await self.execute("SELECT 1 FROM staff WHERE id = \(id) FOR UPDATE")
    }

    /// Locks a person's row.
    ///
    /// - Returns: false when the account has ended or has another password by now.
    func lockStaff(_ id: UUID, withHash hash: String) async throws -> Bool {
        try await self.execute(
            "SELECT 1 FROM staff WHERE id = \(id) AND password_hash = \(hash) AND active FOR UPDATE")
    }

    func setPassword(of id: UUID, hash: String) async throws {
        try await self.execute(
            """
            UPDATE staff SET password_hash = \(hash), must_change_password = false, password_expires_at = NULL WHERE id = \(id)
            """)
    }

    func setOneTimePassword(of id: UUID, hash: String, until: Date) async throws {
        try await self.execute(
            """
            UPDATE staff SET password_hash = \(hash), must_change_password = true, password_expires_at = \(until) WHERE id = \(id)
            """)
    }

    func replaceHash(of id: UUID, with hash: String) async throws {
        try await self.execute("UPDATE staff SET password_hash = \(hash) WHERE id = \(id)")
    }

    /// A session that has not ended; one last seen before `seenBefore` is marked as seen now.
    func session(_ hash: [UInt8], at now: Date, idleSince: Date, seenBefore: Date) async throws -> StaffSession? {
        try await self.first(
            """
            WITH found AS (
                SELECT \(columnsOf: StaffSession.self) FROM staff_sessions s JOIN staff p ON p.id = s.staff_id
                WHERE s.token_hash = \(ByteBuffer(bytes: hash)) AND \(livingAt: now, idleSince: idleSince)
            ), touched AS (
                UPDATE staff_sessions s SET last_seen_at = \(now) FROM found
                WHERE s.token_hash = found.token_hash AND s.last_seen_at <= \(seenBefore)
            )
            SELECT * FROM found
            """)
    }

    func insertSession(_ id: UUID, _ hash: [UInt8], of staff: UUID, at now: Date, until: Date) async throws {
        try await self.execute(
            """
            INSERT INTO staff_sessions (id, token_hash, staff_id, created_at, last_seen_at, expires_at, step_up_at)
            VALUES (\(id), \(ByteBuffer(bytes: hash)), \(staff), \(now), \(now), \(until), \(now))
            """)
    }

    func deleteOldestSessions(of staff: UUID, keeping: Int) async throws {
        try await self.execute(
            """
            DELETE FROM staff_sessions WHERE token_hash IN
                (SELECT token_hash FROM staff_sessions WHERE staff_id = \(staff) ORDER BY created_at DESC, token_hash OFFSET \(keeping))
            """)
    }

    /// A person's sessions that have not ended, the newest first.
    func sessions(of staff: UUID, at now: Date, idleSince: Date) async throws -> [StaffSession] {
        try await self.all(
            """
            SELECT \(columnsOf: StaffSession.self) FROM staff_sessions s JOIN staff p ON p.id = s.staff_id
            WHERE s.staff_id = \(staff) AND \(livingAt: now, idleSince: idleSince) ORDER BY s.created_at DESC, s.id
            LIMIT 20
            """)
    }

    /// - Returns: false when it had ended already, or is another person's.
    func deleteSession(_ id: UUID, of staff: UUID) async throws -> Bool {
        try await self.execute("DELETE FROM staff_sessions WHERE id = \(id) AND staff_id = \(staff) RETURNING 1")
    }

    func stepUp(_ session: UUID, at now: Date) async throws {
        try await self.execute("UPDATE staff_sessions SET step_up_at = \(now) WHERE id = \(session)")
    }

    /// - Returns: false when it had ended already.
    func deleteSession(_ hash: [UInt8]) async throws -> Bool {
        try await self.execute("DELETE FROM staff_sessions WHERE token_hash = \(ByteBuffer(bytes: hash)) RETURNING 1")
    }

    func deleteSessions(of staff: UUID) async throws {
        try await self.execute("DELETE FROM staff_sessions WHERE staff_id = \(staff)")
    }

    /// Locks the buckets, forgets what is older than `since` and returns what is left.
    func lockLoginFailures(_ buckets: [[UInt8]], since: Date) async throws -> [[UInt8]: [Date]] {
        let rows = try await self.rows(
            """
            INSERT INTO login_failures AS f (bucket, at)
            SELECT b, '{}'::timestamptz[] FROM unnest(\(Self.bytes(buckets))::bytea[]) b ORDER BY b
            ON CONFLICT (bucket) DO UPDATE SET at = ARRAY(SELECT a FROM unnest(f.at) a WHERE a > \(since) ORDER BY a)
            RETURNING bucket, at
            """)
        let failures = try rows.map { try $0.decode((ByteBuffer, [Date]).self) }
        return Dictionary(uniqueKeysWithValues: failures.map { (Array($0.0.readableBytesView), $0.1) })
    }

    /// Adds a failure to buckets that are locked.
    func addLoginFailure(_ buckets: [[UInt8]], at time: Date) async throws {
        try await self.execute(
            "UPDATE login_failures SET at = array_append(at, \(time)::timestamptz) WHERE bucket = ANY(\(Self.bytes(buckets))::bytea[])"
        )
    }

    /// Removes one failure of that instant from each bucket.
    func removeLoginFailure(_ buckets: [[UInt8]], at time: Date) async throws {
        try await self.execute(
            """
            WITH held AS (
                SELECT bucket, array_position(at, \(time)::timestamptz) AS position FROM login_failures
                WHERE bucket = ANY(\(Self.bytes(buckets))::bytea[]) ORDER BY bucket FOR UPDATE
            )
            UPDATE login_failures f SET at = f.at[:held.position - 1] || f.at[held.position + 1:]
            FROM held WHERE f.bucket = held.bucket AND held.position IS NOT NULL
            """)
    }

    func clearLoginFailures(_ bucket: [UInt8]) async throws {
        try await self.execute("DELETE FROM login_failures WHERE bucket = \(ByteBuffer(bytes: bucket))")
    }

    private static func bytes(_ values: [[UInt8]]) -> [ByteBuffer] { values.map { ByteBuffer(bytes: $0) } }
}
