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
        var (reader, rows) = (CSVReader(Array(text.utf8)), [Row]())
        while let row = try reader.next() { rows.append(row) }
        return rows
    }
}
