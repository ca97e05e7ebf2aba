/// Reads the rows of a CSV file one after another from its bytes in UTF-8, so that a large file is never a large array of cells.
package struct CSVReader {
    private let bytes: [UInt8]
    /// Where the next row begins.
    package private(set) var offset: Int
    /// The line it begins on.
    package private(set) var line: Int

    /// - Parameter line: the line the bytes begin on, where they are a part of a file.
    package init(_ bytes: [UInt8], line: Int = 1) {
        self.bytes = bytes
        self.line = line
        // The mark that spreadsheets put in front of UTF-8 is no text.
        self.offset = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    /// The next row that is not empty, its cells without the white space around them; lines may end in either way.
    package mutating func next() throws(CSVRows.Malformed) -> CSVRows.Row? {
        while self.offset < self.bytes.count {
            let row = try self.row()
            if row.cells.contains(where: { !$0.isEmpty }) { return row }
        }
        return nil
    }

    private mutating func row() throws(CSVRows.Malformed) -> CSVRows.Row {
        let begin = self.line
        var (cells, cell) = ([String](), [UInt8]())
        var (isQuoted, wasQuoted) = (false, false)
        while self.offset < self.bytes.count {
            let byte = self.bytes[self.offset]
            let next = self.offset + 1 < self.bytes.count ? self.bytes[self.offset + 1] : nil
            self.offset += 1
            if isQuoted {
                if byte == Self.quote, next == Self.quote {
                    cell.append(byte)
                    self.offset += 1
                } else if byte == Self.quote {
                    (isQuoted, wasQuoted) = (false, true)
                } else {
                    if byte == Self.newline { self.line += 1 }
                    cell.append(byte)
                }
                continue
            }
            switch byte {
            case Self.quote where cell.isEmpty && !wasQuoted: isQuoted = true
            case UInt8(ascii: ","):
                cells.append(Self.text(cell))
                (cell, wasQuoted) = ([], false)
            case Self.carriageReturn where next == Self.newline: break
            case Self.newline, Self.carriageReturn:
                self.line += 1
                cells.append(Self.text(cell))
                return CSVRows.Row(line: begin, cells: cells)
            default:
                if wasQuoted { throw CSVRows.Malformed(line: self.line) }
                cell.append(byte)
            }
        }
        if isQuoted { throw CSVRows.Malformed(line: begin) }
        cells.append(Self.text(cell))
        return CSVRows.Row(line: begin, cells: cells)
    }

    private static let quote = UInt8(ascii: "\"")
    private static let newline = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    /// A cell without the white space around it.
    private static func text(_ cell: [UInt8]) -> String {
        func isPlain(_ byte: UInt8) -> Bool { (0x21...0x7E).contains(byte) }
        guard let first = cell.first, let last = cell.last else { return "" }
        let text = String(decoding: cell, as: UTF8.self)
        if isPlain(first), isPlain(last) { return text }
        func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace || scalar == "\u{FEFF}" }
        let scalars = text.unicodeScalars
        guard let start = scalars.firstIndex(where: { !isSpace($0) }),
            let end = scalars.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(scalars[start...end])
    }
}
