import Foundation
import Leads

/// What an administrator changes of an account; nil is left as it is.
struct StaffChange: Sendable {
    var role: Role?
    var displayName: String?
    var isActive: Bool?
}

/// An account as the list of accounts shows it.
struct ListedAccount: Sendable {
    var id: UUID
    var username: String
    var displayName: String
    var role: String
    var isActive: Bool
    var mustChangePassword: Bool
    var hasSecondFactor: Bool
    var createdAt: Date
    var lastSeenAt: Date?

    var json: JSONOutput {
        .object([
            "id": .string(self.id.uuidString.lowercased()), "username": .string(self.username),
            "display_name": .string(self.displayName), "role": .string(self.role), "active": .bool(self.isActive),
            "must_change_password": .bool(self.mustChangePassword), "has_totp": .bool(self.hasSecondFactor),
            "created_at": .string(RFC3339.text(self.createdAt)),
            "last_seen_at": .optional(self.lastSeenAt.map(RFC3339.text)),
        ])
    }
}

/// Accounts as an administrator works on them in the console.
extension StaffAccounts {
    /// A page of accounts by username, ended ones too.
    func list(after username: String?, limit: Int) async throws -> JSONOutput {
        let accounts = try await self.database.autocommit {
            try await $0.listedAccounts(after: username, limit: limit + 1)
        }
        let page = accounts.prefix(limit)
        return .object([
            "items": .array(page.map(\.json)),
            "next_cursor": .optional(accounts.count > limit ? page.last?.username : nil),
        ])
    }

    /// Changes an account; a change of role and an end close all its sessions.
    ///
    /// - Throws: 404; 409 `last_administrator` when nobody could administer any more.
    func change(_ id: UUID, _ change: StaffChange, by session: StaffSession) async throws -> ListedAccount {
        try await self.apply(change, to: id, by: session.username, as: session.role.rawValue, endsLast: false).after
    }

    /// - Parameter endsLast: whether the last administrator may go as well.
    func apply(
        _ change: StaffChange, to id: UUID, by actor: String, as actorRole: String, endsLast: Bool
    ) async throws -> (before: ListedAccount, after: ListedAccount) {
        try await self.database.transaction { tx in
            let administrators = try await tx.lockAdministrators(and: id)
            guard let before = try await tx.listedAccount(id), let after = try await tx.change(id, change) else {
                throw Problems.notFound
            }
            let staysOne = after.isActive && after.role == Role.administrator.rawValue
            if administrators == [id], !staysOne, !endsLast { throw Problems.lastAdministrator }
            if before.isActive != after.isActive || before.role != after.role { try await tx.deleteSessions(of: id) }
            // Nobody waits for the lease of somebody who is gone.
            if before.isActive, !after.isActive { try await tx.endClaims(of: id, at: self.dependencies.now()) }
            let detail = Self.difference(before, after)
            if !detail.isEmpty {
                try await tx.insert(
                    self.audit.event(
                        "staff.change", on: id.uuidString.lowercased(), by: actor, role: actorRole, detail: detail))
            }
            return (before, after)
        }
    }

    /// What changed, with both values; of a name only that it did.
    private static func difference(_ before: ListedAccount, _ after: ListedAccount) -> [String: JSONOutput] {
        var detail: [String: JSONOutput] = [:]
        if after.role != before.role {
            detail["role"] = .object(["before": .string(before.role), "after": .string(after.role)])
        }
        if after.isActive != before.isActive {
            detail["active"] = .object(["before": .bool(before.isActive), "after": .bool(after.isActive)])
        }
        if after.displayName != before.displayName { detail["display_name"] = .bool(true) }
        return detail
    }

    /// As `reset(username:by:as:)`, by id.
    func reset(_ id: UUID, by session: StaffSession) async throws -> String {
        let account = try await self.database.autocommit { try await $0.staffAccount(id: id) }
        guard let account else { throw Problems.notFound }
        return try await self.reset(account, by: session.username, as: session.role.rawValue)
    }
}

extension Problems {
    static let lastAdministrator = Problem(
        .conflict, "last_administrator", "这是最后一位在用的管理员，请先指定另一位",
        english: "Nobody else administers: name another administrator first.")
}
