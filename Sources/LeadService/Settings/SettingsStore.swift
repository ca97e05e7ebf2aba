package import Foundation
import Leads
import Logging
import ServiceLifecycle
import Synchronization

/// The settings, kept in memory and read again every few seconds.
package final class SettingsStore: Service, Sendable {
    private let database: Database
    private let now: @Sendable () -> Date
    private let locked: [String: String]
    private let rows = Mutex<[SettingRow]>([])

    package init(database: Database, now: @escaping @Sendable () -> Date, locked: [String: String]) {
        self.database = database
        self.now = now
        self.locked = locked
    }

    /// What is in force now: the defaults, the newest stored values that have come, the environment on top.
    package var current: Settings {
        let now = self.now()
        var settings = Settings()
        for row in self.rows.withLock({ $0 }) where row.effectiveAt <= now {
            _ = settings.apply(row.key, row.value)
        }
        for (key, text) in self.locked {
            _ = settings.apply(key, .string(text))
        }
        return settings
    }

    /// The locked keys whose value cannot be used.
    package var misfits: [String] {
        var settings = Settings()
        return self.locked.filter { !settings.apply($0.key, .string($0.value)) }.map(\.key).sorted()
    }

    /// Reads the table.
    package func reload() async throws {
        let rows = try await self.database.autocommit { try await $0.settingRows() }
        self.rows.withLock { $0 = rows }
    }

    package func run() async throws {
        for await _ in AsyncTimerSequence(every: .seconds(5)).cancelOnGracefulShutdown() {
            try? await self.reload()
        }
    }
}
