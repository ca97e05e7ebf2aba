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
    private let state = Mutex(State())

    private struct State {
        var rows: [SettingRow] = []
        var snapshot: Snapshot?
    }

    /// The settings of the time from one row's effect to the next one's.
    private struct Snapshot {
        var settings: Settings
        var time: Range<Date>
    }

    package init(database: Database, now: @escaping @Sendable () -> Date, locked: [String: String]) {
        self.database = database
        self.now = now
        self.locked = locked
    }

    /// What is in force now: the defaults, the newest stored values that have come, the environment on top.
    package var current: Settings {
        let now = self.now()
        return self.state.withLock { state in
            if let snapshot = state.snapshot, snapshot.time.contains(now) { return snapshot.settings }
            let times = state.rows.map(\.effectiveAt)
            let snapshot = Snapshot(
                settings: self.settings(of: state.rows.filter { $0.effectiveAt <= now }),
                time: (times.filter { $0 <= now }.max() ?? .distantPast)..<(times.filter { $0 > now }.min()
                    ?? .distantFuture))
            state.snapshot = snapshot
            return snapshot.settings
        }
    }

    private func settings(of rows: [SettingRow]) -> Settings {
        var settings = Settings(rows: rows)
        for (key, text) in self.locked { _ = settings.apply(key, .string(text)) }
        return settings
    }

    /// Reads the table.
    package func reload() async throws {
        let rows = try await self.database.autocommit { try await $0.settingRows() }
        self.state.withLock { $0 = State(rows: rows) }
    }

    package func run() async throws {
        for await _ in AsyncTimerSequence(every: .seconds(5)).cancelOnGracefulShutdown() {
            try? await self.reload()
        }
    }
}
