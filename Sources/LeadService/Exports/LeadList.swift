package import Foundation
import Leads

/// Where the next page of leads begins.
package struct LeadCursor: Sendable, Equatable {
    var acceptedAt: Date
    var leadID: UUID
    /// Of what the page before was filtered by.
    var filter: String

    /// Opaque text for `next_cursor`.
    var text: String {
        let microseconds = Int64((self.acceptedAt.timeIntervalSince1970 * 1_000_000).rounded())
        return Base64URL.encode(Array("\(microseconds)|\(self.leadID.uuidString)|\(self.filter)".utf8))
    }

    init(acceptedAt: Date, leadID: UUID, filter: String) {
        self.acceptedAt = acceptedAt
        self.leadID = leadID
        self.filter = filter
    }

    /// - Returns: nil for what is no cursor, or lies outside the years 1970–2199.
    init?(_ text: String) {
        guard let bytes = Base64URL.decode(text) else { return nil }
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: "|")
        guard parts.count == 3, let microseconds = Int64(parts[0]), let id = UUID(uuidString: String(parts[1])),
            (0..<7_258_118_400_000_000).contains(microseconds)
        else { return nil }
        self.init(
            acceptedAt: Date(timeIntervalSince1970: Double(microseconds) / 1_000_000), leadID: id,
            filter: String(parts[2]))
    }

    /// For what is no cursor, or one of other filters.
    static let invalid = ValidationFailure(
        "cursor_invalid", "翻页位置无效，请从第一页重新开始", english: "Unknown cursor.")
}

/// Looking leads up: masked, a page at a time, the newest inquiry first.
package struct LeadList: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    private let audit: Audit

    package init(database: Database, dependencies: Dependencies) {
        self.database = database
        self.dependencies = dependencies
        self.audit = Audit(dependencies: dependencies)
    }

    /// A page of leads as JSON, and the cursor of the next one.
    ///
    /// An adviser must search for somebody and gets at most ten; every search is audited by its kind.
    package func find(
        _ filter: LeadFilter, after cursor: LeadCursor?, limit: Int, by session: StaffSession
    ) async throws -> JSONOutput {
        let mayBrowse = session.role.may(.browseLeads)
        guard mayBrowse || filter.isSearch else {
            throw Problem(failures: [
                ValidationFailure(
                    "q_required", at: "/q", "请输入完整手机号、号码后四位或完整称呼", english: "Search for a phone, four digits or a name."
                )
            ])
        }
        let limit = mayBrowse ? limit : min(limit, 10)
        let keys = self.dependencies.keys
        let fingerprint = Base64URL.encode(keys.mac(.fingerprint, Data(filter.fingerprintText.utf8)).prefix(12))
        guard cursor == nil || cursor?.filter == fingerprint else {
            throw Problem(failures: [LeadCursor.invalid.within("/cursor")])
        }
        let event = self.audit.event(
            "lead.search", on: "leads", by: session.username, role: session.auditRole, detail: filter.summary)
        let rows = try await self.database.transaction { tx in
            let rows = try await tx.leads(
                IndexedLeadFilter(filter, keys: self.dependencies.keys), after: cursor, limit: limit + 1)
            try await tx.insert(event)
            return rows
        }
        let page = rows.prefix(limit)
        let next =
            rows.count > limit
            ? page.last.map { LeadCursor(acceptedAt: $0.acceptedAt, leadID: $0.leadID, filter: fingerprint).text } : nil
        return .object([
            "items": .array(try page.map { try self.json($0) }),
            "next_cursor": .optional(mayBrowse ? next : nil),
        ])
    }

    /// One lead, masked.
    package func lead(_ id: UUID, by session: StaffSession) async throws -> JSONOutput? {
        guard let row = try await self.database.autocommit({ try await $0.lead(id) }) else { return nil }
        return try self.json(row)
    }

    /// What the page of leads carries.
    func pageContext(for session: StaffSession) async throws -> [String: Any] {
        let people = try await self.database.autocommit { try await $0.colleagues() }
        return ConsolePage(session: session, now: self.dependencies.now(), people: people).context("leads", title: "线索")
    }

    private func json(_ row: LeadRow) throws -> JSONOutput {
        .object([
            "id": .string(row.leadID.uuidString.lowercased()),
            "name_masked": .string(try self.dependencies.shown { try row.name($0).masked }),
            "phone_masked": .string(try self.dependencies.shown { try row.phone($0).masked }),
            "state": .optional(row.state),
            "disposition": .optional(row.disposition),
            "accepted_at": .string(RFC3339.text(row.acceptedAt)), "due_at": .string(RFC3339.text(row.dueAt)),
            "met_at": .optional(row.metAt.map { RFC3339.text($0) }), "total": .optional(row.total),
            "gap": .optional(row.gap),
            "source": .string(row.source), "attempts": .integer(row.attempts),
            "adviser": .optional(row.adviser),
        ])
    }
}
