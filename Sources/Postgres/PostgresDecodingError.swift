/// A column's value is not what was asked for: where, what was expected and what was found, never the value itself.
public struct PostgresDecodingError: Error, Equatable {
    /// The kind of failure.
    public struct Code: Hashable, Error, CustomStringConvertible {
        private enum Base {
            case missingData
            case typeMismatch
            case failure
        }

        private let base: Base

        private init(_ base: Base) {
            self.base = base
        }

        /// The value is NULL, or the row has no such column.
        public static let missingData = Self(.missingData)
        /// The column's type cannot be read as this Swift type.
        public static let typeMismatch = Self(.typeMismatch)
        /// The type is right, but this value has no counterpart in Swift.
        public static let failure = Self(.failure)

        /// The code's name.
        public var description: String {
            switch self.base {
            case .missingData: "missingData"
            case .typeMismatch: "typeMismatch"
            case .failure: "failure"
            }
        }
    }

    /// The kind of failure.
    public let code: Code
    /// The column's name.
    public let columnName: String
    /// The column's place in the row, from 0.
    public let columnIndex: Int
    /// The Swift type that was asked for.
    public let targetType: Any.Type
    /// The column's type.
    public let postgresType: PostgresDataType
    /// How its bytes are written.
    public let postgresFormat: PostgresFormat
    /// Where in the program it was asked for.
    public let file: String
    /// Where in the program it was asked for.
    public let line: Int

    /// Whether two failures are the same in every respect.
    public static func == (lhs: Self, rhs: Self) -> Bool {
        lhs.code == rhs.code && lhs.columnName == rhs.columnName && lhs.columnIndex == rhs.columnIndex
            && lhs.targetType == rhs.targetType && lhs.postgresType == rhs.postgresType
            && lhs.postgresFormat == rhs.postgresFormat && lhs.file == rhs.file && lhs.line == rhs.line
    }
}

extension PostgresDecodingError: CustomStringConvertible, CustomDebugStringConvertible {
    /// Column, expected and found type.
    public var description: String {
        let column = "column \"\(self.columnName)\" (\(self.columnIndex))"
        return switch self.code {
        case .missingData: "\(column): expected \(self.targetType), found NULL or no such column"
        case .typeMismatch: "\(column): expected \(self.targetType), found \(self.postgresType)"
        default: "\(column): this \(self.postgresType) has no counterpart in \(self.targetType)"
        }
    }

    /// The same with the place in the program.
    public var debugDescription: String {
        "PostgresDecodingError(code: \(self.code), \(self.description), format: \(self.postgresFormat), at: \(self.file):\(self.line))"
    }
}
