import Foundation
package import Leads

/// A day of the firm's own: one it opens or one it closes, whatever the notice says.
package struct CompanyDay: Sendable, Hashable {
    package var isOpen: Bool
    package var reason: String

    package init(isOpen: Bool, reason: String) {
        self.isOpen = isOpen
        self.reason = reason
    }

    var kind: String { self.isOpen ? "open" : "closed" }

    var json: JSONOutput {
        .object(["kind": .string(self.kind), "reason": .string(self.reason)])
    }
}

/// What somebody changes of the calendar.
package enum CalendarChange: Sendable {
    /// Years as a file has them.
    case years([CalendarYear])
    /// A day of the firm's own; nil takes it back.
    case companyDay(ShanghaiDate, CompanyDay?)
}

/// All that decides which days are worked: the years of the notices and the firm's own days.
package struct CalendarState: Sendable, Equatable {
    var years: [CalendarYear]
    var companyDays: [ShanghaiDate: CompanyDay]

    var calendar: WorkingCalendar {
        WorkingCalendar(years: self.years, companyDays: self.companyDays.mapValues(\.isOpen))
    }

    /// The same text for the same state.
    var text: String {
        let company = self.companyDays.map { ($0.key.description, $0.value.json) }
        return JSONOutput.array(self.years.sorted { $0.year < $1.year }.map(\.json)).text
            + JSONOutput.object(Dictionary(uniqueKeysWithValues: company)).text
    }

    /// The days off, or the days worked instead, of all years.
    func days(_ list: (CalendarYear) -> [ShanghaiDate: String]) -> [ShanghaiDate: String] {
        self.years.reduce(into: [:]) { $0.merge(list($1)) { first, _ in first } }
    }

    /// Replaces years.
    ///
    /// A day that two years list belongs to the one that was loaded last; one that is off in a notice and worked in another
    /// year's is refused.
    ///
    /// - Throws: `calendar_invalid`.
    mutating func replace(with fresh: [CalendarYear]) throws(ValidationFailure) {
        var others = self.years.filter { old in !fresh.contains { $0.year == old.year } }
        for year in fresh {
            let pointer = "/years/\(year.year)"
            guard !year.off.isEmpty else {
                throw ValidationFailure(
                    "calendar_invalid", at: pointer, "\(year.year) 年没有任何放假日，请核对",
                    english: "\(year.year) has no day off at all.")
            }
            for index in others.indices {
                let old = others[index]
                let contradicted =
                    year.off.keys.filter { old.makeup[$0] != nil } + year.makeup.keys.filter { old.off[$0] != nil }
                if old.isOfficial, let day = contradicted.min() {
                    throw ValidationFailure(
                        "calendar_invalid", at: pointer,
                        "\(day.fullText)在 \(old.year) 年和 \(year.year) 年的安排里一处放假、一处上班，请核对",
                        english: "\(day) is off in one of \(old.year) and \(year.year), and worked in the other.")
                }
                for day in Array(year.off.keys) + Array(year.makeup.keys) {
                    others[index].off[day] = nil
                    others[index].makeup[day] = nil
                }
            }
        }
        self.years = (others + fresh).sorted { $0.year < $1.year }
    }
}

extension CalendarYear {
    var status: String { self.isOfficial ? "official" : "provisional" }

    /// The year as the audit keeps it.
    var json: JSONOutput {
        func days(_ days: [ShanghaiDate: String]) -> JSONOutput {
            .object(Dictionary(uniqueKeysWithValues: days.map { ($0.key.description, JSONOutput.string($0.value)) }))
        }
        return .object([
            "year": .integer(self.year), "status": .string(self.status), "notice": .string(self.notice),
            "off": days(self.off), "makeup": days(self.makeup),
        ])
    }
}
