import Crypto
import Foundation
import Leads

/// Takes leads from a file: each row is an entry of the staff, stored by the same statement under the same promise.
struct LeadImports: Sendable {
    let database: Database
    let dependencies: Dependencies
    let entry: LeadEntry
    let promises: PromiseTimes

    /// The calendar was read again meanwhile, so that every promise is to be made anew.
    private struct Outdated: Error {}

    /// Stores every row that can be, all of them or none, and tells of each of the others why not.
    ///
    /// - Throws: 422 when no row can come in; 409 `import_repeated` for a file that came in before.
    func take(_ handed: LeadImport, by session: StaffSession, from sender: EntrySender) async throws -> LeadImportResult
    {
        let (columns, rows, refused) = try LeadImportFile.read(try await self.database.csvText(handed.file), as: handed)
        for _ in 0..<3 {
            let result = LeadImportResult(columns: columns, refused: refused, sample: Array(rows.prefix(5)))
            do {
                return try await self.database.transaction { tx in
                    try await self.take(rows, of: handed, into: result, tx, by: session, from: sender)
                }
            } catch is Outdated {
                try await self.promises.reload()
            } catch let error where error.violates("a_file_comes_in_once") {
                throw Problem(
                    .conflict, "import_repeated", "这个文件已经导入过", english: "This very file was imported before.")
            }
        }
        throw Problems.unavailable
    }

    private func take(
        _ rows: [ImportedRow], of handed: LeadImport, into result: LeadImportResult, _ tx: Transaction,
        by session: StaffSession, from sender: EntrySender
    ) async throws -> LeadImportResult {
        var result = result
        let keys = self.dependencies.keys
        let indexes = rows.map { keys.index(of: $0.draft.phone) }
        let standing = try await tx.importStanding(
            phones: indexes, pseudonyms: rows.map { keys.pseudonym(of: $0.draft.phone) })
        var wanted: [(row: ImportedRow, order: String)] = []
        for (row, standing) in zip(rows, standing) {
            if standing.isListed {
                result.refuse(row, Self.listed)
            } else if standing.isErased, standing.lead == nil {
                result.refuse(
                    row,
                    ValidationFailure("erased", "这位客户要求删除过个人信息，不能导入；客户可用验证码自行提交", english: "This number was erased."))
            } else if handed.isTried {
                if standing.lead == nil { result.added += 1 } else { result.joined += 1 }
            } else {
                // Known leads first, in the order in which everything locks them.
                wanted.append((row, standing.lead?.uuidString ?? "~" + Hex.text(keys.index(of: row.draft.phone))))
            }
        }
        if !handed.isTried {
            try await self.store(
                wanted.sorted { $0.order < $1.order }.map(\.row), of: handed, &result, tx, by: session, from: sender)
        }
        result.refused.sort { $0.line < $1.line }
        return result
    }

    private func store(
        _ rows: [ImportedRow], of handed: LeadImport, _ result: inout LeadImportResult, _ tx: Transaction,
        by session: StaffSession, from sender: EntrySender
    ) async throws {
        var made: [UUID] = []
        for row in rows {
            let intake = try self.entry.intake(row.draft, by: session, from: sender)
            guard let stored = try await tx.insertInquiry(intake) else {
                guard try await tx.isListed(phone: intake.phoneIndex) else { throw Outdated() }
                result.refuse(row, Self.listed)
                continue
            }
            made.append(intake.inquiryID)
            if stored.lead == intake.lead { result.added += 1 } else { result.joined += 1 }
        }
        guard !made.isEmpty else {
            throw CSVRows.unreadable("没有一行可以导入，请先试算，看看每一行的原因", "No row can come in; try it to see why.")
        }
        let id = self.dependencies.makeID()
        result.id = id
        let digest = Array(SHA256.hash(data: handed.file))
        try await tx.insertImport(
            id, at: self.dependencies.now(), by: session.username, sha256: digest, basis: handed.basis, result, made)
        try await tx.insert(
            Audit(dependencies: self.dependencies).event(
                "lead_import.add", on: id.uuidString.lowercased(), by: session.username, role: session.auditRole,
                detail: [
                    "rows": .integer(result.rows), "new": .integer(result.added), "joined": .integer(result.joined),
                    "repeated": .integer(result.repeated),
                    "refused": .integer(result.refused.count - result.repeated),
                    "basis": .string(handed.basis.rawValue), "sha256": .string(Hex.text(digest)),
                ]))
    }

    private static let listed = ValidationFailure(
        "do_not_call", "这个号码在不再联系名单上，不能导入；客户可用验证码自行提交", english: "This number is on the do-not-call list.")
}

extension LeadImportResult {
    fileprivate mutating func refuse(_ row: ImportedRow, _ failure: ValidationFailure) {
        self.refused.append(RefusedRow(line: row.line, phoneMasked: row.draft.phone.masked, failure: failure))
    }
}
