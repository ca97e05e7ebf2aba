import Foundation
import NIOCore
import Postgres

extension LeadRow: TableRow {
    static let columns = """
        l.id, l.phone_sealed, i.id, i.name_sealed, i.remark_sealed, i.extra_sealed, short_source(i.source), i.accepted_at, i.due_at, i.met_at,
        t.state, t.last_disposition, coalesce(t.attempts, 0)::bigint, s.username, a.total::bigint, a.gap::bigint,
        ARRAY(SELECT key FROM assessment_items WHERE assessment_id = a.id ORDER BY position),
        ARRAY(SELECT points::bigint FROM assessment_items WHERE assessment_id = a.id ORDER BY position),
        ARRAY(SELECT title FROM benefit_requests WHERE lead_id = l.id ORDER BY requested_at, benefit),
        i.source::text, i.site,
        ARRAY(SELECT DISTINCT purpose FROM consents WHERE lead_id = l.id AND withdrawn_at IS NULL ORDER BY purpose)
        """

    /// Newest inquiry, newest task and its last adviser of each lead, and that inquiry's assessment or an adviser's later one.
    static let tables = """
        leads l
        JOIN LATERAL (SELECT * FROM inquiries WHERE lead_id = l.id AND NOT quarantined ORDER BY accepted_at DESC, id DESC LIMIT 1) i ON true
        LEFT JOIN LATERAL (SELECT * FROM callback_tasks WHERE lead_id = \(MergedLead.target)
                           ORDER BY accepted_at DESC, id DESC LIMIT 1) t ON true
        LEFT JOIN LATERAL (SELECT adviser_id FROM callback_claims WHERE task_id = t.id ORDER BY claim_number DESC LIMIT 1) c ON true
        LEFT JOIN staff s ON s.id = coalesce(t.owner_id, c.adviser_id)
        \(NewestReview.join(lead: "l.id"))
        LEFT JOIN assessments a ON a.id = coalesce(r.assessment_id, i.assessment_id)
        """

    init(row: PostgresRow) throws {
        let columns = row.makeRandomAccess()
        self.leadID = try columns[0].decode(UUID.self)
        self.phoneSealed = try columns[1].decode(ByteBuffer.self).bytes
        self.inquiryID = try columns[2].decode(UUID.self)
        self.nameSealed = try columns[3].decode(ByteBuffer.self).bytes
        self.remarkSealed = try columns[4].decode(ByteBuffer?.self)?.bytes
        self.extraSealed = try columns[5].decode(ByteBuffer?.self)?.bytes
        self.source = try columns[6].decode(String.self)
        self.acceptedAt = try columns[7].decode(Date.self)
        self.dueAt = try columns[8].decode(Date.self)
        self.metAt = try columns[9].decode(Date?.self)
        self.state = try columns[10].decode(String?.self)
        self.disposition = try columns[11].decode(String?.self)
        self.attempts = try columns[12].decode(Int.self)
        self.adviser = try columns[13].decode(String?.self)
        self.total = try columns[14].decode(Int?.self)
        self.gap = try columns[15].decode(Int?.self)
        self.itemKeys = try columns[16].decode([String].self)
        self.itemPoints = try columns[17].decode([Int].self)
        self.benefits = try columns[18].decode([String].self)
        self.attribution = try columns[19].decode(String.self)
        self.site = try columns[20].decode(String?.self)
        self.purposes = try columns[21].decode([String].self)
    }
}

/// What one inquiry answered beyond our own questions.
struct SealedExtra: TableRow {
    static let columns = "i.id, i.extra_sealed"
    let inquiry: UUID
    let sealed: [UInt8]

    init(row: PostgresRow) throws {
        let (inquiry, sealed) = try row.decode((UUID, ByteBuffer).self)
        (self.inquiry, self.sealed) = (inquiry, sealed.bytes)
    }
}

