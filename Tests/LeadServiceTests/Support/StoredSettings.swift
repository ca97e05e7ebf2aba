import Foundation
import LeadService
import Leads
import TestDatabase
import Testing

extension TestService {
    /// Stores a setting and reads it at once; one that no rule takes is a mistake of the test.
    func put(_ key: String, _ json: String) async throws {
        var settings = Settings()
        try #require(settings.apply(key, try StrictJSON.read(Array(json.utf8))), "\(key) \(json)")
        try await self.database.query(
            """
            INSERT INTO settings (key, value, effective_at, changed_by, changed_at) VALUES (\(key), \(json)::text::jsonb, '2026-01-01', 'test', '2026-01-01')
            ON CONFLICT (key, effective_at) DO UPDATE SET value = excluded.value
            """)
        try await self.services.settings.reload()
    }
}
