import Foundation
import Leads
import Postgres

extension Statistics {
    /// How the queue stands now.
    struct Present: TableRow {
        static let columns = "t.open, t.overdue, t.soon, t.paused, t.oldest, on_shift"
        let open: Int
        let overdue: Int
        /// Due within two hours.
        let soon: Int
        let paused: Int
        /// When the oldest inquiry that nobody answered was accepted.
        let oldest: Date?
        let onShift: Int
        /// What gateways did in the last quarter of an hour.
        var messages: [GatewayStatistics] = []
        /// The share of the day's codes that are used up, in per cent.
        var budgetPercent = 0

        init(row: PostgresRow) throws {
            (self.open, self.overdue, self.soon, self.paused, self.oldest, self.onShift) =
                try row.decode((Int, Int, Int, Int, Date?, Int).self)
        }

        /// The share of the messages of the last quarter of an hour with a report that arrived, in per cent.
        var deliveredPercent: Int? {
            let delivered = self.messages.reduce(0) { $0 + $1.delivered }
            let reported = delivered + self.messages.reduce(0) { $0 + $1.failed }
            return reported > 0 ? Int((Double(delivered) * 100 / Double(reported)).rounded()) : nil
        }
    }

    /// A promise that was broken.
    struct Breach: TableRow {
        static let columns = """
            i.id, \(MergedLead.target), i.accepted_at, i.due_at, i.met_at, short_source(i.source), owner.display_name
            """
        let inquiry: UUID
        let lead: UUID
        let acceptedAt: Date
        let dueAt: Date
        let metAt: Date?
        let source: String
        /// Whose the lead's newest task is, or who held it last.
        let owner: String?

        init(row: PostgresRow) throws {
            (self.inquiry, self.lead, self.acceptedAt, self.dueAt, self.metAt, self.source, self.owner) =
                try row.decode((UUID, UUID, Date, Date, Date?, String, String?).self)
        }
    }

    /// What was done with people's data in a period, beside the looks at numbers.
    struct Care: TableRow, Sendable {
        static let columns = """
            exports.made, exports.rows, exports.plain, withdrawn.count, erased.count, aside.count,
            requests.copy, requests.correct, requests.erase, requests.stop_calls, requests.withdraw
            """
        let exports: Int
        let exportedRows: Int
        /// Exports with plain numbers.
        let plain: Int
        let withdrawn: Int
        let erased: Int
        /// Inquiries put into quarantine.
        let aside: Int
        let requests: [(kind: String, count: Int)]

        init(row: PostgresRow) throws {
            let (copy, correct, erase, stop, withdraw): (Int, Int, Int, Int, Int)
            (
                self.exports, self.exportedRows, self.plain, self.withdrawn, self.erased, self.aside, copy, correct,
                erase, stop,
                withdraw
            ) = try row.decode((Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int).self)
            self.requests = [
                ("copy", copy), ("correct", correct), ("erase", erase), ("stop_calls", stop), ("withdraw", withdraw),
            ]
        }
    }

    /// What one person took away in a period.
    struct Exporter: TableRow {
        static let columns =
            "actor, count(*), coalesce(sum(rows), 0)::bigint, count(*) FILTER (WHERE phone = 'plain'), max(at)"
        let actor: String
        let exports: Int
        let rows: Int
        let plain: Int
        let last: Date

        init(row: PostgresRow) throws {
            (self.actor, self.exports, self.rows, self.plain, self.last) =
                try row.decode((String, Int, Int, Int, Date).self)
        }
    }
}

extension Transaction {
    func present(at now: Date) async throws -> Statistics.Present {
        let present: Statistics.Present? = try await self.first(
            """
            SELECT \(columnsOf: Statistics.Present.self)
            FROM (SELECT count(*) FILTER (WHERE state = 'open') AS open, count(*) FILTER (WHERE state = 'paused') AS paused,
                         count(*) FILTER (WHERE state = 'open' AND met_at IS NULL AND due_at < \(now)) AS overdue,
                         count(*) FILTER (WHERE state = 'open' AND met_at IS NULL AND due_at >= \(now)
                                            AND due_at < \(now.addingTimeInterval(7200))) AS soon,
                         min(accepted_at) FILTER (WHERE state = 'open' AND met_at IS NULL) AS oldest
                  FROM callback_tasks WHERE state = 'open' OR state = 'paused') t,
                 (SELECT count(*) AS on_shift FROM staff s
                  WHERE s.active AND s.role = 'adviser' AND s.availability = 'on_shift'
                    AND EXISTS (SELECT FROM staff_sessions x WHERE x.staff_id = s.id AND x.expires_at > \(now)
                                AND x.last_seen_at > \(now.addingTimeInterval(-BoardAdviser.recent)))) p
            """)
        guard var present else { throw MissingRow() }
        present.messages = try await self.gatewayStatistics(in: now.addingTimeInterval(-900)..<now, at: now)
        return present
    }

