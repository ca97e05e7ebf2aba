import Foundation
import Leads

/// A row of a file that can come in.
struct ImportedRow: Sendable {
    var line: Int
    var name: PersonName
    var phone: PhoneNumber
    var source: String
    var extra: String?
    var remark: Remark?

    /// The entry that stores it, under what they all agreed to.
    func draft(_ consent: (basis: ConsentBasis, evidence: Remark)) -> EntryDraft {
        let identity: [String: JSONOutput] = [
            "name": .string(self.name.text), "phone": .string(self.phone.e164),
            "basis": .string(consent.basis.rawValue), "evidence": .string(consent.evidence.text),
            "source": .raw(self.source), "extra": .raw(self.extra ?? "null"), "remark": .optional(self.remark?.text),
        ]
        return EntryDraft(
            name: self.name, phone: self.phone, basis: consent.basis, evidence: consent.evidence, answers: nil,
            source: self.source, extra: self.extra, remark: self.remark, claims: false,
            fingerprintText: JSONOutput.object(identity).text)
    }

    func refused(_ failure: ValidationFailure, isRepeated: Bool = false) -> RefusedRow {
        RefusedRow(line: self.line, phoneMasked: self.phone.masked, failure: failure, isRepeated: isRepeated)
    }
}

/// Why a row cannot come in, without anything of what it holds.
struct RefusedRow: Sendable {
    var line: Int
    var phoneMasked: String?
    var failure: ValidationFailure
    var isRepeated = false

    /// - Parameter first: the line that has the number already.
    static func repeating(_ first: Int) -> ValidationFailure {
        ValidationFailure("repeated", "和第 \(first) 行是同一个号码", english: "The number of line \(first).")
    }
}

/// What came of rows, or would.
struct ImportOutcome: Sendable {
    var added = 0
    var joined = 0
    var refused: [RefusedRow] = []

    var repeated: Int { self.refused.count { $0.isRepeated } }

    mutating func add(_ other: ImportOutcome) {
        self.added += other.added
        self.joined += other.joined
        self.refused += other.refused
    }
}

/// What a file of leads did, or would do.
struct LeadImportResult: Sendable {
    var id: UUID?
    var columns: ImportColumns
    var outcome: ImportOutcome
    /// The first rows, to see whether the columns are the right ones.
    var sample: [ImportedRow]

    var rows: Int { self.outcome.added + self.outcome.joined + self.outcome.refused.count }

    var json: JSONOutput {
        .object([
            "id": .optional(self.id?.uuidString.lowercased()), "dry_run": .bool(self.id == nil),
            "rows": .integer(self.rows), "new": .integer(self.outcome.added), "joined": .integer(self.outcome.joined),
            "repeated": .integer(self.outcome.repeated),
            "refused": .integer(self.outcome.refused.count - self.outcome.repeated),
            "columns": self.columns.json, "sample": Self.json(self.sample),
            "errors": .array(
                self.outcome.refused.map {
                    .object([
                        "row": .integer($0.line), "phone_masked": .optional($0.phoneMasked),
                        "code": .string($0.failure.code), "detail": .string($0.failure.detail),
                    ])
                }),
            "errors_csv": .string(
                Self.errorFile(
                    ["行号", "手机号", "原因"],
                    self.outcome.refused.map { ["\($0.line)", $0.phoneMasked ?? "", $0.failure.detail] })),
        ])
    }

    static func json(_ sample: [ImportedRow]) -> JSONOutput {
        .array(
            sample.map {
                .object([
                    "row": .integer($0.line), "name_masked": .string($0.name.masked),
                    "phone_masked": .string($0.phone.masked),
                ])
            })
    }

    /// The rows that did not come in, as a file that a spreadsheet reads.
    static func errorFile(_ head: [String], _ rows: [[String]]) -> String {
        "\u{FEFF}"
            + ([head] + rows).map { $0.map(CSVField.cell).joined(separator: ",") }.joined(separator: "\r\n") + "\r\n"
    }
}

extension ImportColumns {
    /// Counted from one, as people do.
    var json: JSONOutput {
        .object(Dictionary(uniqueKeysWithValues: self.places.map { ($0.key.rawValue, .integer($0.value + 1)) }))
    }
}
