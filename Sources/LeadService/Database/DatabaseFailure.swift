package import Logging
package import Postgres

extension PSQLError {
    /// The SQLSTATE, where the server answered.
    package var sqlState: String? { self.serverInfo?[.sqlState] }

    /// The violated constraint's name, where there is one.
    package var constraint: String? { self.serverInfo?[.constraintName] }

    /// What a log may say of it: never the server's detail, which quotes rows.
    package var logMetadata: Logger.Metadata {
        [
            "code": "\(self.code)", "sqlstate": "\(self.sqlState ?? "none")",
            "constraint": "\(self.constraint ?? "none")",
            "at": "\(self.file ?? "?"):\(self.line ?? 0)",
        ]
    }

    /// Whether the same request may succeed a moment later: no connection, no lease, a server starting or stopping,
    /// out of connections or disk, a lock or a statement that took too long.
    ///
    /// What the driver refuses by itself, such as U+0000 in a text, would be refused again.
    package var meansUnavailable: Bool {
        guard let state = self.sqlState else { return Self.passing.contains(self.code) }
        return ["08", "53", "57"].contains(state.prefix(2)) || ["40001", "40P01", "55P03", "25006"].contains(state)
    }
}

extension PSQLError {
    /// The failures without SQLSTATE that pass: of the connection, of its pool, of a cancelled or unanswered request.
    private static let passing: Set<Code> = [
        .connectionError, .serverClosedConnection, .clientClosedConnection, .listenFailed, .leaseTimeout, .poolClosed,
        .queryCancelled, .timeout, .outcomeUnknown,
    ]
}

/// What operations, which do not know the driver, may ask of a failed statement.
package protocol PSQLFailure: Error {
    var constraintName: String? { get }
}

extension PSQLError: PSQLFailure {
    package var constraintName: String? { self.constraint }
}

extension Error {
    /// What kind of failure this is, an SQLSTATE or the error's type: not its text, which is not ours to vouch for.
    var kind: String {
        let failure = self as? PSQLError
        return String((failure.map { $0.sqlState ?? "\($0.code)" } ?? "\(type(of: self))").prefix(100))
    }

    /// Whether a statement failed on a constraint of that name.
    func violates(_ constraint: String) -> Bool {
        (self as? any PSQLFailure)?.constraintName == constraint
    }
}
