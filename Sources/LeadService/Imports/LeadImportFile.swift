import Foundation
import Leads

/// A file of leads: a heading, then a row for each person, in parts that come in one after another.
struct LeadImportFile: Sendable {
    var heading: [String]
    var parts: [Part]

    var rows: Int { self.parts.reduce(0) { $0 + $1.rows } }

    /// Rows that come in together.
    struct Part: Sendable {
        var line: Int
        var rows: Int
        var text: String

        func cells() throws -> [CSVRows.Row] {
            var (reader, rows) = (CSVReader(Array(self.text.utf8), line: self.line), [CSVRows.Row]())
            do {
                while let row = try reader.next() { rows.append(row) }
            } catch {
                throw LeadImportFile.unmatched(error)
            }
            return rows
        }
    }

    static let rowsOfPart = 500
    static let bytesOfPart = 256 * 1024
    static let longestRow = 64 * 1024

    /// Looks at a file from end to end and cuts it.
    ///
    /// - Throws: 422 `csv_invalid` for a file that cannot be one at all.
    static func cut(_ text: String, mostRows: Int) async throws -> LeadImportFile {
        let bytes = Array(text.utf8)
        var reader = CSVReader(bytes)
        guard let heading = try Self.next(&reader)?.cells else {
            throw CSVRows.unreadable("文件是空的", "The file is empty.")
        }
        var file = LeadImportFile(heading: heading, parts: [])
        var (start, line, rows, total) = (reader.offset, reader.line, 0, 0)
        func finish(at end: Int) {
            guard rows > 0 else { return }
            file.parts.append(Part(line: line, rows: rows, text: String(decoding: bytes[start..<end], as: UTF8.self)))
        }
        while true {
            let begin = reader.offset
            guard try Self.next(&reader) != nil else { break }
            guard reader.offset - begin <= Self.longestRow else {
                throw CSVRows.unreadable("第 \(line + rows) 行附近有一行超过 64 KB，请核对引号", "A row is longer than 64 KiB.")
            }
            (rows, total) = (rows + 1, total + 1)
            guard total <= mostRows else {
                throw CSVRows.unreadable(
                    "一个文件最多 \(mostRows) 行，请分几个文件导入", "At most \(mostRows) rows.")
            }
            if rows == Self.rowsOfPart || reader.offset - start >= Self.bytesOfPart {
                finish(at: reader.offset)
                (start, line, rows) = (reader.offset, reader.line, 0)
                // Visitors do not wait for a large file.
                await Task.yield()
            }
        }
        finish(at: reader.offset)
        return file
    }

    private static func next(_ reader: inout CSVReader) throws -> CSVRows.Row? {
        let row: CSVRows.Row?
        do {
            row = try reader.next()
        } catch {
            throw Self.unmatched(error)
        }
        guard row.map({ $0.cells.count <= LeadImport.mostColumns }) ?? true else {
            throw CSVRows.unreadable(
                "文件最多 \(LeadImport.mostColumns) 列，请删去用不到的列", "At most \(LeadImport.mostColumns) columns.")
        }
        return row
    }

    private static func unmatched(_ error: CSVRows.Malformed) -> Problem {
        CSVRows.unreadable("第 \(error.line) 行的引号不成对", "The quotes of line \(error.line) do not match.")
    }

    /// The columns that were named, or what the heading looks like.
    ///
    /// - Throws: 422 `csv_invalid` without columns for name and phone, and for columns that are not there.
    static func columns(_ named: ImportColumns?, of heading: [String]) throws -> ImportColumns {
        let columns = named ?? ImportColumns(guessing: heading)
        guard columns.places[.name] != nil, columns.places[.phone] != nil else {
            throw CSVRows.unreadable(
                "认不出哪一列是称呼、哪一列是手机号。请在第一行写“姓名”“手机号”，或指定是第几列", "Name the columns of name and phone.")
        }
        guard columns.places.values.allSatisfy(heading.indices.contains),
            Set(columns.places.values).count == columns.places.count
        else {
            throw CSVRows.unreadable("指定的列不存在，或一列指定了两次", "A column that is not there, or one named twice.")
        }
        return columns
    }

    /// The rows that can be, and what is wrong with each of the others.
    ///
    /// - Parameter lines: where each number was seen first.
    static func read(
        _ cells: [CSVRows.Row], _ columns: ImportColumns, lines: inout [PhoneNumber: Int]
    ) -> (rows: [ImportedRow], refused: [RefusedRow]) {
        var (rows, refused) = ([ImportedRow](), [RefusedRow]())
        for row in cells {
            var phone: PhoneNumber?
            do throws(ValidationFailure) {
                // A spreadsheet is told by an apostrophe that digits are text.
                let digits = columns.cell(.phone, of: row.cells)
                let number = try PhoneNumber(parsing: digits.hasPrefix("'") ? String(digits.dropFirst()) : digits)
                phone = number
                let read = try Self.row(row, columns, number)
                if let first = lines[number] {
                    refused.append(read.refused(RefusedRow.repeating(first), isRepeated: true))
                    continue
                }
                lines[number] = row.line
                rows.append(read)
            } catch {
                refused.append(RefusedRow(line: row.line, phoneMasked: phone?.masked, failure: error))
            }
        }
        return (rows, refused)
    }

    private static func row(
        _ row: CSVRows.Row, _ columns: ImportColumns, _ phone: PhoneNumber
    ) throws(ValidationFailure) -> ImportedRow {
        let name = try PersonName(parsing: columns.cell(.name, of: row.cells))
        let said = columns.cell(.remark, of: row.cells)
        let remark = said.isEmpty ? nil : try Remark(parsing: said)
        let source = try Self.text(columns.cell(.source, of: row.cells))
        var more: [String: JSONValue] = [:]
        for field in [ImportColumns.Field.need, .window] {
            let text = try Self.text(columns.cell(field, of: row.cells))
            if !text.isEmpty { more[field.rawValue] = .string(text) }
        }
        return ImportedRow(
            line: row.line, name: name, phone: phone,
            source: Attribution.source(
                .object(["utm": .object(["source": .string(source.isEmpty ? "import" : source)])])),
            extra: more.isEmpty ? nil : Attribution.cut(.object(more)), remark: remark)
    }

    private static func text(_ text: String) throws(ValidationFailure) -> String {
        guard text.unicodeScalars.count <= 200, text.unicodeScalars.allSatisfy(Text.isVisible) else {
            throw ValidationFailure(
                "text_invalid", "来源、需求和时段最多 200 个字，且不能有无法显示的字符", english: "At most 200 visible characters.")
        }
        return text
    }
}
