import Foundation
import Leads
package import Postgres

extension Site: TableRow {
    package static let columns =
        "name, form_key, origins, active, closes_on::text, quota::bigint, taken::bigint, closed_text"

    package init(row: PostgresRow) throws {
        let (name, key, origins, active, closes, quota, taken, text) =
            try row.decode((String, String, [String], Bool, String?, Int?, Int, String?).self)
        self.init(name: name, formKey: key, origins: try origins.map { try Origin(parsing: $0) })
        self.isActive = active
        self.closesOn = try closes.map { try ShanghaiDate(parsing: $0) }
        self.quota = quota
        self.taken = taken
        self.closedText = text
    }
}

extension Transaction {
    func site(formKey: String) async throws -> Site? {
        try await self.first("SELECT \(columnsOf: Site.self) FROM sites WHERE form_key = \(formKey)")
    }

    func site(named name: String) async throws -> Site? {
        try await self.first("SELECT \(columnsOf: Site.self) FROM sites WHERE name = \(name) FOR UPDATE")
    }

    func sites() async throws -> [Site] {
        try await self.all("SELECT \(columnsOf: Site.self) FROM sites ORDER BY name LIMIT 1000")
    }

    /// Whether some site's pages have that origin.
    func isSiteOrigin(_ origin: String) async throws -> Bool {
        try await self.execute("SELECT 1 FROM sites WHERE origins @> ARRAY[\(origin)]::text[] LIMIT 1")
    }

    /// Adds a site; false when there is one of that name.
    func insertSite(_ site: Site, at now: Date) async throws -> Bool {
        try await self.execute(
            """
            INSERT INTO sites (name, form_key, origins, active, closes_on, quota, closed_text, created_at)
            VALUES (\(site.name), \(site.formKey), \(site.origins.map(\.description)), \(site.isActive),
                    \(site.closesOn?.description)::text::date, \(site.quota), \(site.closedText), \(now))
            ON CONFLICT (name) DO NOTHING RETURNING 1
            """)
    }

    /// Writes what may change of a site; a quota that changes begins anew.
    func updateSite(_ site: Site) async throws {
        try await self.execute(
            """
            UPDATE sites SET origins = \(site.origins.map(\.description)), active = \(site.isActive),
                   closes_on = \(site.closesOn?.description)::text::date, closed_text = \(site.closedText),
                   taken = CASE WHEN quota IS DISTINCT FROM \(site.quota)::integer THEN 0 ELSE taken END, quota = \(site.quota)
            WHERE name = \(site.name)
            """)
    }
}
