import Foundation
package import Leads
import ServiceLifecycle
import Synchronization

/// The working calendar in memory: the notices' years and the firm's own days, read again every few seconds.
package final class CalendarStore: Service, Sendable {
    private let database: Database
    private let loaded: Mutex<(calendar: WorkingCalendar, version: Int)>

    /// - Parameter shipped: what to go by until the database was read.
    package init(database: Database, shipped: WorkingCalendar) {
        self.database = database
        self.loaded = Mutex((shipped, 0))
    }

    package var current: WorkingCalendar { self.loaded.withLock { $0.calendar } }

    /// The calendar, and what tells it from the one of another import.
    var versioned: (calendar: WorkingCalendar, version: Int) { self.loaded.withLock { $0 } }

    /// Reads the tables.
    package func reload() async throws {
        // The version first: a calendar newer than its version is only read once more.
        let (version, state) = try await self.database.autocommit { session in
            (try await session.calendarVersion(), try await session.calendarState())
        }
        let calendar = state.calendar
        self.loaded.withLock { $0 = (calendar, version) }
    }

    package func run() async throws {
        for await _ in AsyncTimerSequence(every: .seconds(5)).cancelOnGracefulShutdown() {
            try? await self.reload()
        }
    }
}
