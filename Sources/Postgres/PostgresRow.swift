import NIOCore

/// A row of a statement's result, as a sequence of its cells.
///
/// The cells stay in the memory of libpq's result until they are read; a row keeps the whole result alive.
public struct PostgresRow: Sendable {
    let result: ResultHandle
    let index: Int

    init(result: ResultHandle, index: Int) {
        self.result = result
        self.index = index
    }

    /// Of all cells together.
    var byteCount: Int {
        (0..<self.result.columnCount).reduce(0) { $0 + (self.result.value(row: self.index, column: $1)?.count ?? 0) }
    }

    func cell(_ column: Int) -> PostgresCell {
        self.cell(column, bytes: self.result.value(row: self.index, column: column).map { ByteBuffer(bytes: $0) })
    }

    fileprivate func cell(_ column: Int, bytes: ByteBuffer?) -> PostgresCell {
        PostgresCell(
            bytes: bytes,
            dataType: self.result.columnType(column), format: self.result.columnFormat(column),
            columnName: self.result.columnName(column), columnIndex: column)
    }
}

extension PostgresRow: Collection {
    /// A place in the row.
    public struct Index: Comparable {
        let column: Int

        /// Whether a place comes before another.
        public static func < (lhs: Self, rhs: Self) -> Bool { lhs.column < rhs.column }
    }

    /// The place of the first cell.
    public var startIndex: Index { Index(column: 0) }

    /// The place after the last cell.
    public var endIndex: Index { Index(column: self.result.columnCount) }

    /// The place after another.
    public func index(after i: Index) -> Index { Index(column: i.column + 1) }

    /// How many cells there are.
    public var count: Int { self.result.columnCount }

    /// The cell at a place.
    public subscript(position: Index) -> PostgresCell {
        precondition(position.column >= 0 && position.column < self.count, "the row has no such column")
        return self.cell(position.column)
    }
}

extension PostgresRow: Equatable {
    /// Whether two rows have the same columns and values.
    public static func == (lhs: Self, rhs: Self) -> Bool {
        lhs.elementsEqual(rhs)
    }
}

extension PostgresRow {
    /// The row with access to its cells by place and by name.
    public func makeRandomAccess() -> PostgresRandomAccessRow {
        PostgresRandomAccessRow(self)
    }
}

/// A row whose cells are found by place or by name; all of them share one copy of the row's bytes.
public struct PostgresRandomAccessRow: Sendable, RandomAccessCollection {
    /// A cell's place, from 0.
    public typealias Index = Int

    private let row: PostgresRow
    private let bytes: ByteBuffer
    /// Where each cell begins and ends in the bytes; nil is NULL.
    private let places: [Range<Int>?]

    /// Makes one of a row.
    public init(_ row: PostgresRow) {
        self.row = row
        var (bytes, places): (ByteBuffer, [Range<Int>?]) = (ByteBuffer(), [])
        bytes.reserveCapacity(row.byteCount)
        places.reserveCapacity(row.count)
        for column in 0..<row.count {
            let value = row.result.value(row: row.index, column: column)
            places.append(value.map { bytes.writerIndex..<bytes.writerIndex + $0.count })
            if let value { bytes.writeBytes(value) }
        }
        self.bytes = bytes
        self.places = places
    }

    /// The place of the first cell.
    public var startIndex: Int { 0 }

    /// The place after the last cell.
    public var endIndex: Int { self.row.count }

    /// How many cells there are.
    public var count: Int { self.row.count }

    /// The cell at a place.
    public subscript(index: Int) -> PostgresCell {
        precondition(index >= 0 && index < self.count, "the row has no column \(index)")
        return self.cell(index)
    }

    /// The cell of the last column with a name, which must exist.
    public subscript(name: String) -> PostgresCell {
        guard let index = self.index(of: name) else { preconditionFailure("the row has no column \"\(name)\"") }
        return self.cell(index)
    }

    /// Whether there is a column with a name.
    public func contains(_ column: String) -> Bool {
        self.index(of: column) != nil
    }

    private func cell(_ column: Int) -> PostgresCell {
        self.row.cell(
            column, bytes: self.places[column].flatMap { self.bytes.getSlice(at: $0.lowerBound, length: $0.count) })
    }

    private func index(of name: String) -> Int? {
        (0..<self.count).last { self.row.result.columnName($0) == name }
    }
}