extension PostgresQuery.StringInterpolation {
    /// The conditions of a filter over `LeadRow.tables`; an absent member is no condition.
    mutating func appendInterpolation(matching indexed: IndexedLeadFilter) {
        let filter = indexed.filter
        func add(_ condition: PostgresQuery.StringInterpolation.Condition) {
            self.appendLiteral(" AND ")
            condition(&self)
        }
        self.appendLiteral("true")
        if let phone = indexed.phone {
            add {
                $0.appendLiteral("(l.phone_index = ")
                $0.appendInterpolation(ByteBuffer(bytes: phone))
                $0.appendLiteral(" OR l.phone_index_next = ")
                $0.appendInterpolation(ByteBuffer(bytes: phone))
                $0.appendLiteral(")")
            }
        }
        if let lastFour = indexed.lastFour {
            add {
                $0.appendLiteral("l.last_four_index = ")
                $0.appendInterpolation(ByteBuffer(bytes: lastFour))
            }
        }
        if let name = indexed.name {
            add {
                $0.appendLiteral("EXISTS (SELECT FROM inquiries n WHERE n.lead_id = l.id AND n.name_index = ")
                $0.appendInterpolation(ByteBuffer(bytes: name))
                $0.appendLiteral(")")
            }
        }
        for (column, value) in [
            ("t.state", filter.state), ("t.last_disposition", filter.disposition), ("s.username", filter.adviser),
        ] {
            guard let value else { continue }
            add {
                $0.appendLiteral(column + " = ")
                $0.appendInterpolation(value)
            }
        }
        if let source = filter.source {
            add {
                $0.appendInterpolation(source)
                // A lead's newest inquiry is found first and then looked at, so none of these needs an index.
                $0.appendLiteral(
                    """
                     IN (short_source(i.source), i.site, i.source->>'page_url', i.source->>'landing_url',
                         substring(i.source->>'landing_url' FROM '^[^/?#]*://[^/?#]*(/[^?#]*)'),
                         substring(i.source->>'referrer' FROM '^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?([^/?#:]+)'),
                         i.source->'utm'->>'campaign', i.source->'utm'->>'medium', i.source->'first_touch'->'utm'->>'source')
                    """)
            }
        }
        if let from = filter.from {
            add {
                $0.appendLiteral("i.accepted_at >= ")
                $0.appendInterpolation(from)
            }
        }
        if let to = filter.to {
            add {
                $0.appendLiteral("i.accepted_at < ")
                $0.appendInterpolation(to)
            }
        }
    }

    /// Somebody who was erased, asked not to be called, or withdrew and has not agreed again; or never agreed that their data
    /// go to whom the export is for.
    mutating func appendInterpolation(excludedFrom indexed: IndexedLeadFilter) {
        self.appendLiteral(
            """
            l.erased_at IS NOT NULL OR EXISTS (SELECT FROM do_not_call d WHERE d.phone_index = l.phone_index)
            OR EXISTS (SELECT FROM consents w WHERE w.lead_id = l.id AND w.purpose = 'inquiry' AND w.withdrawn_at IS NOT NULL)
               AND NOT EXISTS (SELECT FROM consents g WHERE g.lead_id = l.id AND g.purpose = 'inquiry' AND g.withdrawn_at IS NULL)
            """)
        guard let recipient = indexed.filter.recipient else { return }
        self.appendLiteral(
            " OR NOT EXISTS (SELECT FROM consents p WHERE p.lead_id = l.id AND p.withdrawn_at IS NULL AND p.purpose = ")
        self.appendInterpolation("recipient:" + recipient)
        self.appendLiteral(")")
    }

    typealias Condition = (inout PostgresQuery.StringInterpolation) -> Void
}

extension Transaction {
    /// A page of leads, the newest inquiry first.
    func leads(_ filter: IndexedLeadFilter, after cursor: LeadCursor?, limit: Int) async throws -> [LeadRow] {
        try await self.all(
            """
            SELECT \(columnsOf: LeadRow.self) FROM \(unescaped: LeadRow.tables)
            WHERE \(matching: filter) AND l.erased_at IS NULL
              AND (\(cursor?.acceptedAt)::timestamptz IS NULL OR (i.accepted_at, l.id) < (\(cursor?.acceptedAt)::timestamptz, \(cursor?.leadID)::uuid))
            ORDER BY i.accepted_at DESC, l.id DESC LIMIT \(limit)
            """)
    }

