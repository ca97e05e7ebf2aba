import Foundation
import Leads
import NIOCore
import Postgres

/// What is known of a number before its row comes in.
struct ImportStanding: TableRow {
    static let columns = "lead, listed, erased"
    let lead: UUID?
    let isListed: Bool
    let isErased: Bool
    init(row: PostgresRow) throws {
        (self.lead, self.isListed, self.isErased) = try row.decode((UUID?, Bool, Bool).self)
    }
}

extension Transaction {
    /// The standing of each number, in their order.
    func importStanding(phones: [[UInt8]], pseudonyms: [[UInt8]]) async throws -> [ImportStanding] {
        try await self.all(
            """
            SELECT l.id AS lead, EXISTS (SELECT FROM do_not_call d WHERE d.phone_index = g.phone) AS listed,
                   g.pseudonym IN (SELECT t.pseudonym FROM erasure_tombstones t) AS erased
            FROM unnest(\(phones.map { ByteBuffer(bytes: $0) })::bytea[], \(pseudonyms.map { ByteBuffer(bytes: $0) })::bytea[])
                 WITH ORDINALITY AS g (phone, pseudonym, place)
            LEFT JOIN leads l ON l.phone_index = g.phone
            ORDER BY g.place
            """, as: ImportStanding.self)
    }

    func insertImport(
        _ id: UUID, at now: Date, by username: String, sha256: [UInt8], basis: ConsentBasis, _ result: LeadImportResult,
        _ inquiries: [UUID]
    ) async throws {
        try await self.execute(
            """
            WITH import AS (
                INSERT INTO lead_imports (id, made_at, made_by, sha256, basis, added, joined, repeated, refused)
                SELECT \(id), \(now), \(username), \(ByteBuffer(bytes: sha256)), \(basis.rawValue), \(result.added), \(result.joined),
                       \(result.repeated), \(result.refused.count - result.repeated)
                RETURNING id
            )
            INSERT INTO lead_import_inquiries (inquiry_id, import_id)
            SELECT g.inquiry, import.id FROM import, unnest(\(inquiries)::uuid[]) AS g (inquiry)
            """)
    }
}
