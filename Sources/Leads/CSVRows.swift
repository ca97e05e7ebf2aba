/// The rows of a CSV file, as spreadsheets write it.
package enum CSVRows {
    /// One row that is not empty, and the line it begins on.
    package struct Row: Sendable, Equatable {
        package var line: Int
        package var cells: [String]

        package init(line: Int, cells: [String]) {
            self.line = line
            self.cells = cells
        }
    }

    /// A quoted cell that never ends, or something behind its end.
    package struct Malformed: Error, Equatable {
        package var line: Int
    }

    /// Cells without the white space around them; lines may end in either way, rows without any text are left out.
    package static func read(_ text: String) throws(Malformed) -> [Row] {
        var rows: [Row] = []
        var (cells, cell) = ([String](), String.UnicodeScalarView())
        var (line, begin) = (1, 1)
        var (isQuoted, wasQuoted) = (false, false)
        func finishCell() {
            cells.append(Self.trimmed(cell))
            (cell, wasQuoted) = (String.UnicodeScalarView(), false)
        }
        func finishRow() {
            finishCell()
            if cells.contains(where: { !$0.isEmpty }) { rows.append(Row(line: begin, cells: cells)) }
            cells = []
        }
        let scalars = Array(text.unicodeScalars)
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            let next = index + 1 < scalars.count ? scalars[index + 1] : nil
            index += 1
            if isQuoted {
                if scalar == "\"", next == "\"" {
                    cell.append(scalar)
                    index += 1
                } else if scalar == "\"" {
                    (isQuoted, wasQuoted) = (false, true)
                } else {
                    if scalar == "\n" { line += 1 }
                    cell.append(scalar)
                }
                continue
            }
            switch scalar {
            case "\"" where cell.isEmpty && !wasQuoted: isQuoted = true
            case ",": finishCell()
            case "\r" where next == "\n": break
            case "\n", "\r":
                finishRow()
                line += 1
                begin = line
            default:
                if wasQuoted { throw Malformed(line: line) }
                cell.append(scalar)
            }
        }
        if isQuoted { throw Malformed(line: begin) }
        finishRow()
        return rows
    }

    private static func trimmed(_ cell: String.UnicodeScalarView) -> String {
        func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace || scalar == "\u{FEFF}" }
        guard let first = cell.firstIndex(where: { !isSpace($0) }), let last = cell.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(cell[first...last])
    }
}
