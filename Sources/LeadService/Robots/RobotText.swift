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
                + promises(.slaMost) { "用去八成时间还没有打，最早的是 \($0) 前" } + Set(others).sorted())
    }

    /// What the day brings.
    func plan(_ day: ShanghaiDate, _ figures: DayFigures) -> String {
        self.text(
            "\(day.text)计划",
            ["今天到期 \(figures.dueToday) 条"] + (figures.overdue > 0 ? ["已超时 \(figures.overdue) 条"] : [])
                + (figures.appointments > 0 ? ["约好今天再打 \(figures.appointments) 条"] : []) + ["顾问 \(figures.advisers) 位"])
    }

    /// What still has to be rung before closing; nil when nothing has.
    func rescue(_ day: ShanghaiDate, _ loads: [OwnerLoad]) -> String? {
        let all = loads.reduce(0) { $0 + $1.count }
        guard all > 0 else { return nil }
        return self.text(
            "\(day.text)还有 \(all) 条今天到期没有打",
            loads.map { "\($0.owner ?? "公共池") \($0.count) 条，最早 \(ShanghaiDate.clockText($0.firstDue)) 前" })
    }
}

/// What is ahead on a day.
struct DayFigures: Sendable {
    var dueToday: Int
    var overdue: Int
    var appointments: Int
    var advisers: Int
}

/// How many unmet promises of a day are whose.
struct OwnerLoad: Sendable {
    /// The username; nil for what is nobody's.
    var owner: String?
    var count: Int
    var firstDue: Date
}
