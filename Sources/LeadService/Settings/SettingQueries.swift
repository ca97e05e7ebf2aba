import Foundation
import Leads
import Postgres

/// A value from an instant on.
struct SettingRow: Sendable {
    let key: String
    let value: JSONValue
    let effectiveAt: Date
}

extension SettingRow: TableRow {
    static let columns = "key, value::text, effective_at"

    init(row: PostgresRow) throws {
        let (key, json, effectiveAt) = try row.decode((String, String, Date).self)
        self.init(key: key, value: try StrictJSON.read(Array(json.utf8)), effectiveAt: effectiveAt)
    }
}

extension Transaction {
    /// Every stored value, the older ones first.
    func settingRows() async throws -> [SettingRow] {
        try await self.all("SELECT \(columnsOf: SettingRow.self) FROM settings ORDER BY effective_at, key LIMIT 10000")
    }

    /// Sets a value from an instant on.
    func insertSetting(key: String, value: JSONOutput, effectiveAt: Date, by actor: String, at now: Date) async throws {
        try await self.execute(
            """
            INSERT INTO settings (key, value, effective_at, changed_by, changed_at)
            VALUES (\(key), \(value.text)::text::jsonb, \(effectiveAt), \(actor), \(now))
            ON CONFLICT (key, effective_at) DO UPDATE
            SET value = excluded.value, changed_by = excluded.changed_by, changed_at = excluded.changed_at
            """)
    }

    /// Takes back a value that was to come.
    func deleteSetting(_ key: String, effectiveAt: Date) async throws {
        try await self.execute("DELETE FROM settings WHERE key = \(key) AND effective_at = \(effectiveAt)")
    }

    /// Makes a change, with an event that has before and after; values may be numbers of people, so that they are sealed.
    func applySetting(
        _ change: SettingsChange, by actor: AuditActor, at now: Date, _ audit: Audit
    ) async throws {
        let instant = change.from ?? now
        if let new = change.new {
            try await self.insertSetting(
                key: change.key, value: JSONOutput(new), effectiveAt: instant, by: actor.name, at: now)
        } else {
            try await self.deleteSetting(change.key, effectiveAt: instant)
        }
        try await self.insert(
            audit.event(
                "settings.change", on: change.key, by: actor.name, role: actor.role,
                sealing: [
                    "old": JSONOutput(change.old), "new": change.new.map { JSONOutput($0) } ?? .null,
                    "effective_at": .string(RFC3339.text(instant)),
                ]))
    }

    /// Lets one change of a value that was read follow the other.
    func lockSettings() async throws {
        try await self.execute("LOCK TABLE settings IN SHARE ROW EXCLUSIVE MODE")
    }
}
