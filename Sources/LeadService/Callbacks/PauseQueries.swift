import Foundation
import Leads
import NIOCore
import Postgres

extension CardPause: TableRow {
    static let columns = """
        p.id, p.paused_at, s.username, p.reason, p.paused_until, p.note_sealed, p.resumed_at,
        (SELECT r.username FROM staff r WHERE r.id = p.resumed_by)
        """

    init(row: PostgresRow) throws {
        let (id, at, by, reason, until, note, resumedAt, resumedBy) =
            try row.decode((UUID, Date, String, String, Date, ByteBuffer?, Date?, String?).self)
        self.init(
            id: id, at: at, by: by, reason: reason, until: until, noteSealed: note?.bytes, resumedAt: resumedAt,
            resumedBy: resumedBy)
    }
}

extension Transaction {
    /// Lets an open task rest: its deadline stands, an agreed time that the rest goes over does not.
    func pauseTask(
        _ task: UUID, _ pause: PauseRequest, pauseID: UUID, note: [UInt8]?, by staff: UUID, at now: Date
    ) async throws {
        try await self.execute(
            """
            WITH paused AS (
                UPDATE callback_tasks SET state = 'paused', paused_reason = \(pause.reason.rawValue), paused_until = \(pause.until),
                       call_again_at = CASE WHEN call_again_at >= \(pause.until) THEN call_again_at END
                WHERE id = \(task) AND state = 'open' AND claimed_by IS NULL
                RETURNING id
            )
            INSERT INTO callback_pauses (id, task_id, paused_at, paused_by, reason, paused_until, note_sealed)
            SELECT \(pauseID), id, \(now), \(staff), \(pause.reason.rawValue), \(pause.until), \(note.map { ByteBuffer(bytes: $0) }) FROM paused
            """)
    }

    /// Whether a paused task is somebody's, or the pause is.
    func isPauseOf(_ staff: UUID, task: UUID) async throws -> Bool {
        try await self.execute(
            """
            SELECT 1 FROM callback_tasks t WHERE t.id = \(task) AND (t.owner_id = \(staff) OR \(staff) =
                (SELECT p.paused_by FROM callback_pauses p WHERE p.task_id = t.id ORDER BY p.paused_at DESC, p.id DESC LIMIT 1))
            """)
    }

    /// Opens a paused task by hand; what it had to wait for before, it waits for still.
    func resumeTask(_ task: UUID, by staff: UUID, at now: Date) async throws {
        try await self.execute(
            """
            WITH resumed AS (
                UPDATE callback_tasks SET state = 'open', paused_reason = NULL, paused_until = NULL,
                       next_attempt_at = greatest(next_attempt_at, \(now))
                WHERE id = \(task) AND state = 'paused'
                RETURNING id
            )
            UPDATE callback_pauses p SET resumed_at = \(now), resumed_by = \(staff) FROM resumed r
            WHERE p.id = (SELECT id FROM callback_pauses WHERE task_id = r.id ORDER BY paused_at DESC, id DESC LIMIT 1)
            """)
    }

    /// Opens the tasks whose rest is over; the owner's time for each begins then.
    ///
    /// - Returns: how many.
    func endPastPauses(at now: Date) async throws -> Int {
        try await self.rows(
            """
            UPDATE callback_tasks SET state = 'open', paused_reason = NULL, paused_until = NULL,
                   next_attempt_at = greatest(next_attempt_at, paused_until)
            WHERE id IN (SELECT id FROM callback_tasks WHERE state = 'paused' AND paused_until <= \(now)
                         ORDER BY id LIMIT 500 FOR UPDATE SKIP LOCKED)
            RETURNING 1
            """
        ).count
    }

    func cardPauses(of task: UUID) async throws -> [CardPause] {
        try await self.all(
            """
            SELECT \(columnsOf: CardPause.self) FROM callback_pauses p JOIN staff s ON s.id = p.paused_by
            WHERE p.task_id = \(task) ORDER BY p.paused_at DESC, p.id DESC LIMIT 100
            """)
    }
}