    /// Broken promises of some days, the newest first.
    func breaches(on days: [ShanghaiDate], at now: Date, limit: Int) async throws -> [Statistics.Breach] {
        try await self.all(
            """
            SELECT \(columnsOf: Statistics.Breach.self)
            FROM unnest(\(days.map { $0.at(minute: 0) })::timestamptz[]) AS d (begun),
            LATERAL (SELECT * FROM inquiries WHERE accepted_at >= d.begun AND accepted_at < d.begun + interval '24 hours' AND NOT quarantined
                       AND (met_at > due_at OR met_at IS NULL AND due_at < \(now))) i
            JOIN leads l ON l.id = i.lead_id
            LEFT JOIN LATERAL (SELECT s.display_name FROM callback_tasks t
                               LEFT JOIN LATERAL (SELECT c.adviser_id FROM callback_claims c WHERE c.task_id = t.id
                                                  ORDER BY c.claim_number DESC LIMIT 1) c ON true
                               JOIN staff s ON s.id = coalesce(t.owner_id, c.adviser_id)
                               WHERE t.lead_id = \(unescaped: MergedLead.target) ORDER BY t.accepted_at DESC, t.id DESC LIMIT 1) owner ON true
            WHERE i.met_at IS NOT NULL OR i.cancelled_at IS NULL AND coalesce((
                SELECT t.closed_at > i.due_at FROM callback_tasks t
                WHERE t.lead_id = \(unescaped: MergedLead.target) AND (t.closed_at IS NULL OR t.closed_at >= i.accepted_at)
                ORDER BY t.closed_at NULLS LAST LIMIT 1), true) OR i.cancelled_at > i.due_at
            ORDER BY i.accepted_at DESC, i.id DESC LIMIT \(limit)
            """)
    }

    func care(in time: Range<Date>) async throws -> Statistics.Care {
        let (from, to) = (time.lowerBound, time.upperBound)
        let care: Statistics.Care? = try await self.first(
            """
            SELECT \(columnsOf: Statistics.Care.self)
            FROM (SELECT count(*) AS made, coalesce(sum(rows), 0)::bigint AS rows, count(*) FILTER (WHERE phone = 'plain') AS plain
                  FROM export_records WHERE state = 'done' AND at >= \(from) AND at < \(to)) exports,
                 (SELECT count(*) FROM consents WHERE purpose = 'inquiry' AND withdrawn_at >= \(from) AND withdrawn_at < \(to)) withdrawn,
                 (SELECT count(*) FROM leads WHERE erased_at >= \(from) AND erased_at < \(to)) erased,
                 (SELECT count(*) FROM quarantined_inquiries WHERE submitted_at >= \(from) AND submitted_at < \(to)) aside,
                 (SELECT count(*) FILTER (WHERE kind = 'copy') AS copy, count(*) FILTER (WHERE kind = 'correct') AS correct,
                         count(*) FILTER (WHERE kind = 'erase') AS erase, count(*) FILTER (WHERE kind = 'stop_calls') AS stop_calls,
                         count(*) FILTER (WHERE kind = 'withdraw') AS withdraw
                  FROM privacy_requests WHERE requested_at >= \(from) AND requested_at < \(to)) requests
            """)
        guard let care else { throw MissingRow() }
        return care
    }

    /// Who took leads away in a time, the most rows first.
    func exporters(in time: Range<Date>) async throws -> [Statistics.Exporter] {
        try await self.all(
            """
            SELECT \(columnsOf: Statistics.Exporter.self) FROM export_records
            WHERE state = 'done' AND at >= \(time.lowerBound) AND at < \(time.upperBound)
            GROUP BY actor ORDER BY coalesce(sum(rows), 0) DESC, actor LIMIT 100
            """)
    }
}
