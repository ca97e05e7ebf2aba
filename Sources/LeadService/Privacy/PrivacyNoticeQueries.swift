import NIOCore
package import Postgres

extension PrivacyNotice: TableRow {
    package static let columns = "version, effective_on::text, sha256, text"

    package init(row: PostgresRow) throws {
        let (version, effectiveOn, sha256, text) = try row.decode((String, String, ByteBuffer, String).self)
        self.init(version: version, effectiveOn: effectiveOn, sha256: sha256.bytes, text: text)
    }
}

extension Transaction {
    /// Every version, the newest last.
    func privacyNotices() async throws -> [PrivacyNotice] {
        try await self.all(
            "SELECT \(columnsOf: PrivacyNotice.self) FROM privacy_notices ORDER BY effective_on, version LIMIT 100")
    }

    func insertPrivacyNotice(_ notice: PrivacyNotice) async throws {
        try await self.execute(
            """
            INSERT INTO privacy_notices (version, effective_on, sha256, text)
            VALUES (\(notice.version), \(notice.effectiveOn)::text::date, \(ByteBuffer(bytes: notice.sha256)), \(notice.text))
            ON CONFLICT (version) DO NOTHING
            """)
    }
}
