extension PostgresRowSequence {
    /// What the statement did, in the server's words: `UPDATE 3`.
    public var commandTag: String { self.result.commandTag }

    /// How many rows the statement wrote or returned; nil for statements that do neither.
    public var affectedRows: Int? {
        self.result.commandTag.split(separator: " ").last.flatMap { Int($0) }
    }

    /// How many rows were returned.
    public var count: Int { self.result.rowCount }
}
