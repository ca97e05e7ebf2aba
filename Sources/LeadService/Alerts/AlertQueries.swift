import Foundation
import Leads
import Postgres

extension Alert: TableRow {
    static let columns = "a.kind, a.due_at, a.parameters::text"

    init(row: PostgresRow) throws {
        let (kind, dueAt, parameters) = try row.decode((String, Date?, String).self)
        try self.init(kind: kind, dueAt: dueAt, parameters: parameters)
    }

    fileprivate init(kind: String, dueAt: Date?, parameters: String) throws {
        guard let kind = AlertKind(rawValue: kind),
            case .object(let members) = try StrictJSON.read(Array(parameters.utf8))
        else { throw MissingRow() }
        self.init(kind: kind, dueAt: dueAt, parameters: members.compactMapValues(\.asText))
    }
}

extension ReadableAlert: TableRow {
    static let columns = "\(Alert.columns), a.id, a.task_id, a.created_at, r.read_at"

    init(row: PostgresRow) throws {
        let (kind, dueAt, parameters, id, task, createdAt, readAt) = try row.decode(
            (String, Date?, String, UUID, UUID?, Date, Date?).self)
        self.init(
            id: id, alert: try Alert(kind: kind, dueAt: dueAt, parameters: parameters), taskID: task,
            createdAt: createdAt, readAt: readAt)
    }
}

extension Transaction {
    /// Stores what was not told before, with whom it is told and which robots wait to tell it; of several processes one does.
    ///
    /// - Returns: how many were new and told to somebody.
    @discardableResult
    func insertAlerts(_ drafts: [AlertDraft], at now: Date) async throws -> Int {
        guard !drafts.isEmpty else { return 0 }
        let told = drafts.map { draft in draft.isSilent ? [] : draft.roles.map(\.rawValue) }
        return try await self.rows(
            """
            WITH drafts AS (
                SELECT * FROM unnest(
                    \(drafts.map(\.id))::uuid[], \(drafts.map(\.kind.rawValue))::text[], \(drafts.map(\.taskID))::uuid[],
                    \(drafts.map(\.dueAt))::timestamptz[], \(drafts.map(\.about))::text[],
                    \(drafts.map { JSONOutput.object($0.parameters.mapValues { .string($0) }).text })::text[],
                    \(drafts.map(\.person))::uuid[], \(told.map { $0.joined(separator: " ") })::text[],
                    \(drafts.map { $0.kind.robots.map(\.rawValue).joined(separator: " ") })::text[], \(drafts.map(\.isSilent))::boolean[])
                AS d (id, kind, task_id, due_at, about, parameters, person, roles, robots, silent)
            ), fresh AS (
                INSERT INTO staff_alerts (id, kind, task_id, due_at, about, parameters, created_at)
                SELECT d.id, d.kind, d.task_id, d.due_at, d.about, d.parameters::jsonb, \(now) FROM drafts d
                WHERE d.due_at IS NULL OR EXISTS (SELECT FROM callback_tasks t WHERE t.id = d.task_id AND t.state = 'open'
                                                    AND t.met_at IS NULL AND t.due_at = d.due_at)
                ON CONFLICT DO NOTHING RETURNING id
            ), told AS (
                SELECT d.id, d.person, string_to_array(d.roles, ' ') AS roles, string_to_array(d.robots, ' ') AS robots
                FROM drafts d JOIN fresh f ON f.id = d.id WHERE NOT d.silent
            ), readers AS (
                INSERT INTO staff_alert_readers (staff_id, alert_id)
                SELECT s.id, t.id FROM told t JOIN staff s ON s.active AND (s.id = t.person OR s.role = ANY (t.roles)
                    OR s.role IN ('supervisor', 'administrator')
                       AND NOT EXISTS (SELECT FROM staff o WHERE o.active AND (o.id = t.person OR o.role = ANY (t.roles))))
            ), waiting AS (
                INSERT INTO robot_alerts (robot_id, alert_id)
                SELECT r.id, t.id FROM told t JOIN robots r ON r.audience = ANY (t.robots)
            )
            SELECT 1 FROM told
            """
        ).count
    }

    /// A page of somebody's alerts, the newest first.
    func alerts(of staff: UUID, before cursor: UUID?, limit: Int) async throws -> [ReadableAlert] {
        try await self.all(
            """
            SELECT \(columnsOf: ReadableAlert.self) FROM staff_alert_readers r JOIN staff_alerts a ON a.id = r.alert_id
            WHERE r.staff_id = \(staff) AND (\(cursor)::uuid IS NULL OR r.alert_id < \(cursor)::uuid)
            ORDER BY r.alert_id DESC LIMIT \(limit)
            """)
    }

    func unreadAlerts(of staff: UUID) async throws -> Int {
        try await self.rows("SELECT count(*) FROM staff_alert_readers WHERE staff_id = \(staff) AND read_at IS NULL")
            .first?.decode(Int.self) ?? 0
    }

    /// Marks alerts of somebody's as read; other people's stay as they are.
    func readAlerts(_ ids: [UUID], of staff: UUID, at now: Date) async throws {
        try await self.execute(
            """
            UPDATE staff_alert_readers SET read_at = \(now)
            WHERE staff_id = \(staff) AND alert_id = ANY (\(ids)::uuid[]) AND read_at IS NULL
            """)
    }

    /// Deletes a batch of old alerts; those of a task that is not closed stay, so that none of its stages is told again.
    func deletePastAlerts(before: Date) async throws -> Int {
        try await self.rows(
            """
            DELETE FROM staff_alerts WHERE id IN
                (SELECT a.id FROM staff_alerts a WHERE a.created_at < \(before)
                   AND NOT EXISTS (SELECT FROM callback_tasks t WHERE t.id = a.task_id AND t.state <> 'closed') LIMIT 1000)
            RETURNING 1
            """
        ).count
    }
}
