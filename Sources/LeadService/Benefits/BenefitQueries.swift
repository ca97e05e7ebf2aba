import Foundation
import Leads
import NIOCore
package import Postgres

extension BenefitFile: TableRow {
    package static let columns = "type, content"

    package init(row: PostgresRow) throws {
        let (type, content) = try row.decode((String, ByteBuffer).self)
        guard let kind = Kind(rawValue: type) else { throw MissingRow() }
        self.init(kind: kind, bytes: content.bytes)
    }
}

extension BenefitRequest: TableRow {
    static let columns = "b.benefit, b.title, b.requested_at"

    init(row: PostgresRow) throws {
        (self.benefit, self.title, self.requestedAt) = try row.decode((String, String, Date).self)
    }
}

extension Transaction {
    /// Whether an inquiry is still there.
    func isThere(inquiry: UUID) async throws -> Bool {
        try await self.execute("SELECT 1 FROM inquiries WHERE id = \(inquiry) AND erased_at IS NULL")
    }

    /// Keeps the first wish of a lead for a benefit.
    ///
    /// - Returns: whether this was it.
    func insertBenefitRequest(_ benefit: String, title: String, inquiry: UUID, at now: Date) async throws -> Bool {
        try await self.execute(
            """
            INSERT INTO benefit_requests (lead_id, benefit, title, inquiry_id, requested_at)
            SELECT lead_id, \(benefit), \(title), id, \(now) FROM inquiries WHERE id = \(inquiry) AND erased_at IS NULL
            ON CONFLICT (lead_id, benefit) DO NOTHING RETURNING 1
            """)
    }

    /// What one lead asked for, the oldest first.
    func benefitRequests(of lead: UUID) async throws -> [BenefitRequest] {
        try await self.all(
            """
            SELECT \(columnsOf: BenefitRequest.self) FROM benefit_requests b WHERE b.lead_id = \(lead)
            ORDER BY b.requested_at, b.benefit LIMIT 200
            """)
    }

    /// What a lead and those merged with it asked for, the newest first.
    func cardBenefits(of lead: UUID) async throws -> [BenefitRequest] {
        try await self.all(
            """
            SELECT \(columnsOf: BenefitRequest.self) FROM benefit_requests b JOIN leads l ON l.id = b.lead_id
            WHERE \(isOrMergedInto: lead) AND l.erased_at IS NULL ORDER BY b.requested_at DESC, b.benefit LIMIT 50
            """)
    }

    func deleteBenefitRequests(of lead: UUID, madeUpTo limit: Date) async throws {
        try await self.execute(
            "DELETE FROM benefit_requests WHERE lead_id = \(lead) AND requested_at <= \(limit)")
    }

    func benefitFile(_ sha256: String) async throws -> BenefitFile? {
        try await self.first(
            "SELECT \(columnsOf: BenefitFile.self) FROM benefit_files WHERE sha256 = decode(\(sha256)::text, 'hex')")
    }

    func hasBenefitFile(_ sha256: String) async throws -> Bool {
        try await self.execute("SELECT 1 FROM benefit_files WHERE sha256 = decode(\(sha256)::text, 'hex')")
    }

    /// Keeps a file; one that is there stays.
    func insertBenefitFile(_ file: BenefitFile, sha256: [UInt8], by actor: String, at now: Date) async throws {
        try await self.execute(
            """
            INSERT INTO benefit_files (sha256, type, content, added_by, added_at)
            VALUES (\(ByteBuffer(bytes: sha256)), \(file.kind.rawValue), \(ByteBuffer(bytes: file.bytes)), \(actor), \(now))
            ON CONFLICT (sha256) DO NOTHING
            """)
    }
}
