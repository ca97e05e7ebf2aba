import Foundation
package import Leads

extension Cadence {
    /// Reads the setting `cadence`: an object with any of these members; what it does not name has its default.
    ///
    /// - Returns: nil for a member nobody knows, a number outside its range, or halves of a day the wrong way round.
    package init?(setting value: JSONValue) {
        guard case .object(let members) = value else { return nil }
        self.init()
        for (name, value) in members {
            let isKnown =
                switch name {
                case "no_answer_minutes": Settings.whole(value, 30...1440) { self.noAnswerMinutes = $0 }
                case "busy_minutes": Settings.whole(value, 5...1440) { self.busyMinutes = $0 }
                case "powered_off_minutes": Settings.whole(value, 30...1440) { self.poweredOffMinutes = $0 }
                case "materials_working_days": Settings.whole(value, 1...30) { self.materialsWorkingDays = $0 }
                case "suspended": Settings.whole(value, 1...10) { self.suspended = $0 }
                case "attempts": Settings.whole(value, 1...20) { self.attempts = $0 }
                case "working_days": Settings.whole(value, 1...30) { self.workingDays = $0 }
                case "attempts_per_day": Settings.whole(value, 1...10) { self.attemptsPerDay = $0 }
                case "minutes_apart": Settings.whole(value, 0...1440) { self.minutesApart = $0 }
                case "owner_minutes": Settings.whole(value, 0...1440) { self.ownerMinutes = $0 }
                case "morning_at": Self.clock(value, 0...719) { self.morningAt = $0 }
                case "afternoon_at": Self.clock(value, 720...1439) { self.afternoonAt = $0 }
                default: false
                }
            guard isKnown else { return nil }
        }
    }

    /// The defaults, as the setting spells them.
    static let standardValue: JSONValue = {
        let standard = Cadence()
        func clock(_ minute: Int) -> JSONValue {
            .string(ShanghaiDate.clockText(ShanghaiDate(dayNumber: 0).at(minute: minute)))
        }
        func number(_ value: Int) -> JSONValue { .number(Decimal(value)) }
        return .object([
            "no_answer_minutes": number(standard.noAnswerMinutes), "busy_minutes": number(standard.busyMinutes),
            "powered_off_minutes": number(standard.poweredOffMinutes),
            "materials_working_days": number(standard.materialsWorkingDays), "suspended": number(standard.suspended),
            "attempts": number(standard.attempts), "working_days": number(standard.workingDays),
            "attempts_per_day": number(standard.attemptsPerDay), "minutes_apart": number(standard.minutesApart),
            "owner_minutes": number(standard.ownerMinutes), "morning_at": clock(standard.morningAt),
            "afternoon_at": clock(standard.afternoonAt),
        ])
    }()

    /// A time of day, `09:30`.
    private static func clock(_ value: JSONValue, _ range: ClosedRange<Int>, _ set: (Int) -> Void) -> Bool {
        guard case .string(let text) = value, let match = text.wholeMatch(of: /([01][0-9]|2[0-3]):([0-5][0-9])/),
            let hour = Int(match.1), let minute = Int(match.2), range.contains(hour * 60 + minute)
        else { return false }
        set(hour * 60 + minute)
        return true
    }
}
