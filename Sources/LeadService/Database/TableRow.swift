package import Postgres

/// A value that one row decodes to, with the columns it wants, side by side.
package protocol TableRow: Sendable {
    /// The select list, in the order `init(row:)` decodes it.
    static var columns: String { get }

    init(row: PostgresRow) throws
}

extension PostgresQuery.StringInterpolation {
    /// Splices the select list of a row type, which is a constant of ours.
    package mutating func appendInterpolation<Row: TableRow>(columnsOf type: Row.Type) {
        self.appendInterpolation(unescaped: type.columns)
    }
}
