import Foundation
import Leads

/// A file of leads: a heading, then a row for each person.
enum LeadImportFile {
    /// The rows that can be, and what is wrong with each of the others, by its line.
    ///
    /// - Throws: 422 `csv_invalid` for a file that cannot be one at all.
    static func read(
        _ text: String, as handed: LeadImport
    ) throws -> (columns: ImportColumns, rows: [ImportedRow], refused: [RefusedRow]) {
        let all = try CSVRows.readable(text)
        guard let heading = all.first?.cells else { throw CSVRows.unreadable("文件是空的", "The file is empty.") }
        guard all.allSatisfy({ $0.cells.count <= LeadImport.mostColumns }) else {
            throw CSVRows.unreadable(
                "文件最多 \(LeadImport.mostColumns) 列，请删去用不到的列", "At most \(LeadImport.mostColumns) columns.")
        }
        guard all.count - 1 <= LeadImport.mostRows else {
            throw CSVRows.unreadable(
                "一个文件最多 \(LeadImport.mostRows) 行，请分几个文件导入", "At most \(LeadImport.mostRows) rows.")
        }
        let columns = handed.columns ?? ImportColumns(guessing: heading)
        guard columns.places[.name] != nil, columns.places[.phone] != nil else {
            throw CSVRows.unreadable(
                "认不出哪一列是称呼、哪一列是手机号。请在第一行写“姓名”“手机号”，或指定是第几列", "Name the columns of name and phone.")
        }
        guard columns.places.values.allSatisfy(heading.indices.contains),
            Set(columns.places.values).count == columns.places.count
        else {
            throw CSVRows.unreadable("指定的列不存在，或一列指定了两次", "A column that is not there, or one named twice.")
        }
        var (rows, refused, lines) = ([ImportedRow](), [RefusedRow](), [PhoneNumber: Int]())
        for row in all.dropFirst() {
            var phone: PhoneNumber?
            do throws(ValidationFailure) {
                // A spreadsheet is told by an apostrophe that digits are text.
                let digits = columns.cell(.phone, of: row.cells)
                let number = try PhoneNumber(parsing: digits.hasPrefix("'") ? String(digits.dropFirst()) : digits)
                phone = number
                let draft = try Self.draft(row.cells, columns, number, handed)
                if let first = lines[number] {
                    refused.append(
                        RefusedRow(
                            line: row.line, phoneMasked: number.masked,
                            failure: ValidationFailure(
                                "repeated", "和第 \(first) 行是同一个号码", english: "The number of line \(first)."),
                            isRepeated: true))
                    continue
                }
                lines[number] = row.line
                rows.append(ImportedRow(line: row.line, draft: draft))
            } catch {
                refused.append(RefusedRow(line: row.line, phoneMasked: phone?.masked, failure: error))
            }
        }
        return (columns, rows, refused)
    }

    private static func draft(
        _ cells: [String], _ columns: ImportColumns, _ phone: PhoneNumber, _ handed: LeadImport
    ) throws(ValidationFailure) -> EntryDraft {
        let name = try PersonName(parsing: columns.cell(.name, of: cells))
        let said = columns.cell(.remark, of: cells)
        let remark = said.isEmpty ? nil : try Remark(parsing: said)
        let source = try Self.text(columns.cell(.source, of: cells))
        var more: [String: JSONValue] = [:]
        for field in [ImportColumns.Field.need, .window] {
            let text = try Self.text(columns.cell(field, of: cells))
            if !text.isEmpty { more[field.rawValue] = .string(text) }
        }
        let from = Attribution.source(
            .object(["utm": .object(["source": .string(source.isEmpty ? "import" : source)])]))
        let extra = more.isEmpty ? nil : Attribution.cut(.object(more))
        let identity: [String: JSONOutput] = [
            "name": .string(name.text), "phone": .string(phone.e164), "basis": .string(handed.basis.rawValue),
            "evidence": .string(handed.evidence.text), "source": .raw(from), "extra": .raw(extra ?? "null"),
            "remark": .optional(remark?.text),
        ]
        return EntryDraft(
            name: name, phone: phone, basis: handed.basis, evidence: handed.evidence, answers: nil, source: from,
            extra: extra, remark: remark, claims: false, fingerprintText: JSONOutput.object(identity).text)
    }

    private static func text(_ text: String) throws(ValidationFailure) -> String {
        guard text.unicodeScalars.count <= 200, text.unicodeScalars.allSatisfy(Text.isVisible) else {
            throw ValidationFailure(
                "text_invalid", "来源、需求和时段最多 200 个字，且不能有无法显示的字符", english: "At most 200 visible characters.")
        }
        return text
    }
}
