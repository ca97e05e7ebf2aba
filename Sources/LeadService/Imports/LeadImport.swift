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

    /// Which columns hold what, counted from one.
    static func columns(_ fields: inout FieldReader) -> ImportColumns {
        var places: [ImportColumns.Field: Int] = [:]
        for field in ImportColumns.Field.allCases {
            guard let place = fields.optionalInteger(field.rawValue, 1...Self.mostColumns) else { continue }
            places[field] = place - 1
        }
        return ImportColumns(places: places)
    }
}
