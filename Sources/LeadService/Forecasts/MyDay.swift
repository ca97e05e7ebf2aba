import Foundation
import Leads

/// What one adviser has done today, and when everybody will be done at this pace.
struct MyDay: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    private let forecasts: Forecasts

    init(database: Database, dependencies: Dependencies, forecasts: Forecasts) {
        self.database = database
        self.dependencies = dependencies
        self.forecasts = forecasts
    }

    func show(for session: StaffSession) async throws -> JSONOutput {
        let today = ShanghaiDate(self.dependencies.now())
        let done = try await self.database.autocommit {
            try await $0.callsMade(
                by: session.staffID, from: today.at(minute: 0), until: today.adding(1).at(minute: 0))
        }
        let day = try await self.forecasts.today()
        let forecast = day.forecast
        return .object([
            "done": .integer(done.calls), "reached": .integer(done.contacts), "due_today": .integer(forecast.unmet),
            "finished_at": .optional(forecast.finishedAt.map { RFC3339.text($0) }),
            "late_count": .integer(forecast.late.count), "working_day": .bool(day.isWorkingDay),
        ])
    }
}
