import Foundation
import Leads
import Postgres

/// The counting calls of a stretch, as the board counts them, and those in which somebody was spoken to.
struct CallsMade: TableRow {
    static let columns = "calls, contacts"
    let calls: Int
    let contacts: Int

    init(row: PostgresRow) throws {
        (self.calls, self.contacts) = try row.decode((Int, Int).self)
    }
}

extension Transaction {
    func callsMade(by adviser: UUID, from start: Date, until end: Date) async throws -> CallsMade {
        let contacts = Disposition.allCases.filter(\.isContact).map(\.rawValue)
        let made: CallsMade? = try await self.first(
            """
            SELECT \(columnsOf: CallsMade.self) FROM (
                SELECT count(*) AS calls, count(*) FILTER (WHERE disposition = ANY (\(contacts))) AS contacts FROM call_attempts
                WHERE adviser_id = \(adviser) AND at >= \(start) AND at < \(end) AND counts) made
            """)
        guard let made else { throw MissingRow() }
        return made
    }
}
