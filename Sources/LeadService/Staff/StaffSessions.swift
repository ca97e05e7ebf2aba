import Crypto
import Foundation
import Leads

/// Logging in and out, and finding who a token belongs to.
package struct StaffSessions: Sendable {
    let database: Database
    let dependencies: Dependencies
    let throttle: LoginThrottle
    let hasher = PasswordHasher()
    let factor: SecondFactor
    private let audit: Audit
    private let requiresSecondFactor: Bool

    private static let idle: TimeInterval = 30 * 60
    static let absolute: TimeInterval = 12 * 3600
    private static let mostSessions = 10

    package init(database: Database, dependencies: Dependencies, configuration: ServiceConfiguration) {
        self.database = database
        self.dependencies = dependencies
        self.audit = Audit(dependencies: dependencies)
        self.throttle = LoginThrottle(database: database, keys: dependencies.keys, factor: configuration.budgetFactor)
        self.factor = SecondFactor(dependencies: dependencies)
        self.requiresSecondFactor = configuration.requiresSecondFactor
    }

    /// Whether somebody has to set a second factor up before anything else.
    func mustEnrol(_ session: StaffSession) -> Bool { self.mustEnrol(session.role, session.hasSecondFactor) }

    private func mustEnrol(_ role: Role, _ hasSecondFactor: Bool) -> Bool {
        self.requiresSecondFactor && role.needsSecondFactor && !hasSecondFactor
    }

    /// Opens a session.
    ///
    /// - Parameter code: of the authenticator, or a recovery code; whoever has no second factor needs none.
    /// - Throws: 401, the same after the same work for every cause; 429 after too many failures of a name or an address;
    ///   503 when too many passwords are being hashed.
    package func login(
        username: String, password: String, code: String? = nil, from address: ClientAddress
    ) async throws -> OpenedSession {
        let now = self.dependencies.now()
        let attempt = try await self.throttle.begin(name: username, address: address, at: now)
        let account: StaffAccount?
        let matches: Bool
        do {
            let found = try await self.database.autocommit { try await $0.staffAccount(username: username) }
            let stored = found?.passwordHash ?? PasswordHash.decoy(cost: self.dependencies.passwordCost)
            matches = try await self.hasher.run { PasswordHash.matches(password, stored) }
            account = found
        } catch {
            try? await self.throttle.cancel(attempt)
            throw error
        }
        guard matches, let account, account.isActive, !account.isExpired(at: now) else {
            try await self.recordFailure(of: account)
            throw Problems.credentialsRefused
        }
        let newHash = await self.renewedHash(password, of: account)
        let event = self.event("staff.login", account.id, account.username, account.role)
        let opened = try await self.database.transaction { tx -> OpenedSession? in
            // The password may have changed, or the account ended, while it was being compared.
            guard try await tx.lockStaff(account.id, withHash: account.passwordHash) else { return nil }
            let accepted = try await self.factor.accepts(code, of: account.id, at: now, tx)
            guard accepted != .nothing else { return nil }
            let session = self.newSession(
                account.role, mustChangePassword: account.mustChangePassword, hasSecondFactor: accepted != nil)
            if let newHash { try await tx.replaceHash(of: account.id, with: newHash) }
            try await self.insert(session, of: account.id, in: tx)
            try await tx.returnToDesk(account.id, saidBefore: ShanghaiDate(now).at(minute: 0), at: now)
            try await self.throttle.succeed(attempt, in: tx)
            try await tx.insert(event)
            if accepted == .recoveryCode {
                try await tx.insert(
                    self.event("staff.recovery_code_use", account.id, account.username, account.role))
            }
            return session
        }
        guard let opened else {
            try await self.recordFailure(of: account)
            throw Problems.credentialsRefused
        }
        return opened
    }

    /// Ends a session.
    package func logout(_ session: StaffSession) async throws {
        let event = self.event("staff.logout", session.staffID, session.username, session.role)
        try await self.database.transaction { tx in
            guard try await tx.deleteSession(session.tokenHash) else { return }
            try await tx.insert(event)
        }
    }

    /// Changes the password, ends every session of the person and opens a new one.
    ///
    /// - Throws: 422 `password_weak`; 403 `step_up_required` for a later change long after the login; 401 when the session
    ///   has ended meanwhile.
    package func changePassword(of session: StaffSession, to raw: String) async throws -> OpenedSession {
        guard session.mustChangePassword || session.isSteppedUp(at: self.dependencies.now()) else {
            throw Problems.stepUpRequired
        }
        let password: Password
        do {
            password = try Password(choosing: raw, username: session.username)
        } catch {
            throw Problem(failures: [error.within("/password")])
        }
        if session.mustChangePassword { try await self.refuseOneTimePassword(password, of: session) }
        let salt = self.dependencies.randomBytes(16)
        let cost = self.dependencies.passwordCost
        let hash = try await self.hasher.run { try PasswordHash(password.text, salt: salt, cost: cost) }
        let event = self.event("staff.password_change", session.staffID, session.username, session.role)
        let opened = self.newSession(
            session.role, mustChangePassword: false, hasSecondFactor: session.hasSecondFactor)
        let isOpen = try await self.database.transaction { tx in
            guard try await self.replace(session, with: opened, in: tx) else { return false }
            try await tx.setPassword(of: session.staffID, hash: hash.encoded)
            try await tx.insert(event)
            return true
        }
        guard isOpen else { throw Problems.unauthenticated }
        return opened
    }

    /// Ends every session of a person and opens a new one.
    ///
    /// - Returns: false for a session that has ended, as that of the second of two changes at once.
    func replace(_ session: StaffSession, with opened: OpenedSession, in tx: Transaction) async throws -> Bool {
        try await tx.lockStaff(session.staffID)
        guard try await tx.deleteSession(session.tokenHash) else { return false }
        try await tx.deleteSessions(of: session.staffID)
        try await self.insert(opened, of: session.staffID, in: tx)
        return true
    }

    /// The session of a token, if it has not ended; being asked for counts as activity.
    package func find(token: String) async throws -> StaffSession? {
        guard token.utf8.count == 43 else { return nil }
        let now = self.dependencies.now()
        let hash = Self.hash(token)
        return try await self.database.autocommit { database in
            try await database.session(
                hash, at: now, idleSince: Self.idleSince(now), seenBefore: Self.seenBefore(now))
        }
    }

    /// Who was not seen since then has gone.
    static func idleSince(_ now: Date) -> Date { now.addingTimeInterval(-Self.idle) }

    /// What was seen since then need not be written again.
    static func seenBefore(_ now: Date) -> Date { now.addingTimeInterval(-60) }

    /// What the database keeps of a token.
    static func hash(_ token: String) -> [UInt8] { Array(SHA256.hash(data: Data(token.utf8))) }

    func newSession(_ role: Role, mustChangePassword: Bool, hasSecondFactor: Bool) -> OpenedSession {
        let now = self.dependencies.now()
        return OpenedSession(
            id: self.dependencies.makeID(), token: Base64URL.encode(self.dependencies.randomBytes(32)), role: role,
            openedAt: now, expiresAt: now.addingTimeInterval(Self.absolute), mustChangePassword: mustChangePassword,
            mustEnrol: self.mustEnrol(role, hasSecondFactor))
    }

    private func insert(_ session: OpenedSession, of staff: UUID, in tx: Transaction) async throws {
        try await tx.deleteOldestSessions(of: staff, keeping: Self.mostSessions - 1)
        try await tx.insertSession(
            session.id, Self.hash(session.token), of: staff, at: session.openedAt, until: session.expiresAt)
    }

    /// An unknown name is recorded too, without the name: the work is the same, and whoever reads the audit sees the guessing.
    func recordFailure(of account: StaffAccount?) async throws {
        let event =
            account.map { self.event("staff.login_failed", $0.id, $0.username, $0.role) }
            ?? self.audit.event("staff.login_failed", on: "unknown", by: "unknown", role: "none")
        try await self.database.transaction { try await $0.insert(event) }
    }

    /// The hash under today's parameters where the stored one has others; a full queue postpones it to the next login.
    private func renewedHash(_ password: String, of account: StaffAccount) async -> String? {
        let cost = self.dependencies.passwordCost
        guard PasswordHash.isOutdated(account.passwordHash, cost: cost) else { return nil }
        let salt = self.dependencies.randomBytes(16)
        return try? await self.hasher.run { try PasswordHash(password, salt: salt, cost: cost) }.encoded
    }

    private func refuseOneTimePassword(_ password: Password, of session: StaffSession) async throws {
        let account = try await self.database.autocommit { try await $0.staffAccount(username: session.username) }
        guard let stored = account?.passwordHash else { throw Problems.unauthenticated }
        guard try await !self.hasher.run({ PasswordHash.matches(password.text, stored) }) else {
            let failure = ValidationFailure(
                "password_weak", at: "/password", "请换一个密码，不能沿用一次性密码",
                english: "Choose a password other than the one-time one.")
            throw Problem(failures: [failure])
        }
    }

    func event(_ action: String, _ id: UUID, _ username: String, _ role: Role) -> AuditEvent {
        self.audit.event(action, on: id.uuidString.lowercased(), by: username, role: role.rawValue)
    }
}

extension Problems {
    /// One answer for a wrong name, a wrong, expired or used password and an ended account.
    static let credentialsRefused = Problem(
        .unauthorized, "unauthenticated", "用户名或密码不正确", english: "Wrong username or password.")
}
