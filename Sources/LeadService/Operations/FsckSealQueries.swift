import Foundation
import Leads
import NIOCore
import Postgres

/// One sealed value with the row it belongs to.
struct SealedValue: TableRow {
    static let columns = "row, sealed, index"
    let row: UUID
    let sealed: [UInt8]
    let index: [UInt8]?

    init(row: PostgresRow) throws {
        let (id, sealed, index) = try row.decode((UUID, ByteBuffer, ByteBuffer?).self)
        (self.row, self.sealed, self.index) = (id, sealed.bytes, index?.bytes)
    }
}

extension Transaction {
    /// Opens the cursor over a column of sealed values.
    func declareSealed(_ column: SealedColumn) async throws {
        try await self.execute(
            """
            DECLARE fsck_sealed NO SCROLL CURSOR FOR
            SELECT \(columnsOf: SealedValue.self)
            FROM (SELECT \(unescaped: column.row), \(unescaped: column.column), \(unescaped: column.index ?? "NULL::bytea")
                  FROM \(unescaped: column.table) WHERE \(unescaped: column.column) IS NOT NULL) v (row, sealed, index)
            """)
    }

    func fetchSealed(_ count: Int) async throws -> [SealedValue] {
        try await self.all("FETCH FORWARD \(unescaped: String(count)) FROM fsck_sealed")
    }

    func closeSealed() async throws {
        try await self.execute("CLOSE fsck_sealed")
    }
}
