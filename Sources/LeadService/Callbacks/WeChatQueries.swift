import Foundation
import Postgres

/// That an adviser has somebody on WeChat, since when.
struct WeChatContact: TableRow, Sendable {
    static let columns = "s.username, w.added_at"
    let by: String
    let addedAt: Date

    init(row: PostgresRow) throws {
        (self.by, self.addedAt) = try row.decode((String, Date).self)
    }

    var json: JSONOutput {
        .object(["added_by": .string(self.by), "added_at": .string(RFC3339.text(self.addedAt))])
    }
}

extension Transaction {
    /// The first to have added this person, by whichever of their linked numbers.
    func weChatContact(of lead: UUID) async throws -> WeChatContact? {
        try await self.first(
            """
            SELECT \(columnsOf: WeChatContact.self) FROM wechat_contacts w JOIN leads l ON l.id = w.lead_id JOIN staff s ON s.id = w.added_by
            WHERE \(isOrMergedInto: lead) ORDER BY w.added_at, w.lead_id LIMIT 1
            """, as: WeChatContact.self)
    }

    /// Who added them first stays.
    static func addingWeChat(of lead: UUID, by adviser: UUID, at now: Date) -> PostgresQuery {
        """
        INSERT INTO wechat_contacts (lead_id, added_by, added_at) VALUES (\(lead), \(adviser), \(now)) ON CONFLICT (lead_id) DO NOTHING
        """
    }

    static func removingWeChat(of lead: UUID) -> PostgresQuery {
        "DELETE FROM wechat_contacts w USING leads l WHERE l.id = w.lead_id AND \(isOrMergedInto: lead)"
    }

    func deleteWeChat(of lead: UUID, addedUpTo limit: Date) async throws {
        try await self.execute("DELETE FROM wechat_contacts WHERE lead_id = \(lead) AND added_at <= \(limit)")
    }
}
