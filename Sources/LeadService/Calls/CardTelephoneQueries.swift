import Foundation
import NIOCore
import Postgres

extension CardCall: TableRow {
    static let columns =
        "d.id, s.username, d.number, d.state, d.requested_at, d.duration_seconds, d.failure, d.recording_reference_sealed"

    init(row: PostgresRow) throws {
        let (id, by, number, state, requested, duration, failure, recording) = try row.decode(
            (UUID, String, String, String, Date, Int32?, String?, ByteBuffer?).self)
        self.init(
            id: id, by: by, number: number, state: state, requestedAt: requested,
            durationSeconds: duration.map { Int($0) }, failure: failure, recordingSealed: recording?.bytes)
    }
}

extension CardMissedCall: TableRow {
    static let columns = """
        r.created_at, s.username,
        CASE WHEN m.id IS NULL THEN 'unknown' WHEN m.delivery IS NOT NULL THEN m.delivery WHEN m.state = 'sending' THEN 'queued' ELSE m.state END
        """

    init(row: PostgresRow) throws {
        let (at, by, delivery) = try row.decode((Date, String, String).self)
        self.init(at: at, by: by, delivery: delivery)
    }
}

extension Transaction {
    func cardTelephone(of task: CallbackTask) async throws -> CardTelephone {
        CardTelephone(
            phoneLead: task.phoneRow, second: try await self.secondNumber(of: task.phoneRow),
            hasSecret: try await self.telephoneSecret() != nil,
            calls: try await self.all(
                """
                SELECT \(columnsOf: CardCall.self) FROM calls d
                JOIN callback_claims c ON c.task_id = d.task_id AND c.claim_number = d.claim_number JOIN staff s ON s.id = c.adviser_id
                WHERE d.task_id = \(task.id) ORDER BY d.requested_at DESC, d.id DESC LIMIT 100
                """),
            missed: try await self.all(
                """
                SELECT \(columnsOf: CardMissedCall.self) FROM call_attempts a JOIN missed_call_messages r ON r.attempt_id = a.id
                JOIN staff s ON s.id = a.adviser_id LEFT JOIN messages m ON m.id = r.message_id
                WHERE a.task_id = \(task.id) ORDER BY r.created_at DESC LIMIT 100
                """))
    }
}
