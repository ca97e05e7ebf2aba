import Foundation
import Leads
import Postgres

/// One accepted inquiry and what became of it, as the statistics count it.
struct CountedInquiry: TableRow {
    /// `met_at` is the first counting attempt that answered the inquiry; the results looked at are those of that attempt and later.
    static let columns = """
        i.id, i.accepted_at, i.due_at, i.met_at, short_source(i.source), results.contact_at, results.qualified_at, results.is_converted,
        coalesce(i.cancelled_at, closing.closed_at), CASE WHEN i.cancelled_at IS NULL THEN closing.closed_reason ELSE 'cancelled' END,
        CASE WHEN i.cancelled_at IS NULL THEN closing.username END, a.total::bigint,
        ARRAY(SELECT DISTINCT k FROM jsonb_array_elements(a.suggestions) AS s (step), jsonb_object_keys(s.step -> 'answers_changed') AS k),
        \(Self.page)
        """

    /// Host and path of the page that the form stood on, else of the first one of the visit; never a query, which may hold a person.
    private static let page = """
        left(coalesce(substring(i.source ->> 'page_url' FROM \(Self.hostAndPath)),
                      substring(i.source ->> 'landing_url' FROM \(Self.hostAndPath)), ''), 200)
        """
    private static let hostAndPath = "'^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?([^?#]+)'"

    /// A lead has one open task at a time: that of an inquiry which nobody answered is the first to end after it.
    static let tables = """
        inquiries i JOIN leads l ON l.id = i.lead_id
        LEFT JOIN LATERAL (
            SELECT min(c.at) FILTER (WHERE c.disposition IN (\(Self.list(\.isContact)))) AS contact_at,
                   min(c.at) FILTER (WHERE c.disposition IN (\(Self.list(\.isQualified)))) AS qualified_at,
                   coalesce(bool_or(c.disposition = 'converted'), false) AS is_converted
            FROM callback_tasks t JOIN call_attempts c ON c.task_id = t.id
            WHERE t.lead_id IN (l.id, l.merged_into) AND c.counts AND c.refused IS NULL AND c.at >= i.met_at
        ) results ON true
        LEFT JOIN LATERAL (
            SELECT t.closed_at, t.closed_reason, s.username FROM callback_tasks t
            LEFT JOIN LATERAL (SELECT adviser_id FROM call_attempts WHERE task_id = t.id AND refused IS NULL AND closed_reason IS NOT NULL
                               AND at = t.closed_at ORDER BY id DESC LIMIT 1) c ON true
            LEFT JOIN staff s ON s.id = c.adviser_id
            WHERE i.met_at IS NULL AND t.lead_id = \(MergedLead.target) AND (t.closed_at IS NULL OR t.closed_at >= i.accepted_at)
            ORDER BY t.closed_at NULLS LAST LIMIT 1
        ) closing ON true
        LEFT JOIN assessments a ON a.id = i.assessment_id
        """

    static func list(_ holds: (Disposition) -> Bool) -> String {
        Disposition.allCases.filter(holds).map { "'\($0.rawValue)'" }.joined(separator: ", ")
    }

    let id: UUID
    let acceptedAt: Date
    let dueAt: Date
    let metAt: Date?
    let source: String
    let contactAt: Date?
    let qualifiedAt: Date?
    let isConverted: Bool
    let endedAt: Date?
    let endReason: String?
    let endedBy: String?
    let total: Int?
    /// The answers that a suggested step would change.
    let suggested: [String]
    let article: String

    init(row: PostgresRow) throws {
        let columns = row.makeRandomAccess()
        self.id = try columns[0].decode(UUID.self)
        self.acceptedAt = try columns[1].decode(Date.self)
        self.dueAt = try columns[2].decode(Date.self)
        self.metAt = try columns[3].decode(Date?.self)
        self.source = try columns[4].decode(String.self)
        self.contactAt = try columns[5].decode(Date?.self)
        self.qualifiedAt = try columns[6].decode(Date?.self)
        self.isConverted = try columns[7].decode(Bool.self)
        self.endedAt = try columns[8].decode(Date?.self)
        self.endReason = try columns[9].decode(String?.self)
        self.endedBy = try columns[10].decode(String?.self)
        self.total = try columns[11].decode(Int?.self)
        self.suggested = try columns[12].decode([String].self)
        self.article = try columns[13].decode(String.self)
    }
}

