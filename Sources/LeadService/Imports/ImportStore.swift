import Foundation
import Leads

/// Brings rows of a file in, in the transaction that counts them: each is an entry of the staff under the promise of now.
struct ImportStore: Sendable {
    let database: Database
    let dependencies: Dependencies
    let entry: LeadEntry
    let promises: PromiseTimes

    /// The calendar was read again meanwhile, so that every promise is to be made anew.
    private struct Outdated: Error {}

    /// Runs a transaction that brings rows in, again when the calendar was read again meanwhile.
    func transaction<Result: Sendable>(_ body: @Sendable (Transaction) async throws -> Result) async throws -> Result {
        for _ in 0..<3 {
            do {
                return try await self.database.transaction(body)
            } catch is Outdated {
                try await self.promises.reload()
            }
        }
        throw Problems.unavailable
    }

    /// What would come of rows, by what is known of their numbers now.
    func judge(_ rows: [ImportedRow], _ tx: Transaction) async throws -> ImportOutcome {
        let (wanted, refused) = try await self.sorted(rows, in: nil, tx)
        let joined = wanted.count { $0.lead != nil }
        return ImportOutcome(added: wanted.count - joined, joined: joined, refused: refused)
    }

    /// Stores every row that can be.
    ///
    /// New numbers are stored together. A known one joins its lead by the statement that every second inquiry does, after its
    /// task was kept as it was, so that an undo can give it back.
    func take(
        _ rows: [ImportedRow], for request: ImportRequest, in batch: UUID, _ tx: Transaction
    ) async throws -> ImportOutcome {
        let (wanted, refused) = try await self.sorted(rows, in: batch, tx)
        var outcome = ImportOutcome(refused: refused)
        let all = try wanted.map { row, lead in
            let draft = row.draft((request.basis, request.evidence))
            let intake = try self.entry.intake(draft, by: request.witness, from: request.sender)
            return (lead: lead, made: ImportIntake(row: row, intake: intake))
        }
        var joined: [JoinedRow] = []
        // Known leads first: whoever locks several does so in the order of their ids.
        try await self.join(
            all.compactMap { one in one.lead.map { (lead: $0, made: one.made) } }, &joined, &outcome, tx)
        let new = all.filter { $0.lead == nil }.map(\.made)
        let added = try await tx.insertImported(new, in: batch)
        outcome.added += added.count
        let late = new.filter { !added.contains($0.intake.lead) }
        if !late.isEmpty { try await self.joinLate(late, &joined, &outcome, tx) }
        try await tx.insertJoined(joined, in: batch)
        return outcome
    }

    /// Rows whose numbers came in between the look and the statement, or may not come in any more.
    private func joinLate(
        _ rows: [ImportIntake], _ joined: inout [JoinedRow], _ outcome: inout ImportOutcome, _ tx: Transaction
    ) async throws {
        let keys = self.dependencies.keys
        let standing = try await tx.importStanding(
            phones: rows.map(\.intake.phoneIndex), pseudonyms: rows.map { keys.pseudonym(of: $0.row.phone) }, in: nil)
        var known: [(lead: UUID, made: ImportIntake)] = []
        for (made, standing) in zip(rows, standing) {
            if standing.isListed {
                outcome.refused.append(made.row.refused(Self.listed))
            } else if let lead = standing.lead {
                known.append((lead, made))
            } else {
                throw Outdated()
            }
        }
        try await self.join(known, &joined, &outcome, tx)
    }

    private func join(
        _ rows: [(lead: UUID, made: ImportIntake)], _ joined: inout [JoinedRow], _ outcome: inout ImportOutcome,
        _ tx: Transaction
    ) async throws {
        let before = try await tx.lockForImport(rows.map(\.lead))
        for (lead, made) in rows.sorted(by: { $0.lead.uuidString < $1.lead.uuidString }) {
            let intake = made.intake
            guard let stored = try await tx.insertInquiry(intake), let task = stored.task else {
                guard try await tx.isListed(phone: intake.phoneIndex) else { throw Outdated() }
                outcome.refused.append(made.row.refused(Self.listed))
                continue
            }
            let (isNew, opened) = (stored.lead == intake.lead, task == intake.task)
            if isNew { outcome.added += 1 } else { outcome.joined += 1 }
            joined.append(
                JoinedRow(
                    line: made.row.line, inquiry: intake.inquiryID, task: task, isNew: isNew, opened: opened,
                    before: opened ? nil : before[lead]))
        }
    }

    /// The rows whose numbers may come in, each with its lead, and the others.
    private func sorted(
        _ rows: [ImportedRow], in batch: UUID?, _ tx: Transaction
    ) async throws -> (wanted: [(row: ImportedRow, lead: UUID?)], refused: [RefusedRow]) {
        let keys = self.dependencies.keys
        let standing = try await tx.importStanding(
            phones: rows.map { keys.index(of: $0.phone) }, pseudonyms: rows.map { keys.pseudonym(of: $0.phone) },
            in: batch)
        var (wanted, refused) = ([(row: ImportedRow, lead: UUID?)](), [RefusedRow]())
        for (row, standing) in zip(rows, standing) {
            if let line = standing.line {
                refused.append(row.refused(RefusedRow.repeating(line), isRepeated: true))
            } else if standing.isListed {
                refused.append(row.refused(Self.listed))
            } else if standing.isErased, standing.lead == nil {
                refused.append(row.refused(Self.erased))
            } else {
                wanted.append((row, standing.lead))
            }
        }
        return (wanted, refused)
    }

    private static let listed = ValidationFailure(
        "do_not_call", "这个号码在不再联系名单上，不能导入；客户可用验证码自行提交", english: "This number is on the do-not-call list.")
    private static let erased = ValidationFailure(
        "erased", "这位客户要求删除过个人信息，不能导入；客户可用验证码自行提交", english: "This number was erased.")
}
