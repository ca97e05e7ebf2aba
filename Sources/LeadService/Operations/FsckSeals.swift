import Foundation
import Leads

/// A column of sealed values.
package struct SealedColumn: Sendable {
    package let table: String
    package let column: String
    /// Holds the id of the row that each value is sealed for.
    let row: String
    /// Holds the hash under which the number sealed here is found.
    var index: String?

    /// Every one there is.
    package static let all = [
        SealedColumn(table: "leads", column: "phone_sealed", row: "id", index: "phone_index"),
        SealedColumn(table: "inquiries", column: "name_sealed", row: "id"),
        SealedColumn(table: "inquiries", column: "remark_sealed", row: "id"),
        SealedColumn(table: "inquiries", column: "extra_sealed", row: "id"),
        SealedColumn(table: "submit_keys", column: "body_sealed", row: "inquiry_id"),
        SealedColumn(table: "messages", column: "phone_sealed", row: "id"),
        SealedColumn(table: "messages", column: "parameters_sealed", row: "id"),
        SealedColumn(table: "withheld_codes", column: "phone_sealed", row: "challenge_id"),
        SealedColumn(table: "withheld_codes", column: "code_sealed", row: "challenge_id"),
        SealedColumn(table: "callback_claims", column: "release_note_sealed", row: "task_id"),
        SealedColumn(table: "callback_pauses", column: "note_sealed", row: "id"),
        SealedColumn(table: "call_attempts", column: "note_sealed", row: "id"),
        SealedColumn(table: "callback_events", column: "note_sealed", row: "id"),
        SealedColumn(table: "assessment_reviews", column: "note_sealed", row: "assessment_id"),
        SealedColumn(table: "consents", column: "evidence_sealed", row: "id"),
        SealedColumn(table: "privacy_cases", column: "note_sealed", row: "id"),
        SealedColumn(table: "privacy_cases", column: "reason_sealed", row: "id"),
        SealedColumn(table: "staff_totp", column: "secret_sealed", row: "id"),
        SealedColumn(table: "robots", column: "address_sealed", row: "id"),
        SealedColumn(table: "robots", column: "secret_sealed", row: "id"),
        SealedColumn(table: "second_numbers", column: "phone_sealed", row: "lead_id"),
        SealedColumn(table: "calls", column: "recording_reference_sealed", row: "id"),
        SealedColumn(table: "telephone_secrets", column: "secret_sealed", row: "id"),
        SealedColumn(table: "export_jobs", column: "filter_sealed", row: "id"),
        SealedColumn(table: "export_jobs", column: "key_sealed", row: "id"),
        SealedColumn(table: "lead_imports", column: "heading_sealed", row: "id"),
        SealedColumn(table: "lead_imports", column: "request_sealed", row: "id"),
        SealedColumn(table: "lead_import_parts", column: "text_sealed", row: "id"),
        SealedColumn(table: "webhooks", column: "url_sealed", row: "id"),
        SealedColumn(table: "webhooks", column: "secret_sealed", row: "id"),
        SealedColumn(table: "webhooks", column: "previous_sealed", row: "id"),
        SealedColumn(table: "audit_details", column: "sealed", row: "event_id"),
    ]
}

/// The checks that need the keys: whether they are this database's, and whether everything sealed opens with them.
struct FsckSeals: Sendable {
    let keys: KeyRing

    private static let batch = 1000

    let checks = 1 + SealedColumn.all.count + SealedColumn.all.count { $0.index != nil }

    func run(_ tx: Transaction) async throws -> [Violation] {
        do {
            _ = try await KeyCheck.unseen(self.keys, in: tx)
        } catch let refusal as KeyCheck.Refusal {
            // What does not open then says nothing more.
            return [
                Violation(
                    invariant: "I7", check: "other_keys", meaning: refusal.description, count: 1,
                    examples: ["key_checks"])
            ]
        }
        var violations: [Violation] = []
        for column in SealedColumn.all { violations += try await self.check(column, tx) }
        return violations
    }

    private func check(_ column: SealedColumn, _ tx: Transaction) async throws -> [Violation] {
        var broken: [String] = []
        var misplaced: [String] = []
        try await tx.declareSealed(column)
        while broken.count < FsckCheck.limit, misplaced.count < FsckCheck.limit {
            let values = try await tx.fetchSealed(Self.batch)
            for value in values {
                do {
                    let text = try self.keys.open(
                        value.sealed, at: SealedPlace(column.table, column.column, value.row))
                    if let index = value.index, try self.keys.index(of: PhoneNumber(parsing: text)) != index {
                        misplaced.append(value.row.uuidString.lowercased())
                    }
                } catch is SealBroken {
                    broken.append(value.row.uuidString.lowercased())
                }
            }
            if values.count < Self.batch { break }
        }
        try await tx.closeSealed()
        return [
            Self.violation(
                "sealed", column, "a sealed value does not open, and “\(SealBroken.shown)” is shown", broken),
            Self.violation("index", column, "a number is not found by itself", misplaced),
        ].compactMap(\.self)
    }

    private static func violation(
        _ kind: String, _ column: SealedColumn, _ meaning: String, _ rows: [String]
    ) -> Violation? {
        guard !rows.isEmpty else { return nil }
        let name = kind == "index" ? column.index ?? "" : column.column
        return Violation(
            invariant: "I7", check: "\(kind)_of_\(column.table)_\(name)", meaning: meaning,
            count: min(rows.count, FsckCheck.limit), examples: Array(rows.prefix(3)))
    }
}
