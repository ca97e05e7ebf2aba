import Postgres

extension Transaction {
    /// Whether this database was used before: then there are values that only its keys can open.
    package func hasAuditEvents() async throws -> Bool {
        try await self.execute("SELECT 1 FROM audit_events LIMIT 1")
    }
}
