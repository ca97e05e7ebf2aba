/// A transaction did not end well; which of its steps failed, and why.
public struct PostgresTransactionError: Error {
    /// The file in which the transaction was started.
    public var file: String
    /// The line in which the transaction was started.
    public var line: Int

    /// The failure of BEGIN.
    public var beginError: (any Error)?
    /// What the closure threw.
    public var closureError: (any Error)?
    /// The failure of ROLLBACK, which followed the closure's; without it the transaction was rolled back.
    public var rollbackError: (any Error)?
    /// The failure of COMMIT, or that its outcome is unknown.
    public var commitError: (any Error)?

    init(file: String, line: Int) {
        self.file = file
        self.line = line
    }
}
