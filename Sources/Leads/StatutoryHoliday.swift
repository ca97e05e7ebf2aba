/// A holiday that every official arrangement has, and where in the year its days off lie.
struct StatutoryHoliday: Sendable {
    let name: String
    let english: String
    /// Month and day of the first and the last day it can fall on; the lunar ones move.
    let first: (month: Int, day: Int)
    let last: (month: Int, day: Int)
    /// The fewest days off it ever brought.
    let days: Int

    static let all = [
        StatutoryHoliday(name: "元旦", english: "New Year", first: (1, 1), last: (1, 1), days: 1),
        StatutoryHoliday(name: "春节", english: "Spring Festival", first: (1, 20), last: (2, 28), days: 3),
        StatutoryHoliday(name: "清明节", english: "Qingming", first: (4, 4), last: (4, 6), days: 1),
        StatutoryHoliday(name: "劳动节", english: "Labour Day", first: (5, 1), last: (5, 1), days: 1),
        StatutoryHoliday(name: "端午节", english: "Dragon Boat Festival", first: (5, 26), last: (6, 27), days: 1),
        StatutoryHoliday(name: "中秋节", english: "Mid-Autumn Festival", first: (9, 6), last: (10, 9), days: 1),
        StatutoryHoliday(name: "国庆节", english: "National Day", first: (10, 1), last: (10, 3), days: 3),
    ]

    /// Whether a year's days off leave room for it.
    func isIn(_ year: Int, off: some Sequence<ShanghaiDate>) -> Bool {
        guard let first = ShanghaiDate(year: year, month: self.first.month, day: self.first.day),
            let last = ShanghaiDate(year: year, month: self.last.month, day: self.last.day)
        else { return false }
        return off.count { first <= $0 && $0 <= last } >= self.days
    }
}
