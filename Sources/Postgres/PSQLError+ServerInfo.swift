import Clibpq

extension PSQLError {
    /// What the server said about a failure.
    public struct ServerInfo: Sendable {
        private let fields: [Field: String]

        init(_ result: OpaquePointer) {
            var fields: [Field: String] = [:]
            for field in Field.all {
                fields[field] = PQresultErrorField(result, Int32(field.code)).map { String(cString: $0) }
            }
            self.fields = fields
        }

        /// A field of the failure, where the server sent it.
        public subscript(field: Field) -> String? { self.fields[field] }

        /// Whether the server ended the session with this.
        var isFatal: Bool { self[.severity] == "FATAL" || self[.severity] == "PANIC" }

        /// What may be printed: nothing that can hold a row's content.
        var harmless: [(Field, String)] {
            let printed: [Field] = [
                .severity, .sqlState, .schemaName, .tableName, .columnName, .dataTypeName, .constraintName, .position,
                .routine,
            ]
            let fields =
                self[.sqlState].map { Self.classesWithHarmlessMessages.contains($0.prefix(2)) } == true
                ? printed + [.message] : printed
            return fields.compactMap { field in self[field].map { (field, $0) } }
        }

        /// Classes of SQLSTATEs whose messages speak of the connection, the schema or the statement, never of values.
        private static let classesWithHarmlessMessages: Set<Substring> = [
            "08", "0A", "25", "26", "28", "3D", "40", "42", "53", "55", "57", "58",
        ]
    }
}

extension PSQLError.ServerInfo {
    /// A field of what the server says about a failure.
    public struct Field: Hashable, Sendable, CustomStringConvertible {
        let code: UInt8
        /// The field's name.
        public let description: String

        private init(_ code: Unicode.Scalar, _ description: String) {
            self.code = UInt8(ascii: code)
            self.description = description
        }

        /// The severity in the server's language.
        public static let localizedSeverity = Self("S", "localizedSeverity")
        /// The severity: ERROR, FATAL or PANIC, for a notice WARNING, NOTICE, DEBUG, INFO or LOG.
        public static let severity = Self("V", "severity")
        /// The SQLSTATE, five characters.
        public static let sqlState = Self("C", "sqlState")
        /// The message; it may quote a value.
        public static let message = Self("M", "message")
        /// More about the failure; it often quotes a row.
        public static let detail = Self("D", "detail")
        /// What to do about it.
        public static let hint = Self("H", "hint")
        /// Where in the statement, in characters from 1.
        public static let position = Self("P", "position")
        /// Where in a statement that the server made.
        public static let internalPosition = Self("p", "internalPosition")
        /// A statement that the server made.
        public static let internalQuery = Self("q", "internalQuery")
        /// The calls that led to the failure.
        public static let locationContext = Self("W", "locationContext")
        /// The schema of the table or type.
        public static let schemaName = Self("s", "schemaName")
        /// The table.
        public static let tableName = Self("t", "tableName")
        /// The column.
        public static let columnName = Self("c", "columnName")
        /// The type.
        public static let dataTypeName = Self("d", "dataTypeName")
        /// The constraint, or the index that acts as one.
        public static let constraintName = Self("n", "constraintName")
        /// The server's source file.
        public static let file = Self("F", "file")
        /// The server's source line.
        public static let line = Self("L", "line")
        /// The server's source routine.
        public static let routine = Self("R", "routine")

        static let all: [Self] = [
            .localizedSeverity, .severity, .sqlState, .message, .detail, .hint, .position, .internalPosition,
            .internalQuery,
            .locationContext, .schemaName, .tableName, .columnName, .dataTypeName, .constraintName, .file, .line,
            .routine,
        ]
    }
}
