import Clibxlsxwriter

/// What stands in one cell.
public enum SpreadsheetCell: Sendable, Equatable {
    case text(String)
    case number(Int)
    case empty
}

/// A column of a table: its header and its width in characters.
public struct SpreadsheetColumn: Sendable, Equatable {
    /// What stands above it.
    public var title: String
    /// In characters.
    public var width: Double

    /// A column of that header and width.
    public init(_ title: String, width: Double) {
        self.title = title
        self.width = width
    }
}

/// Why a spreadsheet could not be written, in the library's words.
public struct SpreadsheetFailure: Error, Sendable, CustomStringConvertible {
    /// What the library says of it.
    public let description: String
}

/// Writes a table as XLSX (ECMA-376) row by row in constant memory, through libxlsxwriter.
///
/// Text is text whatever it looks like, in cells of the format `@`; there are no formulas. A table longer than a sheet goes
/// on in another one. To be used by one task at a time.
public final class Spreadsheet {
    /// Rows of a sheet, its header among them (ECMA-376 has no limit; Excel has).
    public static let rowsOfSheet = 1_048_576

    private let columns: [SpreadsheetColumn]
    private let name: String
    private let rowsOfSheet: Int
    private var workbook: UnsafeMutablePointer<lxw_workbook>?
    private var worksheet: UnsafeMutablePointer<lxw_worksheet>?
    private let asText: UnsafeMutablePointer<lxw_format>?
    private let asHeader: UnsafeMutablePointer<lxw_format>?
    private var sheets = 0
    private var row: UInt32 = 0

    /// Begins a file.
    ///
    /// - Parameters:
    ///   - path: where it is written; it is whole after `close`.
    ///   - temporaryFolder: where the library keeps rows meanwhile, unencrypted: a folder of its own, private to the caller.
    ///   - name: of the sheet, at most 28 characters and none of `[]:*?/\`; later sheets get a number.
    ///   - rowsOfSheet: only tests take fewer.
    /// - Throws: `SpreadsheetFailure`.
    public init(
        at path: String, temporaryFolder: String, name: String, columns: [SpreadsheetColumn],
        rowsOfSheet: Int = Spreadsheet.rowsOfSheet
    ) throws {
        self.columns = columns
        self.name = name
        self.rowsOfSheet = rowsOfSheet
        let workbook = temporaryFolder.withCString { folder in
            var options = lxw_workbook_options()
            options.constant_memory = 1
            options.use_zip64 = 1
            // The library copies it and changes nothing.
            options.tmpdir = UnsafeMutablePointer(mutating: folder)
            return workbook_new_opt(path, &options)
        }
        guard let workbook else { throw SpreadsheetFailure(description: "out of memory") }
        self.workbook = workbook
        self.asText = workbook_add_format(workbook)
        format_set_num_format(self.asText, "@")
        self.asHeader = workbook_add_format(workbook)
        format_set_num_format(self.asHeader, "@")
        format_set_bold(self.asHeader)
        try self.addTableSheet()
    }

    /// Gives back what was not closed; its file is not to be used.
    deinit {
        if let workbook = self.workbook { lxw_workbook_free(workbook) }
    }

    /// Appends one row of the table, as many cells as there are columns.
    ///
    /// - Throws: `SpreadsheetFailure`, also for a text over 32,767 characters, which no cell holds.
    public func append(_ cells: [SpreadsheetCell]) throws {
        if Int(self.row) >= self.rowsOfSheet { try self.addTableSheet() }
        try self.write(cells, self.asText)
    }

    /// Appends a sheet of its own after the table, which ends with it.
    ///
    /// - Throws: `SpreadsheetFailure`.
    public func addSheet(_ name: String, widths: [Double], rows: [[SpreadsheetCell]]) throws {
        try self.addSheet(name, widths: widths)
        for cells in rows { try self.write(cells, self.asText) }
    }

    /// Writes the file.
    ///
    /// - Throws: `SpreadsheetFailure`, such as for a full disk.
    public func close() throws {
        guard let workbook = self.workbook else { return }
        // It frees the workbook whatever comes of it.
        self.workbook = nil
        self.worksheet = nil
        try Self.check(workbook_close(workbook))
    }

    private func addTableSheet() throws {
        try self.addSheet(
            self.sheets == 0 ? self.name : "\(self.name) \(self.sheets + 1)", widths: self.columns.map(\.width))
        worksheet_freeze_panes(self.worksheet, 1, 0)
        try self.write(self.columns.map { .text($0.title) }, self.asHeader)
    }

    private func addSheet(_ name: String, widths: [Double]) throws {
        guard let worksheet = workbook_add_worksheet(self.workbook, name) else {
            throw SpreadsheetFailure(description: "a sheet cannot have the name \(name)")
        }
        self.sheets += 1
        self.worksheet = worksheet
        self.row = 0
        for (index, width) in widths.enumerated() {
            let column = lxw_col_t(index)
            try Self.check(worksheet_set_column(worksheet, column, column, width, nil))
        }
    }

    private func write(_ cells: [SpreadsheetCell], _ format: UnsafeMutablePointer<lxw_format>?) throws {
        for (index, cell) in cells.enumerated() {
            let column = lxw_col_t(index)
            switch cell {
            case .text(""), .empty: continue
            case .text(let text):
                try Self.check(worksheet_write_string(self.worksheet, self.row, column, Self.shown(text), format))
            case .number(let number):
                try Self.check(worksheet_write_number(self.worksheet, self.row, column, Double(number), nil))
            }
        }
        self.row += 1
    }

    /// A text as the library takes it: NUL ends a C string, and what looks like an escaped character (`_x0041_`) would be
    /// read as one (ECMA-376 Part 1 §22.9.2.19).
    private static func shown(_ text: String) -> String {
        let whole = text.utf8.contains(0) ? text.replacing("\0", with: "\u{FFFD}") : text
        return whole.contains("_x") ? whole.replacing(/_(?=x[0-9A-Fa-f]{4}_)/, with: "_x005F_") : whole
    }

    private static func check(_ error: lxw_error) throws {
        guard error == LXW_NO_ERROR else {
            throw SpreadsheetFailure(description: String(cString: lxw_strerror(error)))
        }
    }
}
