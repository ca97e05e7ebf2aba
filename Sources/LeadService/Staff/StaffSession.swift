package import Foundation
package import Leads

/// Somebody of the staff, logged in.
package struct StaffSession: Sendable, Equatable {
    package var staffID: UUID
    package var username: String
    package var displayName: String
    package var role: Role
    package var mustChangePassword: Bool
    package var expiresAt: Date
    /// The last time the password was given.
    package var stepUpAt: Date
    package var lastSeenAt: Date
    package var tokenHash: [UInt8]
}

/// A session that was just opened, with its token, which is never stored.
package struct OpenedSession: Sendable {
    package var token: String
    package var role: Role
    package var openedAt: Date
    package var expiresAt: Date
    package var mustChangePassword: Bool
}
