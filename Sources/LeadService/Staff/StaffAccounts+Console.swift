import Foundation
import Leads

/// What an administrator changes of an account; nil is left as it is.
struct StaffChange: Sendable {
    var role: Role?
    var displayName: String?
    var isActive: Bool?

    var isEmpty: Bool { self.role == nil && self.displayName == nil && self.isActive == nil }
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
        let changed = try await self.database.transaction { tx -> ListedAccount? in
            let administrators = try await tx.lockAdministrators(and: id)
            guard let before = try await tx.listedAccount(id) else { return nil }
            let isAdministrator = (change.role ?? Role(rawValue: before.role)) == .administrator
            let staysOne = isAdministrator && (change.isActive ?? before.isActive)
            if administrators == [id], !staysOne { throw Problems.lastAdministrator }
            try await tx.change(id, change)
            let isEnded = change.isActive == false && before.isActive
            if isEnded || change.role.map({ $0.rawValue != before.role }) ?? false {
                try await tx.deleteSessions(of: id)
            }
            let after = try await tx.listedAccount(id)
            var detail: [String: JSONOutput] = [:]
            if let after, after.role != before.role {
                detail["role"] = .object(["before": .string(before.role), "after": .string(after.role)])
            }
            if let after, after.isActive != before.isActive {
                detail["active"] = .object(["before": .bool(before.isActive), "after": .bool(after.isActive)])
            }
            if let after, after.displayName != before.displayName { detail["display_name"] = .bool(true) }
            if !detail.isEmpty {
                try await tx.insert(
                    self.audit.event(
                        "staff.change", on: id.uuidString.lowercased(), by: session.username,
                        role: session.role.rawValue, detail: detail))
            }
            return after
        }
        guard let changed else { throw Problems.notFound }
        return changed
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
