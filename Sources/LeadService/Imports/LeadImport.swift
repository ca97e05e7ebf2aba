import Foundation
import Leads

/// A file of leads as somebody handed it in.
struct LeadImport: Sendable {
    static let path = "/api/v1/imports"
    static let mostBytes = 2 * 1024 * 1024
    /// The file in base64, with room for what is around it.
    static let mostBodyBytes = 3 * 1024 * 1024
    static let mostRows = 2000
    static let mostColumns = 50

    static let tooLarge = Problem(
        .contentTooLarge, "too_large", "文件超过 2 MB，请分几个文件导入", english: "The file is larger than 2 MB; split it.")

    var file: [UInt8]
    var basis: ConsentBasis
    var evidence: Remark
    /// Which columns hold what; guessed from the headings when absent.
    var columns: ImportColumns?
    var isTried: Bool

    static func read(_ value: JSONValue) throws -> LeadImport {
        var fields = try FieldReader(value)
        let file = fields.parsed("file", longest: Self.mostBodyBytes) { text throws(ValidationFailure) in
            guard let data = Data(base64Encoded: text) else {
                throw ValidationFailure("csv_invalid", "文件应以 base64 提交", english: "The file is sent in base64.")
            }
            return [UInt8](data)
        }
        let consent = try fields.object("consent", required: true) { try EntryDraft.consent(&$0) }
        let columns = try fields.object("columns") { Self.columns(&$0) }
        let isTried = fields.optionalBool("dry_run") ?? false
        try fields.finish()
        guard let file, let consent else { throw Problems.internal }
        guard file.count <= Self.mostBytes else { throw Self.tooLarge }
        return LeadImport(
            file: file, basis: consent.basis, evidence: consent.evidence, columns: columns, isTried: isTried)
    }

    private static func columns(_ fields: inout FieldReader) -> ImportColumns {
        var places: [ImportColumns.Field: Int] = [:]
        for field in ImportColumns.Field.allCases {
            guard let place = fields.optionalInteger(field.rawValue, 1...Self.mostColumns) else { continue }
            places[field] = place - 1
        }
        return ImportColumns(places: places)
    }
}

/// A row of it that can come in.
struct ImportedRow: Sendable {
    var line: Int
    var draft: EntryDraft
}

/// Why a row cannot come in, without anything of what it holds.
struct RefusedRow: Sendable {
    var line: Int
    var phoneMasked: String?
    var failure: ValidationFailure
    var isRepeated = false
}

/// What a file of leads did, or would do.
struct LeadImportResult: Sendable {
    var id: UUID?
    var columns: ImportColumns
    var added = 0
    var joined = 0
    var refused: [RefusedRow]
    /// The first rows, to see whether the columns are the right ones.
    var sample: [ImportedRow]

    var repeated: Int { self.refused.count { $0.isRepeated } }
    var rows: Int { self.added + self.joined + self.refused.count }

    var json: JSONOutput {
        .object([
            "id": .optional(self.id?.uuidString.lowercased()), "dry_run": .bool(self.id == nil),
            "rows": .integer(self.rows), "new": .integer(self.added), "joined": .integer(self.joined),
            "repeated": .integer(self.repeated), "refused": .integer(self.refused.count - self.repeated),
            "columns": .object(
                Dictionary(
                    uniqueKeysWithValues: self.columns.places.map { ($0.key.rawValue, .integer($0.value + 1)) })),
            "sample": .array(
                self.sample.map {
                    .object([
                        "row": .integer($0.line), "name_masked": .string($0.draft.name.masked),
                        "phone_masked": .string($0.draft.phone.masked),
                    ])
                }),
            "errors": .array(
                self.refused.map {
                    .object([
                        "row": .integer($0.line), "phone_masked": .optional($0.phoneMasked),
                        "code": .string($0.failure.code), "detail": .string($0.failure.detail),
                    ])
                }),
            "errors_csv": .string(self.errorFile),
        ])
    }

    /// The rows that did not come in, as a file.
    private var errorFile: String {
        let head = ["行号", "手机号", "原因"].map(CSVField.cell).joined(separator: ",")
        let lines = self.refused.map {
            ["\($0.line)", $0.phoneMasked ?? "", $0.failure.detail].map(CSVField.cell).joined(separator: ",")
        }
        return "\u{FEFF}" + ([head] + lines).joined(separator: "\r\n") + "\r\n"
    }
}
