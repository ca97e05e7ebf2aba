import Foundation
import Leads

/// What a key may be used for; a route without one takes no key.
package enum APIScope: String, Sendable, CaseIterable {
    /// Entering leads with the basis of their consent.
    case leadsWrite = "leads:write"
    /// Lists and single leads, masked.
    case leadsRead = "leads:read"
    case statsRead = "stats:read"
    /// Exports with masked names and numbers.
    case exportsRead = "exports:read"

    var title: String {
        switch self {
        case .leadsWrite: "录入线索"
        case .leadsRead: "查看线索（脱敏）"
        case .statsRead: "查看统计"
        case .exportsRead: "导出（脱敏）"
        }
    }
}

/// A key as it is stored: never the key itself.
struct APIKey: Sendable {
    var id: UUID
    var name: String
    /// The first characters, by which people know it.
    var prefix: String
    var scopes: [String]
    var createdByID: UUID
    var createdBy: String
    var createdAt: Date
    var expiresAt: Date?
    var lastUsedAt: Date?
    /// Until when the key before the last rotation is good.
    var previousUntil: Date?
    var revokedAt: Date?

    static let marker = "hf_"

    /// Whether a bearer token is meant as a key.
    static func isMeant(by token: String) -> Bool { token.hasPrefix(self.marker) }

    /// What uses it, as if somebody were logged in: the name goes into the audit, and who made the key answers for it.
    ///
    /// Nothing that needs a step-up is open to it.
    func session(tokenHash: [UInt8], at now: Date) -> StaffSession {
        StaffSession(
            id: self.id, staffID: self.createdByID, username: "key:\(self.name)", displayName: self.name,
            role: .supervisor, mustChangePassword: false, hasSecondFactor: true, expiresAt: self.expiresAt ?? now,
            stepUpAt: .distantPast, lastSeenAt: now, tokenHash: tokenHash, apiKey: self.name)
    }

    func json(at now: Date) -> JSONOutput {
        .object([
            "id": .string(self.id.uuidString.lowercased()), "name": .string(self.name),
            "prefix": .string(self.prefix), "scopes": .array(self.scopes.map { .string($0) }),
            "created_by": .string(self.createdBy), "created_at": .string(RFC3339.text(self.createdAt)),
            "expires_at": .optional(self.expiresAt.map { RFC3339.text($0) }),
            "last_used_at": .optional(self.lastUsedAt.map { RFC3339.text($0) }),
            "previous_until": .optional(self.previousUntil.flatMap { $0 > now ? RFC3339.text($0) : nil }),
            "revoked_at": .optional(self.revokedAt.map { RFC3339.text($0) }),
        ])
    }
}

/// A key about to be made.
struct APIKeyDraft: Sendable {
    var name: String
    var scopes: [APIScope]
    var expiresAt: Date?
}

/// A key that was just made, told once.
struct MadeAPIKey: Sendable {
    var key: String
    var prefix: String
    var hash: [UInt8]

    init(_ dependencies: Dependencies) {
        self.key = APIKey.marker + Base64URL.encode(dependencies.randomBytes(32))
        self.prefix = String(self.key.prefix(11))
        self.hash = StaffSessions.hash(self.key)
    }
}
