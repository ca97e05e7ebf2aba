import Foundation
import LeadService
import Leads
import NIOCore
import Postgres
import TestDatabase

/// Many leads at once, sealed as always, written straight to the tables with a few statements.
struct BulkLeads: Sendable {
    let keys: KeyRing
    var remark = "想问社保基数"
    var acceptedAt = Date(timeIntervalSince1970: 1_795_573_800)

    /// Writes leads `range`, the number's last digits being the lead's.
    func write(_ range: Range<Int>, to database: TestDatabase) async throws {
        for start in stride(from: range.lowerBound, to: range.upperBound, by: 250) {
            try await self.writeBatch(start..<min(start + 250, range.upperBound), to: database)
        }
    }

    private func writeBatch(_ range: Range<Int>, to database: TestDatabase) async throws {
        let leads = range.map { _ in UUID() }
        let inquiries = range.map { _ in UUID() }
        let phones = try range.map { try PhoneNumber(parsing: "138\(10_000_000 + $0)") }
        let name = try PersonName(parsing: "欧阳晓")
        func sealed(_ text: String, _ table: String, _ column: String, _ row: UUID) throws -> ByteBuffer {
            ByteBuffer(bytes: try self.keys.seal(text, at: SealedPlace(table, column, row)))
        }
        let phoneIndexes = phones.map { ByteBuffer(bytes: self.keys.index(of: $0)) }
        let lastFours = phones.map { ByteBuffer(bytes: self.keys.index(ofLastFour: $0.lastFour)) }
        let phonesSealed = try zip(phones, leads).map { try sealed($0.e164, "leads", "phone_sealed", $1) }
        let namesSealed = try inquiries.map { try sealed(name.text, "inquiries", "name_sealed", $0) }
        let remarksSealed = try inquiries.map { try sealed(self.remark, "inquiries", "remark_sealed", $0) }
        let nameIndex = ByteBuffer(bytes: self.keys.index(of: name))
        try await database.query(
            """
            WITH given AS (
                SELECT * FROM unnest(\(leads)::uuid[], \(inquiries)::uuid[], \(phoneIndexes)::bytea[], \(lastFours)::bytea[],
                    \(phonesSealed)::bytea[], \(namesSealed)::bytea[], \(remarksSealed)::bytea[]) WITH ORDINALITY
                    AS g (lead, inquiry, phone_index, last_four, phone, name, remark, n)
            ), lead AS (
                INSERT INTO leads (id, phone_index, phone_index_key, phone_sealed, last_four_index, created_at)
                SELECT lead, phone_index, 1, phone, last_four, \(self.acceptedAt)::timestamptz + n * interval '1 second' FROM given
            ), inquiry AS (
                INSERT INTO inquiries (id, lead_id, name_sealed, name_index, remark_sealed, source, accepted_at, due_at, provisional)
                SELECT inquiry, lead, name, \(nameIndex), remark, '{"utm":{"source":"article"}}', \(self.acceptedAt)::timestamptz,
                       \(self.acceptedAt)::timestamptz + interval '1 day', false FROM given
            )
            INSERT INTO callback_tasks (id, lead_id, latest_inquiry_id, state, accepted_at, newest_inquiry_at, due_at, provisional, next_attempt_at)
            SELECT gen_random_uuid(), lead, inquiry, 'open', \(self.acceptedAt), \(self.acceptedAt),
                   \(self.acceptedAt)::timestamptz + interval '1 day', false, \(self.acceptedAt) FROM given
            """)
    }
}
