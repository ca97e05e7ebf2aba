import Foundation
import Leads
import NIOCore
import Postgres

extension Transaction {
    func insertLogo(_ image: LogoImage, _ sha256: [UInt8], by actor: String, at now: Date) async throws {
        try await self.execute(
            """
            INSERT INTO company_logos (sha256, content, width, height, added_by, added_at)
            VALUES (\(ByteBuffer(bytes: sha256)), \(ByteBuffer(bytes: image.bytes)), \(image.width)::integer, \(image.height)::integer,
                    \(actor), \(now))
            ON CONFLICT DO NOTHING
            """)
    }

    func logo(_ sha256: String) async throws -> [UInt8]? {
        try await self.rows("SELECT content FROM company_logos WHERE sha256 = decode(\(sha256), 'hex')").first?
            .decode(ByteBuffer.self).bytes
    }

    /// Whether a picture is there, with the size that is said of it.
    func hasLogo(_ logo: CompanyLogo) async throws -> Bool {
        try await self.execute(
            """
            SELECT 1 FROM company_logos
            WHERE sha256 = decode(\(logo.sha256), 'hex') AND width = \(logo.width)::integer AND height = \(logo.height)::integer
            """)
    }
}
