extension Optional: PostgresArrayDecodable where Wrapped: PostgresArrayDecodable, Wrapped._DecodableType == Wrapped {}

extension PostgresQuery.StringInterpolation {
    /// Adds an array as a parameter, its nil elements as NULL; a nil array is NULL.
    public mutating func appendInterpolation<Element: PostgresArrayEncodable>(_ value: [Element?]?) throws {
        if let value {
            try self.binds.appendValue(type: Element.psqlArrayType, format: .binary) {
                try $0.writeElements(value) { try $0.encode(into: &$1, context: .default) }
            }
        } else {
            self.binds.appendNull(Element.psqlArrayType)
        }
        self.appendPlaceholder()
    }

    /// Adds an array as a parameter, its nil elements as NULL; a nil array is NULL.
    public mutating func appendInterpolation<Element: PostgresArrayEncodable & PostgresNonThrowingEncodable>(
        _ value: [Element?]?
    ) {
        if let value {
            self.binds.appendValue(type: Element.psqlArrayType, format: .binary) {
                $0.writeElements(value) { $0.encode(into: &$1, context: .default) }
            }
        } else {
            self.binds.appendNull(Element.psqlArrayType)
        }
        self.appendPlaceholder()
    }
}