    /// How many leads match, and how many of them are kept out of exports.
    func countLeads(_ filter: IndexedLeadFilter) async throws -> (rows: Int, excluded: Int) {
        let rows = try await self.rows(
            """
            SELECT count(*), count(*) FILTER (WHERE x.excluded)
            FROM \(unescaped: LeadRow.tables)
            CROSS JOIN LATERAL (SELECT \(excludedFrom: filter) AS excluded) x
            WHERE \(matching: filter)
            """)
        guard let row = rows.first else { throw MissingRow() }
        let (matching, excluded) = try row.decode((Int, Int).self)
        return (matching - excluded, excluded)
    }

    /// Opens the server-side cursor of an export: one snapshot, oldest lead first.
    func declareExport(_ filter: IndexedLeadFilter) async throws {
        try await self.execute(
            """
            DECLARE lead_export NO SCROLL CURSOR FOR
            SELECT \(columnsOf: LeadRow.self) FROM \(unescaped: LeadRow.tables)
            WHERE \(matching: filter) AND NOT (\(excludedFrom: filter))
            ORDER BY l.created_at, l.id
            """)
    }

    /// Opens the cursor over what the exported leads answered beyond our own questions.
    func declareExtras(_ filter: IndexedLeadFilter) async throws {
        try await self.execute(
            """
            DECLARE lead_extras NO SCROLL CURSOR FOR
            SELECT \(columnsOf: SealedExtra.self) FROM \(unescaped: LeadRow.tables)
            WHERE i.extra_sealed IS NOT NULL AND \(matching: filter) AND NOT (\(excludedFrom: filter))
            """)
    }

    func fetchExtras(_ count: Int) async throws -> [SealedExtra] {
        try await self.all("FETCH FORWARD \(unescaped: String(count)) FROM lead_extras")
    }

    func fetchExport(_ count: Int) async throws -> [LeadRow] {
        try await self.all("FETCH FORWARD \(unescaped: String(count)) FROM lead_export")
    }

    /// Remembers whose data an export held.
    func insertExportLeads(_ leads: [UUID], of export: UUID) async throws {
        try await self.execute(
            "INSERT INTO export_leads (lead_id, export_id) SELECT l, \(export) FROM unnest(\(leads)::uuid[]) AS l ORDER BY l"
        )
    }
}

extension Transaction {
    /// Records an export; of a job that is begun again it stays as it was.
    func insertExportRecord(_ record: ExportRecord) async throws {
        try await self.execute(
            """
            INSERT INTO export_records (id, at, staff_id, actor, format, filters, columns, phone, reason, state)
            VALUES (\(record.id), \(record.at), \(record.staffID), \(record.actor), \(record.format.rawValue),
                    \(JSONOutput.object(record.filters).text)::text::jsonb, \(record.columns), \(record.phone.rawValue), \(record.reason), 'running')
            ON CONFLICT (id) DO UPDATE SET state = 'running', finished_at = NULL WHERE export_records.state = 'failed'
            """)
    }

    func finishExportRecord(
        _ id: UUID, state: String, rows: Int?, excluded: Int?, sha256: [UInt8]?, at now: Date
    ) async throws {
        try await self.execute(
            """
            UPDATE export_records SET state = \(state), rows = \(rows), excluded = \(excluded),
                   sha256 = \(sha256.map { ByteBuffer(bytes: $0) }), finished_at = \(now)
            WHERE id = \(id) AND state = 'running'
            """)
    }
}

extension Transaction {
    /// One lead by its id.
    func lead(_ id: UUID) async throws -> LeadRow? {
        try await self.first(
            "SELECT \(columnsOf: LeadRow.self) FROM \(unescaped: LeadRow.tables) WHERE l.id = \(id) AND l.erased_at IS NULL"
        )
    }
}