/// Codes that were handed to a gateway for an inquiry, by the form they were asked for on, and how many came back.
struct CodeCount: TableRow, Sendable {
    static let columns = "source, count(*), count(consumed_at)"
    let form: String
    let sent: Int
    let verified: Int

    init(row: PostgresRow) throws {
        (self.form, self.sent, self.verified) = try row.decode((String, Int, Int).self)
    }
}

/// What one of the staff has in hand and did.
struct AdviserLoad: Sendable {
    let username: String
    let displayName: String
    let open: Int
    let claimed: Int
    let activity: AdviserActivity

    var attempts: Int { self.activity.results }
    var countingAttempts: Int { self.activity.counting }
    var contacts: Int { self.activity.contacts }
    var reveals: Int { self.activity.reveals }
    var resultsWithoutReveal: Int { self.activity.unrevealed }
}

/// What one of the staff did in a time.
struct AdviserActivity: TableRow, Sendable, Equatable {
    static let columns = "w.adviser_id, w.results, w.counting, w.contacts, w.unrevealed, w.reveals"
    var adviser: UUID
    var results = 0
    var counting = 0
    var contacts = 0
    var unrevealed = 0
    var reveals = 0

    init(row: PostgresRow) throws {
        (self.adviser, self.results, self.counting, self.contacts, self.unrevealed, self.reveals) =
            try row.decode((UUID, Int, Int, Int, Int, Int).self)
    }

    init(of adviser: UUID) { self.adviser = adviser }

    static func += (left: inout Self, right: Self) {
        left.results += right.results
        left.counting += right.counting
        left.contacts += right.contacts
        left.unrevealed += right.unrevealed
        left.reveals += right.reveals
    }
}

/// What one of the staff has in hand now.
private struct AdviserHolding: TableRow {
    static let columns =
        "s.id, s.username, s.display_name, s.active AND s.role = ANY (callers.roles), tasks.owned, tasks.claimed"
    let id: UUID
    let username: String
    let displayName: String
    let isCaller: Bool
    let owned: Int
    let claimed: Int

    init(row: PostgresRow) throws {
        (self.id, self.username, self.displayName, self.isCaller, self.owned, self.claimed) =
            try row.decode((UUID, String, String, Bool, Int, Int).self)
    }
}

extension PostgresQuery.StringInterpolation {
    /// The columns of `AdviserActivity` for everybody who did something in a time.
    ///
    /// A claim is a day old at most when its number is looked at.
    mutating func appendInterpolation(adviserActivity time: Range<Date>) {
        self.appendLiteral(
            """
            SELECT s.id AS adviser_id, calls.results, calls.counting, calls.contacts, calls.unrevealed, claims.reveals FROM staff s,
            LATERAL (SELECT count(*) AS results, count(*) FILTER (WHERE a.counts) AS counting,
                            count(*) FILTER (WHERE a.counts AND a.disposition IN (\(CountedInquiry.list(\.isContact)))) AS contacts,
                            count(*) FILTER (WHERE \(CallbackClaim.lookedAt) IS NULL AND c.kind <> 'incoming') AS unrevealed
                     FROM call_attempts a JOIN callback_claims c ON c.task_id = a.task_id AND c.claim_number = a.claim_number
                     WHERE a.adviser_id = s.id AND a.refused IS NULL AND a.at >= 
            """)
        self.appendInterpolation(time.lowerBound)
        self.appendLiteral(" AND a.at < ")
        self.appendInterpolation(time.upperBound)
        self.appendLiteral(
            """
            ) calls,
            LATERAL (SELECT count(*) AS reveals FROM callback_claims c
                     WHERE c.adviser_id = s.id AND (c.began_at IS NULL OR c.revealed_at > c.claimed_at) AND c.claimed_at >= 
            """)
        self.appendInterpolation(time.lowerBound.addingTimeInterval(-86400))
        self.appendLiteral(" AND c.revealed_at >= ")
        self.appendInterpolation(time.lowerBound)
        self.appendLiteral(" AND c.revealed_at < ")
        self.appendInterpolation(time.upperBound)
        self.appendLiteral(" AND c.claimed_at < ")
        self.appendInterpolation(time.upperBound)
        self.appendLiteral(") claims WHERE calls.results + claims.reveals > 0")
    }
}

