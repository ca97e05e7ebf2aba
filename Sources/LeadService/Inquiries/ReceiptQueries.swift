import Foundation
import Postgres

extension ReceiptRow: TableRow {
    static let columns = "i.id, i.accepted_at, i.due_at, i.met_at, t.state, t.next_attempt_at, t.last_attempt_at"

    init(row: PostgresRow) throws {
        (self.inquiryID, self.acceptedAt, self.dueAt, self.metAt, self.state, self.nextAttemptAt, self.lastAttemptAt) =
            try row.decode((UUID, Date, Date, Date?, String?, Date?, Date?).self)
    }
}

extension Transaction {
    func receipt(_ inquiry: UUID) async throws -> ReceiptRow? {
        try await self.first(
            """
            SELECT \(columnsOf: ReceiptRow.self) FROM inquiries i JOIN leads l ON l.id = i.lead_id
            LEFT JOIN LATERAL (SELECT * FROM callback_tasks WHERE lead_id = \(unescaped: MergedLead.target)
                               ORDER BY accepted_at DESC, id DESC LIMIT 1) t ON true
            WHERE i.id = \(inquiry)
            """)
    }
}
