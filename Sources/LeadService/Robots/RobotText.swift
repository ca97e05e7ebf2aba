import Foundation
import Leads

/// What robots say: counts, times and usernames, never the name or number of a visitor.
struct RobotText: Sendable {
    /// Where the desk is.
    let desk: String

    private static let mostLines = 10
    /// As the shortest of the vendors' limits, 2048 bytes.
    private static let mostBytes = 2048

    private func text(_ title: String, _ lines: [String]) -> String {
        var lines = lines
        if lines.count > Self.mostLines { lines = lines.prefix(Self.mostLines) + ["……"] }
        func whole() -> String { (["【回访】" + title] + lines.map { "· " + $0 } + [self.desk]).joined(separator: "\n") }
        while whole().utf8.count > Self.mostBytes, !lines.isEmpty { lines.removeLast() }
        return whole()
    }

    /// Alerts that came within a short while, those of promises counted.
    func alerts(_ alerts: [Alert]) -> String {
        func promises(_ kind: AlertKind, _ words: (String) -> String) -> [String] {
            let dues = alerts.filter { $0.kind == kind }.compactMap(\.dueAt)
            guard let first = dues.min() else { return [] }
            return ["\(dues.count) 条回访" + words(ShanghaiDate.timeText(first))]
        }
        let others = alerts.filter { $0.dueAt == nil }.map(\.text)
        return self.text(
            "提醒",
            promises(.slaLate) { "超时又过了 4 个工作小时，仍没有打，最早的是 \($0) 前" }
                + promises(.slaBroken) { "超时未打，最早的是 \($0) 前" }
                + promises(.slaMost) { "用去八成时间还没有打，最早的是 \($0) 前" } + self.forecast(alerts) + Set(others).sorted())
    }

    /// What the forecast names, by whose it is.
    private func forecast(_ alerts: [Alert]) -> [String] {
        let named = alerts.filter { $0.kind == .forecastLate }
        return Dictionary(grouping: named) { $0.parameters["owner"] ?? "" }.sorted { $0.key < $1.key }.map {
            owner, of in
            let first = of.compactMap(\.dueAt).min().map { ShanghaiDate.timeText($0) } ?? ""
            return "按现在的速度 \(of.count) 条可能超时，\(owner.isEmpty ? "公共池" : owner)，最早的是 \(first) 前"
        }
    }

    /// When all will be rung, and how many too late.
    private func pace(_ day: DayForecast) -> [String] {
        guard day.forecast.unmet > 0 else { return [] }
        guard day.advisers > 0 else { return ["今天没有人上班"] }
        let end = day.forecast.finishedAt.map { "按现在的速度 \(ShanghaiDate.clockText($0)) 打完" } ?? "按现在的速度今天打不完"
        let late = day.forecast.late.count
        return [end + (late > 0 ? "，\(late) 条可能超时" : "")]
    }

    private func paused(_ paused: PausedPromises) -> [String] {
        paused.firstDue.map { ["暂停中、还没打 \(paused.count) 条，最早 \(ShanghaiDate.timeText($0)) 前"] } ?? []
    }

    /// What the day brings.
    func plan(_ day: ShanghaiDate, _ figures: DayFigures, _ forecast: DayForecast) -> String {
        self.text(
            "\(day.text)计划",
            ["今天到期 \(figures.dueToday) 条"] + (figures.overdue > 0 ? ["已超时 \(figures.overdue) 条"] : [])
                + (figures.appointments > 0 ? ["约好今天再打 \(figures.appointments) 条"] : []) + self.paused(figures.paused)
                + ["今天上班 \(forecast.advisers) 位"] + self.pace(forecast))
    }

    /// What still has to be rung before closing.
    func rescue(_ day: ShanghaiDate, _ loads: [OwnerLoad], _ paused: PausedPromises, _ forecast: DayForecast) -> String
    {
        let all = loads.reduce(0) { $0 + $1.count }
        return self.text(
            "\(day.text)还有 \(all + paused.count) 条今天到期没有打",
            self.pace(forecast) + self.paused(paused)
                + loads.map { "\($0.owner ?? "公共池") \($0.count) 条，最早 \(ShanghaiDate.clockText($0.firstDue)) 前" })
    }
}

/// What is ahead on a day.
struct DayFigures: Sendable {
    var dueToday: Int
    var overdue: Int
    var appointments: Int
    var paused: PausedPromises
}

/// Promises that wait for the end of a pause and fall due by the end of a day, overdue ones too.
struct PausedPromises: Sendable {
    var count: Int
    /// Nil when there are none.
    var firstDue: Date?
}

/// How many unmet promises of a day are whose.
struct OwnerLoad: Sendable {
    /// The username; nil for what is nobody's.
    var owner: String?
    var count: Int
    var firstDue: Date
}
