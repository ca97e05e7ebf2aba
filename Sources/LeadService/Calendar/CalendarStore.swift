import Foundation
package import Leads
import ServiceLifecycle
import Synchronization

/// The working calendar in memory: the notices' years and the firm's own days, read again every minute.
package final class CalendarStore: Service, Sendable {
    private let database: Database
    private let calendar: Mutex<WorkingCalendar>

    /// - Parameter shipped: what to go by until the database was read.
    package init(database: Database, shipped: WorkingCalendar) {
        self.database = database
        self.calendar = Mutex(shipped)
    }

    package var current: WorkingCalendar { self.calendar.withLock { $0 } }

    /// Reads the tables.
    package func reload() async throws {
        let (years, company) = try await self.database.autocommit { session in
            (try await session.calendarYears(), try await session.companyDays())
        }
        let calendar = WorkingCalendar(years: years, companyDays: company)
        self.calendar.withLock { $0 = calendar }
    }

    package func run() async throws {
        for await _ in AsyncTimerSequence(every: .seconds(60)).cancelOnGracefulShutdown() {
            try? await self.reload()
        }
    }
}
