extension PSQLError.Code {
    /// A commit whose answer was lost, or whose wait for the standby was given up: it may or may not have taken effect.
    ///
    /// It is not a failure. Whoever asked has to find out what happened, by repeating the request under the same key or
    /// by reading the row that it would have written.
    public static let outcomeUnknown = Self("outcomeUnknown")
    /// COMMIT was answered with ROLLBACK, because a statement of the transaction had failed.
    public static let transactionRolledBack = Self("transactionRolledBack")
    /// The server did not answer in time; the connection is given up.
    public static let timeout = Self("timeout")
    /// No connection of the pool came free in time; `underlying` is why the last attempt to connect failed, if one did.
    public static let leaseTimeout = Self("leaseTimeout")
    /// A text holds U+0000, which PostgreSQL cannot store; nothing was sent.
    public static let nulInText = Self("nulInText")
}

extension PSQLError {
    /// Whether the statement may have taken effect although this was thrown: its commit's answer was lost.
    public var outcomeIsUnknown: Bool {
        self.code == .outcomeUnknown || self.mayHaveCommitted
    }

    /// Whether running the whole transaction again may succeed (40001, 40P01, or a prepared statement that was stale).
    public var isWorthRetrying: Bool {
        let state = self.serverInfo?[.sqlState]
        return self.code == .server && (state == "40001" || state == "40P01" || LibpqSession.isStale(self))
    }
}
