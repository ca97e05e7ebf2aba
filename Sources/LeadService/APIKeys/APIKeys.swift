import Foundation
import Leads

/// The keys of programs: made, listed, turned, revoked, and looked up with each request.
struct APIKeys: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    private let throttle: LoginThrottle
    private let audit: Audit

    /// How long the key before a rotation stays good.
    static let overlap: TimeInterval = 24 * 3600

    init(database: Database, dependencies: Dependencies, budgetFactor: Double) {
        self.database = database
        self.dependencies = dependencies
        self.throttle = LoginThrottle(database: database, keys: dependencies.keys, factor: budgetFactor)
        self.audit = Audit(dependencies: dependencies)
    }

    /// Who uses a key, for a route with that scope.
    ///
    /// - Throws: 401, the same for an unknown, an expired and a revoked key; 429 after too many of those from an address;
    ///   403 `scope_missing`.
    func admit(_ token: String, to scope: APIScope?, from address: ClientAddress) async throws -> StaffSession {
        let now = self.dependencies.now()
        let hash = StaffSessions.hash(token)
        let found = try await self.database.autocommit {
            try await $0.liveKey(hash, at: now, usedBefore: StaffSessions.seenBefore(now))
        }
        guard let key = found else {
            try await self.refuse(hash, from: address, at: now)
            throw Problems.keyRefused
        }
        guard let scope, key.scopes.contains(scope.rawValue) else {
            let event = self.audit.event(
                "key.scope_refused", on: key.id.uuidString.lowercased(), by: "key:\(key.name)", role: "api_key",
                detail: ["scope": .optional(scope?.rawValue)])
            try await self.database.autocommit {
                try await $0.noteScopeRefusal(key.id, at: now, notSince: now.addingTimeInterval(-86400), event)
            }
            throw Problems.scopeMissing
        }
        return key.session(tokenHash: hash, at: now)
    }

    /// Counts a wrong key; the first of an address in a quarter of an hour is audited.
    private func refuse(_ hash: [UInt8], from address: ClientAddress, at now: Date) async throws {
        guard try await self.throttle.countWrongKey(from: address, at: now) else { return }
        let id = try await self.database.autocommit { try await $0.keyID(of: hash) }
        let event = self.audit.event(
            "key.refused", on: id?.uuidString.lowercased() ?? "unknown", by: "unknown", role: "none")
        try await self.database.autocommit { try await $0.insert(event) }
    }

    func list(before cursor: UUID?, limit: Int) async throws -> JSONOutput {
        let now = self.dependencies.now()
        let keys = try await self.database.autocommit { try await $0.keys(before: cursor, limit: limit + 1) }
        let page = keys.prefix(limit)
        return .object([
            "items": .array(page.map { $0.json(at: now) }),
            "next_cursor": .optional(keys.count > limit ? page.last?.id.uuidString.lowercased() : nil),
        ])
    }

    /// Makes a key.
    ///
    /// - Throws: 409 `key_name_taken`.
    func make(_ draft: APIKeyDraft, by session: StaffSession) async throws -> (id: UUID, key: String) {
        let (id, made, now) = (self.dependencies.makeID(), MadeAPIKey(self.dependencies), self.dependencies.now())
        let event = self.audit.event(
            "key.add", on: id, by: session.actor,
            ["name": .string(draft.name), "scopes": .array(draft.scopes.map { .string($0.rawValue) })])
        let isNew = try await self.database.autocommit {
            try await $0.insertKey(id, draft, made, by: session.staffID, at: now, event)
        }
        guard isNew else { throw Problems.keyNameTaken }
        return (id, made.key)
    }

    /// Makes a new key for the same program; the one before stays good for a day.
    ///
    /// - Throws: 404 for a key that is unknown, expired or revoked.
    func rotate(_ id: UUID, by session: StaffSession) async throws -> (key: String, previousUntil: Date) {
        let (made, now) = (MadeAPIKey(self.dependencies), self.dependencies.now())
        let until = now.addingTimeInterval(Self.overlap)
        let event = self.audit.event("key.rotate", on: id, by: session.actor)
        let isDone = try await self.database.autocommit {
            try await $0.rotateKey(id, to: made, previousUntil: until, at: now, event)
        }
        guard isDone else { throw Problems.notFound }
        return (made.key, until)
    }

    /// Ends a key and the one before it, at once.
    func revoke(_ id: UUID, by session: StaffSession) async throws {
        let (now, event) = (self.dependencies.now(), self.audit.event("key.revoke", on: id, by: session.actor))
        guard try await self.database.autocommit({ try await $0.revokeKey(id, at: now, event) }) else {
            throw Problems.notFound
        }
    }
}

extension Problems {
    /// One answer for an unknown, an expired and a revoked key.
    static let keyRefused = Problem(
        .unauthorized, "unauthenticated", "密钥无效，请在后台核对", english: "The API key is not valid.")
    static let scopeMissing = Problem(
        .forbidden, "scope_missing", "这个密钥没有此项权限", english: "The API key has no scope for this.")
    static let keyNameTaken = Problem(
        .conflict, "key_name_taken", "这个名称已有在用的密钥，请换一个", english: "A live key has that name.")
}
