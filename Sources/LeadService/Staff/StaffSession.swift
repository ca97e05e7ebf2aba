package import Foundation
package import Leads

/// Somebody of the staff, logged in.
package struct StaffSession: Sendable, Equatable {
    package var id: UUID
    package var staffID: UUID
    package var username: String
    package var displayName: String
    package var role: Role
    package var mustChangePassword: Bool
    package var hasSecondFactor: Bool
    package var expiresAt: Date
    /// The last time the password, or a code of the second factor, was given.
    package var stepUpAt: Date
    package var lastSeenAt: Date
    package var tokenHash: [UInt8]
    /// The name of the key, when it is a program's.
    package var apiKey: String?

    /// The role as the audit tells it.
    var auditRole: String { self.apiKey == nil ? self.role.rawValue : "api_key" }

    /// Whoever works in it, for the audit.
    var actor: AuditActor { AuditActor(name: self.username, role: self.auditRole) }

    /// Whether the last login or step-up is young enough for what needs one: five minutes (contract §3).
    package func isSteppedUp(at now: Date) -> Bool { now.timeIntervalSince(self.stepUpAt) <= 5 * 60 }
}

/// A session that was just opened, with its token, which is never stored.
package struct OpenedSession: Sendable {
    package var id: UUID
    package var token: String
    package var role: Role
    package var openedAt: Date
    package var expiresAt: Date
    package var mustChangePassword: Bool
    /// Whether a second factor comes before everything else.
    package var mustEnrol: Bool
}
