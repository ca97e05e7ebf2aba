import Foundation
import Leads

/// What of the calendar is loaded, from which notice, and what rests on a guess.
struct CalendarList: Sendable {
    let database: Database

    /// The years, the firm's own days, and how many open deadlines are provisional.
    func json() async throws -> JSONOutput {
        let (years, company, provisional) = try await self.database.autocommit { session in
            (
                try await session.loadedCalendarYears(), try await session.companyDays(),
                try await session.provisionalDeadlines()
            )
        }
        return .object([
            "items": .array(years.map(\.json)), "next_cursor": .null,
            "company_days": .array(
                company.sorted { $0.key < $1.key }.map {
                    .object([
                        "day": .string($0.key.description), "kind": .string($0.value.kind),
                        "reason": .string($0.value.reason),
                    ])
                }),
            "provisional_deadlines": .integer(provisional),
        ])
    }
}

/// A year and when it was loaded.
struct LoadedYear: Sendable {
    var year: Int
    var isOfficial: Bool
    var notice: String
    var loadedAt: Date
    /// Day and name of what is off and what is worked instead, as JSON objects.
    var off: String
    var makeup: String

    var json: JSONOutput {
        .object([
            "year": .integer(self.year), "status": .string(self.isOfficial ? "official" : "provisional"),
            "notice": .string(self.notice), "loaded_at": .string(RFC3339.text(self.loadedAt)),
            "off": .raw(self.off), "makeup": .raw(self.makeup),
        ])
    }
}
