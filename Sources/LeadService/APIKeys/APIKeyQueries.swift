import Foundation
import NIOCore
import Postgres

extension APIKey: TableRow {
    static let columns = """
        k.id, k.name, k.prefix, k.scopes, k.created_by, p.username, k.created_at, k.expires_at, k.last_used_at,
        k.previous_until, k.revoked_at
        """

    init(row: PostgresRow) throws {
        let (id, name, prefix, scopes, by, username, createdAt, expires, used, previous, revoked) = try row.decode(
            (UUID, String, String, [String], UUID, String, Date, Date?, Date?, Date?, Date?).self)
        self.init(
            id: id, name: name, prefix: prefix, scopes: scopes, createdByID: by, createdBy: username,
            createdAt: createdAt, expiresAt: expires, lastUsedAt: used, previousUntil: previous, revokedAt: revoked)
    }
}

extension Transaction {
    /// The key of a hash, if it is good; one last used before `usedBefore` is marked as used now.
    func liveKey(_ hash: [UInt8], at now: Date, usedBefore: Date) async throws -> APIKey? {
        let hash = ByteBuffer(bytes: hash)
        return try await self.first(
            """
            WITH found AS (
                SELECT \(columnsOf: APIKey.self) FROM api_keys k JOIN staff p ON p.id = k.created_by
                WHERE (k.key_hash = \(hash) OR (k.previous_hash = \(hash) AND k.previous_until > \(now)))
                  AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > \(now))
            ), touched AS (
                UPDATE api_keys k SET last_used_at = \(now) FROM found
                WHERE k.id = found.id AND (k.last_used_at IS NULL OR k.last_used_at <= \(usedBefore))
            )
            SELECT * FROM found
            """)
    }

    /// Which key a hash is, or was.
    func keyID(of hash: [UInt8]) async throws -> UUID? {
        let hash = ByteBuffer(bytes: hash)
        return try await self.rows(
            "SELECT id FROM api_keys WHERE key_hash = \(hash) OR previous_hash = \(hash) LIMIT 1"
        )
        .first?.decode(UUID.self)
    }

    func keys(before id: UUID?, limit: Int) async throws -> [APIKey] {
        try await self.all(
            """
            SELECT \(columnsOf: APIKey.self) FROM api_keys k JOIN staff p ON p.id = k.created_by
            WHERE \(id)::uuid IS NULL OR k.id < \(id)::uuid ORDER BY k.id DESC LIMIT \(limit)
            """)
    }

    /// - Returns: false when a key that is not revoked has the name.
    func insertKey(
        _ id: UUID, _ draft: APIKeyDraft, _ made: MadeAPIKey, by staff: UUID, at now: Date, _ event: AuditEvent
    ) async throws -> Bool {
        try await self.execute(
            """
            WITH made AS (
                INSERT INTO api_keys (id, name, prefix, key_hash, scopes, created_by, created_at, expires_at)
                VALUES (\(id), \(draft.name), \(made.prefix), \(ByteBuffer(bytes: made.hash)),
                        \(draft.scopes.map(\.rawValue))::text[], \(staff), \(now), \(draft.expiresAt))
                ON CONFLICT (name) WHERE revoked_at IS NULL DO NOTHING RETURNING id
            ), \(auditing: event, when: "made")
            SELECT 1 FROM made
            """)
    }

    /// Puts a new key in the place of a good one, which stays good until an instant.
    func rotateKey(
        _ id: UUID, to made: MadeAPIKey, previousUntil: Date, at now: Date, _ event: AuditEvent
    ) async throws -> Bool {
        try await self.execute(
            """
            WITH turned AS (
                UPDATE api_keys SET previous_hash = key_hash, previous_until = \(previousUntil),
                       key_hash = \(ByteBuffer(bytes: made.hash)), prefix = \(made.prefix)
                WHERE id = \(id) AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > \(now)) RETURNING id
            ), \(auditing: event, when: "turned")
            SELECT 1 FROM turned
            """)
    }

    /// - Returns: false when there is no such key, or it is revoked already.
    func revokeKey(_ id: UUID, at now: Date, _ event: AuditEvent) async throws -> Bool {
        try await self.execute(
            """
            WITH ended AS (
                UPDATE api_keys SET revoked_at = \(now) WHERE id = \(id) AND revoked_at IS NULL RETURNING id
            ), \(auditing: event, when: "ended")
            SELECT 1 FROM ended
            """)
    }

    /// Notes that a key was used for what it may not, with the audit, once in a while.
    func noteScopeRefusal(_ id: UUID, at now: Date, notSince: Date, _ event: AuditEvent) async throws {
        try await self.execute(
            """
            WITH noted AS (
                UPDATE api_keys SET scope_refused_at = \(now)
                WHERE id = \(id) AND (scope_refused_at IS NULL OR scope_refused_at <= \(notSince)) RETURNING id
            ), \(auditing: event, when: "noted")
            SELECT 1 FROM noted
            """)
    }
}
