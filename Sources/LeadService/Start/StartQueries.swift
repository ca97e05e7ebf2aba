import Foundation
import Leads
import NIOCore
import Postgres

extension TrialMessage: TableRow {
    static let columns = """
        t.message_id, t.sent_at, m.state, m.gateway, m.failure, m.delivery, m.delivery_code,
        (SELECT a.outcome FROM gateway_attempts a WHERE a.message_id = m.id ORDER BY a.attempt DESC, a.position DESC LIMIT 1)
        """

    init(row: PostgresRow) throws {
        let (id, at, state, gateway, failure, delivery, code, outcome) = try row.decode(
            (UUID, Date, String?, String?, String?, String?, String?, String?).self)
        self.init(
            id: id, sentAt: at, state: state, gateway: gateway, failure: failure, delivery: delivery,
            deliveryCode: code, outcome: outcome)
    }
}

extension Transaction {
    /// How many administrators there are, until when the database's log was archived, and the newest trial.
    func startFacts() async throws -> (administrators: Int, archivedAt: Date?, trial: TrialMessage?) {
        let counted = try await self.rows("SELECT count(*) FROM staff WHERE active AND role = 'administrator'").first
        let archived = try await self.rows("SELECT last_archived_time FROM pg_stat_archiver").first
        let trial: TrialMessage? = try await self.first(
            """
            SELECT \(columnsOf: TrialMessage.self) FROM trial_messages t LEFT JOIN messages m ON m.id = t.message_id
            ORDER BY t.sent_at DESC, t.number DESC LIMIT 1
            """)
        return (try counted?.decode(Int.self) ?? 0, try archived?.decode(Date?.self) ?? nil, trial)
    }

    func trial(_ id: UUID) async throws -> TrialMessage? {
        try await self.first(
            """
            SELECT \(columnsOf: TrialMessage.self) FROM trial_messages t LEFT JOIN messages m ON m.id = t.message_id
            WHERE t.message_id = \(id)
            """)
    }

    func trials(on day: ShanghaiDate) async throws -> Int {
        try await self.rows("SELECT count(*) FROM trial_messages WHERE day = \(day.description)::text::date").first?
            .decode(Int.self) ?? 0
    }

    /// Counts a trial of a day.
    ///
    /// - Returns: false when there were enough, or another one was counted at the same time.
    func insertTrial(
        _ message: UUID, of staff: UUID, on day: ShanghaiDate, most: Int, at now: Date
    ) async throws -> Bool {
        try await self.execute(
            """
            INSERT INTO trial_messages (message_id, sent_by, day, number, sent_at)
            SELECT \(message), \(staff), \(day.description)::text::date, 1 + count(*), \(now) FROM trial_messages
            WHERE day = \(day.description)::text::date HAVING count(*) < \(most)
            ON CONFLICT DO NOTHING RETURNING 1
            """)
    }

    /// Leaves it in the outbox.
    ///
    /// - Returns: false when the windows that all sends share are used up.
    func insertTrialMessage(_ note: NoticeDraft, to phone: [UInt8], at now: Date, until: Date) async throws -> Bool {
        try await self.execute(
            """
            WITH admitted AS MATERIALIZED (SELECT \(admitting: note, at: now) AS yes)
            INSERT INTO messages (id, template, phone_index, phone_sealed, parameters_sealed, state, created_at, send_at, expires_at)
            SELECT \(note.message), 'inquiry_code', \(ByteBuffer(bytes: phone))::bytea, \(ByteBuffer(bytes: note.phoneSealed))::bytea,
                   \(ByteBuffer(bytes: note.parametersSealed))::bytea, 'queued', \(now), \(now), \(until)
            FROM admitted WHERE yes RETURNING 1
            """)
    }
}
