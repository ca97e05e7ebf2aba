/// A statement and the values of its parameters.
///
/// An interpolated value becomes a parameter (`$1`, `$2`, …) and never part of the text, so that the text of a statement
/// is a constant and cannot be injected into:
///
/// ```swift
/// let rows = try await connection.query("SELECT id FROM leads WHERE phone_index = \(index)", logger: logger)
/// ```
public struct PostgresQuery: Sendable, Hashable {
    /// The statement's text with numbered parameters.
    public var sql: String
    /// The values of its parameters.
    public var binds: PostgresBindings

    /// Makes a statement of a text that the caller vouches for.
    public init(unsafeSQL sql: String, binds: PostgresBindings = PostgresBindings()) {
        self.sql = sql
        self.binds = binds
    }
}

extension PostgresQuery: ExpressibleByStringInterpolation {
    /// Makes a statement of its text and the values interpolated in it.
    public init(stringInterpolation: StringInterpolation) {
        self.init(unsafeSQL: stringInterpolation.sql, binds: stringInterpolation.binds)
    }

    /// Makes a statement without parameters.
    public init(stringLiteral value: String) {
        self.init(unsafeSQL: value)
    }

    /// Gathers the text and the parameters of an interpolated statement.
    public struct StringInterpolation: StringInterpolationProtocol, Sendable {
        /// The literals are strings.
        public typealias StringLiteralType = String

        var sql: String
        var binds: PostgresBindings

        /// Reserves room.
        public init(literalCapacity: Int, interpolationCount: Int) {
            self.sql = ""
            self.sql.reserveCapacity(literalCapacity + 4 * interpolationCount)
            self.binds = PostgresBindings(capacity: interpolationCount)
        }

        /// Adds text.
        public mutating func appendLiteral(_ literal: String) {
            self.sql.append(literal)
        }

        /// Adds a parameter.
        public mutating func appendInterpolation<Value: PostgresThrowingDynamicTypeEncodable>(_ value: Value) throws {
            try self.binds.append(value, context: .default)
            self.appendPlaceholder()
        }

        /// Adds a parameter, nil as NULL.
        public mutating func appendInterpolation<Value: PostgresThrowingDynamicTypeEncodable>(_ value: Value?) throws {
            try self.binds.append(value, context: .default)
            self.appendPlaceholder()
        }

        /// Adds a parameter.
        public mutating func appendInterpolation<Value: PostgresDynamicTypeEncodable>(_ value: Value) {
            self.binds.append(value, context: .default)
            self.appendPlaceholder()
        }

        /// Adds a parameter, nil as NULL.
        public mutating func appendInterpolation<Value: PostgresDynamicTypeEncodable>(_ value: Value?) {
            self.binds.append(value, context: .default)
            self.appendPlaceholder()
        }

        /// Adds a parameter that is encoded in a context, which says how JSON is written.
        public mutating func appendInterpolation<
            Value: PostgresThrowingDynamicTypeEncodable, JSONEncoder: PostgresJSONEncoder
        >(
            _ value: Value, context: PostgresEncodingContext<JSONEncoder>
        ) throws {
            try self.binds.append(value, context: context)
            self.appendPlaceholder()
        }

        /// Adds text that the caller vouches for, such as a list of columns.
        public mutating func appendInterpolation(unescaped interpolated: String) {
            self.sql.append(interpolated)
        }

        mutating func appendPlaceholder() {
            self.sql.append("$\(self.binds.count)")
        }
    }
}

extension PostgresQuery: CustomStringConvertible, CustomDebugStringConvertible {
    /// The text, and how many parameters there are; never their values.
    public var description: String { "\(self.sql) \(self.binds)" }

    /// The text, and the types of the parameters; never their values.
    public var debugDescription: String { "PostgresQuery(sql: \(self.sql), binds: \(String(reflecting: self.binds)))" }
}
