import Foundation
import Leads
import Postgres

extension ProvisionalPromise: TableRow {
    static let columns = "id, accepted_at, due_at, preferred_window"

    init(row: PostgresRow) throws {
        let (inquiry, acceptedAt, dueAt, window) = try row.decode((UUID, Date, Date, String?).self)
        self.init(inquiry: inquiry, acceptedAt: acceptedAt, dueAt: dueAt, window: window)
    }
}

/// A day on which promises fall due, and how many.
struct PromisedDay: TableRow {
    static let columns = "(due_at AT TIME ZONE 'Asia/Shanghai')::date::text, count(*)"
    let day: ShanghaiDate
    let count: Int

    init(row: PostgresRow) throws {
        let (day, count) = try row.decode((String, Int).self)
        self.day = try ShanghaiDate(parsing: day)
        self.count = count
    }
}

/// When an open task is due.
struct OpenPromise: TableRow {
    static let columns = "id, due_at, provisional"
    let task: UUID
    let dueAt: Date
    let provisional: Bool

    init(row: PostgresRow) throws {
        (self.task, self.dueAt, self.provisional) = try row.decode((UUID, Date, Bool).self)
    }
}

extension Transaction {
    /// One import at a time.
    func lockCalendar() async throws {
        try await self.execute("LOCK TABLE calendar_years IN SHARE ROW EXCLUSIVE MODE")
    }

    /// Unmet promises that were made while a year was not known.
    func provisionalPromises() async throws -> [ProvisionalPromise] {
        try await self.all(
            "SELECT \(columnsOf: ProvisionalPromise.self) FROM inquiries WHERE provisional AND met_at IS NULL AND cancelled_at IS NULL AND erased_at IS NULL ORDER BY id"
        )
    }

    /// Lets nobody keep or change them meanwhile; their tasks are locked before them, as a result does it.
    func lockProvisionalPromises() async throws {
        try await self.execute(
            "SELECT 1 FROM callback_tasks WHERE provisional AND met_at IS NULL AND state <> 'closed' ORDER BY id FOR NO KEY UPDATE"
        )
        try await self.execute(
            "SELECT 1 FROM inquiries WHERE provisional AND met_at IS NULL AND cancelled_at IS NULL AND erased_at IS NULL ORDER BY id FOR UPDATE"
        )
    }

    func movePromise(_ inquiry: UUID, to dueAt: Date, provisional: Bool) async throws {
        try await self.execute(
            "UPDATE inquiries SET due_at = \(dueAt), provisional = \(provisional) WHERE id = \(inquiry)")
    }

    /// Remembers what the receipt says of a move.
    func insertDeadlineMove(of inquiry: UUID, from earlier: Date, to dueAt: Date, at now: Date) async throws {
        try await self.execute(
            """
            INSERT INTO deadline_moves (inquiry_id, moved_at, earlier_due_at, due_at)
            VALUES (\(inquiry), \(now), \(earlier), \(dueAt))
            """)
    }

    /// An unmet provisional task is due with the earliest unmet inquiry it was opened for.
    func carryPromisesToTasks() async throws {
        try await self.execute(
            """
            UPDATE callback_tasks t SET due_at = greatest(t.due_at, p.due_at), provisional = p.provisional
            FROM (SELECT o.id, min(i.due_at) AS due_at, (array_agg(i.provisional ORDER BY i.due_at))[1] AS provisional
                  FROM callback_tasks o JOIN leads l ON l.id = o.lead_id OR l.merged_into = o.lead_id
                  JOIN inquiries i ON i.lead_id = l.id AND (i.accepted_at >= o.accepted_at OR l.id <> o.lead_id AND i.due_at >= o.due_at)
                  WHERE i.cancelled_at IS NULL AND o.state <> 'closed' AND o.provisional AND o.met_at IS NULL AND i.met_at IS NULL AND NOT i.quarantined
                  GROUP BY o.id) p
            WHERE p.id = t.id
            """)
    }

    /// The days ahead on which firm promises that are still unmet fall due.
    func promisedDays(after now: Date) async throws -> [PromisedDay] {
        try await self.all(
            """
            SELECT \(columnsOf: PromisedDay.self) FROM callback_tasks
            WHERE state <> 'closed' AND met_at IS NULL AND NOT provisional AND due_at > \(now) GROUP BY 1 ORDER BY 1 LIMIT 1000
            """)
    }

    func openPromises(after now: Date) async throws -> [OpenPromise] {
        try await self.all(
            """
            SELECT \(columnsOf: OpenPromise.self) FROM callback_tasks
            WHERE state <> 'closed' AND met_at IS NULL AND due_at > \(now) ORDER BY due_at, id
            """)
    }
}
