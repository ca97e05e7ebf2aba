import Foundation
import Leads

/// What proves anew that the person in front of an open session is theirs.
enum StepUpProof: Sendable {
    case password(String)
    case code(String)
}

extension StaffSessions {
    /// Makes a secret and recovery codes for whoever is logged in; they count once they are confirmed.
    ///
    /// - Throws: 403 `step_up_required` when there is a second factor already and the login is old.
    func beginSecondFactor(for session: StaffSession) async throws -> SecondFactorDraft {
        let now = self.dependencies.now()
        guard !session.hasSecondFactor || session.isSteppedUp(at: now) else { throw Problems.stepUpRequired }
        return try await self.database.transaction { tx in
            try await tx.lockStaff(session.staffID)
            return try await self.factor.begin(for: session, at: now, tx)
        }
    }

    /// Makes what was begun the second factor, ends every session of the person and opens a new one.
    ///
    /// - Throws: 422 `totp_invalid`; 409 `totp_not_begun`; 403 as `beginSecondFactor`.
    func confirmSecondFactor(_ code: String, for session: StaffSession) async throws -> OpenedSession {
        let now = self.dependencies.now()
        guard !session.hasSecondFactor || session.isSteppedUp(at: now) else { throw Problems.stepUpRequired }
        let opened = self.newSession(session.role, mustChangePassword: false, hasSecondFactor: true)
        let event = self.event("staff.totp_enrol", session.staffID, session.username, session.role)
        let outcome = try await self.database.transaction { tx -> Bool? in
            try await tx.lockStaff(session.staffID)
            guard try await self.factor.confirm(code, of: session.staffID, at: now, tx) else { return false }
            guard try await self.replace(session, with: opened, in: tx) else { return nil }
            try await tx.insert(event)
            return true
        }
        guard let isRight = outcome else { throw Problems.unauthenticated }
        guard isRight else { throw Problems.totpInvalid }
        return opened
    }

    /// Takes the second factor away.
    ///
    /// - Returns: false when there was none.
    func removeSecondFactor(of session: StaffSession) async throws -> Bool {
        let event = self.event("staff.totp_remove", session.staffID, session.username, session.role)
        return try await self.database.transaction { tx in
            try await tx.lockStaff(session.staffID)
            guard try await tx.removeSecondFactor(of: session.staffID) else { return false }
            try await tx.insert(event)
            return true
        }
    }

    /// Makes a session as good as one just opened.
    ///
    /// - Throws: 401 for a wrong password or code; 429 as for a login, with which it shares the count of failures.
    func stepUp(_ session: StaffSession, with proof: StepUpProof, from address: ClientAddress) async throws {
        let now = self.dependencies.now()
        let attempt = try await self.throttle.begin(name: session.username, address: address, at: now)
        let account: StaffAccount?
        var isRight = false
        do {
            account = try await self.database.autocommit { try await $0.staffAccount(username: session.username) }
            if case .password(let password) = proof, let stored = account?.passwordHash {
                isRight = try await self.hasher.run { PasswordHash.matches(password, stored) }
            }
        } catch {
            try? await self.throttle.cancel(attempt)
            throw error
        }
        let matches = isRight
        let event = self.event("staff.step_up", session.staffID, session.username, session.role)
        let isDone = try await self.database.transaction { tx in
            // The password may have changed while it was being compared.
            guard let account, try await tx.lockStaff(session.staffID, withHash: account.passwordHash) else {
                return false
            }
            switch proof {
            case .password: guard matches else { return false }
            case .code(let code):
                let accepted = try await self.factor.accepts(code, of: session.staffID, at: now, tx)
                guard let accepted, accepted != .nothing else { return false }
            }
            try await tx.stepUp(session.id, at: now)
            try await self.throttle.succeed(attempt, in: tx)
            try await tx.insert(event)
            return true
        }
        guard isDone else {
            try await self.recordFailure(of: account)
            throw Problems.credentialsRefused
        }
    }

    /// The sessions of whoever is logged in, newest first.
    func list(of session: StaffSession) async throws -> JSONOutput {
        let now = self.dependencies.now()
        let sessions = try await self.database.autocommit {
            try await $0.sessions(of: session.staffID, at: now, idleSince: Self.idleSince(now))
        }
        return .object([
            "items": .array(
                sessions.map { one in
                    .object([
                        "id": .string(one.id.uuidString.lowercased()), "is_current": .bool(one.id == session.id),
                        "last_seen_at": .string(RFC3339.text(one.lastSeenAt)),
                        "expires_at": .string(RFC3339.text(one.expiresAt)),
                    ])
                }), "next_cursor": .null,
        ])
    }

    /// Ends one of the caller's own sessions.
    ///
    /// - Throws: 404 for a session that has ended or is somebody else's.
    func end(_ id: UUID, of session: StaffSession) async throws {
        let event = self.event("staff.session_end", session.staffID, session.username, session.role)
        let isDone = try await self.database.transaction { tx in
            guard try await tx.deleteSession(id, of: session.staffID) else { return false }
            try await tx.insert(event)
            return true
        }
        guard isDone else { throw Problems.notFound }
    }
}

extension Problems {
    static let totpInvalid = Problem(failures: [
        ValidationFailure(
            "totp_invalid", at: "/totp", "动态码不对，请核对手机时间后再填", english: "The code is not the authenticator's of now.")
    ])
    static let totpNotBegun = Problem(
        .conflict, "totp_not_begun", "请先获取密钥，再填动态码", english: "Begin with POST /api/v1/session/totp.")
}