extension Transaction {
    /// Inquiries accepted in a time, in their order, from `last` on.
    func countedInquiries(
        accepted time: Range<Date>, after last: CountedInquiry?, limit: Int
    ) async throws -> [CountedInquiry] {
        let from = last?.acceptedAt ?? time.lowerBound
        return try await self.all(
            """
            SELECT \(columnsOf: CountedInquiry.self) FROM \(unescaped: CountedInquiry.tables)
            WHERE i.accepted_at >= \(from) AND i.accepted_at < \(time.upperBound) AND NOT i.quarantined
              AND (\(last?.id)::uuid IS NULL OR (i.accepted_at, i.id) > (\(from), \(last?.id)::uuid))
            ORDER BY i.accepted_at, i.id LIMIT \(limit)
            """)
    }

    func codeCounts(issued time: Range<Date>) async throws -> [CodeCount] {
        try await self.all(
            """
            SELECT \(columnsOf: CodeCount.self) FROM verification_challenges
            WHERE purpose = 'inquiry' AND issued_at >= \(time.lowerBound) AND issued_at < \(time.upperBound) AND NOT withheld
            GROUP BY source ORDER BY count(*) DESC, source LIMIT 200
            """)
    }

    func adviserActivity(in time: Range<Date>) async throws -> [AdviserActivity] {
        try await self.all("SELECT \(columnsOf: AdviserActivity.self) FROM (\(adviserActivity: time)) w LIMIT 1000")
    }

    /// Whoever may work callbacks, or has in that time: what they hold now, and what they did then.
    func adviserLoads(in time: Range<Date>, at now: Date) async throws -> [AdviserLoad] {
        try await self.adviserLoads(did: try await self.adviserActivity(in: time), at: now)
    }

    /// The same with what each did already counted.
    func adviserLoads(did activities: [AdviserActivity], at now: Date) async throws -> [AdviserLoad] {
        var byAdviser: [UUID: AdviserActivity] = [:]
        for activity in activities {
            byAdviser[activity.adviser, default: AdviserActivity(of: activity.adviser)] += activity
        }
        let callers = Role.allCases.filter { $0.may(.workCallbacks) }.map(\.rawValue)
        let holdings = try await self.all(
            """
            SELECT \(columnsOf: AdviserHolding.self) FROM (SELECT \(callers)::text[] AS roles) callers, staff s,
            LATERAL (SELECT count(*) FILTER (WHERE t.owner_id = s.id) AS owned,
                            count(*) FILTER (WHERE t.claimed_by = s.id AND t.claimed_until > \(now)) AS claimed
                     FROM callback_tasks t WHERE t.state = 'open' AND (t.owner_id = s.id OR t.claimed_by = s.id)) tasks
            ORDER BY s.username LIMIT 1000
            """, as: AdviserHolding.self)
        let loads = holdings.compactMap { holding -> AdviserLoad? in
            let activity = byAdviser[holding.id]
            guard holding.isCaller || activity != nil || holding.owned + holding.claimed > 0 else { return nil }
            return AdviserLoad(
                username: holding.username, displayName: holding.displayName, open: holding.owned,
                claimed: holding.claimed, activity: activity ?? AdviserActivity(of: holding.id))
        }
        return loads.sorted { ($1.attempts, $0.username) < ($0.attempts, $1.username) }
    }
}
