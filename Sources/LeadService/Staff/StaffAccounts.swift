import Foundation
package import Leads

/// An account as it is stored.
struct StaffAccount: Sendable {
    var id: UUID
    var username: String
    var displayName: String
    var role: Role
    var passwordHash: String
    var mustChangePassword: Bool
    var passwordExpiresAt: Date?
    var isActive: Bool

    /// A one-time password that was not used in time.
    func isExpired(at now: Date) -> Bool { self.passwordExpiresAt.map { $0 <= now } ?? false }
}

/// An account about to be made.
private struct StaffDraft: Sendable {
    var username: String
    var displayName: String
    var role: Role
    var password: String
    var isOneTime: Bool
}

/// Making accounts, with a one-time password that must be changed, and ending them.
package struct StaffAccounts: Sendable {
    let database: Database
    let audit: Audit
    let dependencies: Dependencies
    private let hasher = PasswordHasher()

    /// How long a one-time password may be used.
    private static let oneTimeLifetime: TimeInterval = 72 * 3600

    package init(database: Database, dependencies: Dependencies) {
        self.database = database
        self.dependencies = dependencies
        self.audit = Audit(dependencies: dependencies)
    }

    /// Adds somebody.
    ///
    /// - Parameters:
    ///   - username: the login name.
    ///   - displayName: what colleagues read; the username when it is nil.
    ///   - role: what they are there for.
    ///   - actor: the username of who adds, or the command's name.
    ///   - actorRole: the role of who adds, or `command`.
    /// - Returns: the one-time password.
    /// - Throws: 422 `username_invalid` or `display_name_invalid`; 409 `username_taken`.
    package func add(
        username: String, displayName: String? = nil, role: Role, by actor: String, as actorRole: String = "command"
    ) async throws -> String {
        let name: Username
        let display: String
        do {
            name = try Username(parsing: username)
        } catch {
            throw Problem(failures: [error.within("/username")])
        }
        do {
            display = try Self.checked(displayName: displayName ?? username)
        } catch {
            throw Problem(failures: [error.within("/display_name")])
        }
        return try await self.create(name, displayName: display, role: role, by: actor, as: actorRole).oneTimePassword
    }

    /// As `add`, of names that were checked, and tells the new account's id too.
    func create(
        _ username: Username, displayName: String, role: Role, by actor: String, as actorRole: String
    ) async throws -> (id: UUID, oneTimePassword: String) {
        let password = self.oneTimePassword()
        let draft = StaffDraft(
            username: username.text, displayName: displayName, role: role, password: password, isOneTime: true)
        guard let id = try await self.insert(draft, by: actor, as: actorRole) else { throw Problems.usernameTaken }
        return (id, password)
    }

    /// Gives somebody a new one-time password, takes their second factor away and ends their sessions.
    ///
    /// - Throws: 404 for an unknown account, 409 for an ended one.
    package func reset(username: String, by actor: String, as actorRole: String = "command") async throws -> String {
        try await self.reset(try await self.account(username), by: actor, as: actorRole)
    }

    func reset(_ account: StaffAccount, by actor: String, as actorRole: String) async throws -> String {
        guard account.isActive else { throw Problems.accountEnded }
        let password = self.oneTimePassword()
        let hash = try await self.hash(password)
        let until = self.dependencies.now().addingTimeInterval(Self.oneTimeLifetime)
        let event = self.audit.event(
            "staff.password_reset", on: account.id.uuidString.lowercased(), by: actor, role: actorRole)
        try await self.database.transaction { tx in
            try await tx.lockStaff(account.id)
            try await tx.setOneTimePassword(of: account.id, hash: hash, until: until)
            try await tx.removeSecondFactor(of: account.id)
            try await tx.deleteSessions(of: account.id)
            try await tx.insert(event)
        }
        return password
    }

    /// Ends an account, its sessions too, or opens it again with the password it had; also that of the last administrator.
    ///
    /// What somebody holds returns with its lease, and what they own may then be served to others.
    ///
    /// - Returns: false when it was so already.
    /// - Throws: 404 for an unknown account.
    package func setActive(
        _ isActive: Bool, username: String, by actor: String, as actorRole: String = "command"
    ) async throws -> Bool {
        let account = try await self.account(username)
        let changed = try await self.apply(
            StaffChange(isActive: isActive), to: account.id, by: actor, as: actorRole, endsLast: true)
        return changed.before.isActive != changed.after.isActive
    }

    private func account(_ username: String) async throws -> StaffAccount {
        let account = try await self.database.autocommit { try await $0.staffAccount(username: username) }
        guard let account else { throw Problems.accountUnknown }
        return account
    }

    /// Makes `admin`, once, whichever process comes first.
    ///
    /// - Returns: the one-time password when one was made here and none was given.
    package func bootstrap(password given: String?) async throws -> String? {
        if try await self.database.autocommit({ try await $0.staffAccount(username: "admin") }) != nil { return nil }
        let draft = StaffDraft(
            username: "admin", displayName: "管理员", role: .administrator, password: given ?? self.oneTimePassword(),
            isOneTime: given == nil)
        let isNew = try await self.insert(draft, by: "serve", as: "command") != nil
        return isNew && given == nil ? draft.password : nil
    }

    /// - Returns: the account's id, or nil when the username is taken.
    private func insert(_ draft: StaffDraft, by actor: String, as actorRole: String) async throws -> UUID? {
        let hash = try await self.hash(draft.password)
        let now = self.dependencies.now()
        let account = StaffAccount(
            id: self.dependencies.makeID(), username: draft.username, displayName: draft.displayName, role: draft.role,
            passwordHash: hash, mustChangePassword: draft.isOneTime,
            passwordExpiresAt: draft.isOneTime ? now.addingTimeInterval(Self.oneTimeLifetime) : nil, isActive: true)
        let event = self.audit.event(
            "staff.add", on: account.id.uuidString.lowercased(), by: actor, role: actorRole,
            detail: ["role": .string(draft.role.rawValue)])
        return try await self.database.transaction { tx in
            guard try await tx.insertStaff(account, at: now) else { return nil }
            try await tx.insert(event)
            return account.id
        }
    }

    func hash(_ password: String) async throws -> String {
        let salt = self.dependencies.randomBytes(16)
        let cost = self.dependencies.passwordCost
        return try await self.hasher.run { try PasswordHash(password, salt: salt, cost: cost) }.encoded
    }

    /// One to fifty characters that can be shown.
    static func checked(displayName raw: String) throws(ValidationFailure) -> String {
        let name = raw.trimmingCharacters(in: .whitespacesAndNewlines).precomposedStringWithCanonicalMapping
        let isShown = name.unicodeScalars.allSatisfy {
            ![.control, .format, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator].contains(
                $0.properties.generalCategory)
        }
        // PostgreSQL counts scalars, not characters.
        guard (1...50).contains(name.unicodeScalars.count), isShown, !PhoneNumber.isTold(in: name),
            !IdentityNumber.isTold(in: name)
        else {
            throw ValidationFailure(
                "display_name_invalid", "姓名需要 1–50 个字，不含电话或证件号码",
                english: "A display name has 1 to 50 characters, and no telephone or identity number.")
        }
        return name
    }

    /// 98 bits.
    func oneTimePassword() -> String { self.dependencies.words(groups: 4, of: 5) }
}

extension Problems {
    static let accountUnknown = Problem(
        .notFound, "account_unknown", "没有这个账号，请核对用户名", english: "There is no such account.")
    static let accountEnded = Problem(
        .conflict, "account_ended", "这个账号已停用，请先启用", english: "The account has ended; activate it first.")
    static let usernameTaken = Problem(.conflict, "username_taken", "用户名已被使用，请换一个", english: "The username is taken.")
}
