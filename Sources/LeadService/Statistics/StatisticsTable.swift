import Foundation
import Leads

/// One table of the statistics, as its file holds it.
struct StatisticsTable: Sendable {
    /// The tables that have a file, as its address names them.
    enum Name: String, CaseIterable, Sendable {
        case comparison, days, endings, funnel, sources, articles, times, advisers, assessments, suggestions, messages,
            costs
    }

    var columns: [String]
    var rows: [[String]]
}

extension Statistics {
    private static let steps = ["受理", "已拨打", "已联系上", "有意向", "已签约"]

    /// The table in numbers, without units and signs that a spreadsheet would have to take off; empty where there is none.
    func table(_ name: StatisticsTable.Name, labels: Questionnaire) -> StatisticsTable {
        switch name {
        case .comparison: self.comparisonTable
        case .days:
            StatisticsTable(
                columns: ["日期", "受理", "按时致电", "逾期"],
                rows: self.everyDay.map {
                    [$0.date.description, "\($0.day.accepted)", "\($0.day.kept)", "\($0.day.broken)"]
                })
        case .endings:
            StatisticsTable(
                columns: ["原因", "谁结束的", "咨询"],
                rows: self.rankedEndings.map {
                    [StatisticsPage.reason($0.ending.reason), $0.ending.by ?? "客户本人", "\($0.count)"]
                })
        case .funnel:
            StatisticsTable(columns: ["一步", "数量"], rows: self.steps.map { [$0.name, "\($0.count)"] })
        case .sources: Self.table("来源", self.rankedSources, without: "直接访问", beyond: "其他来源")
        case .articles: Self.table("文章", self.rankedArticles, without: "未知页面", beyond: "其他文章")
        case .times:
            StatisticsTable(
                columns: ["到", "咨询", "一半不超过（分钟）", "95% 不超过（分钟）"],
                rows: self.times.map {
                    [
                        $0.name, "\($0.delays.count)", Self.cell($0.delays.length(percent: 50)),
                        Self.cell($0.delays.length(percent: 95)),
                    ]
                })
        case .advisers: self.adviserTable
        case .assessments:
            StatisticsTable(
                columns: ["积分", "份数"],
                rows: self.scores.histogram.map { ["\($0.from)–\($0.from + Scores.width - 1)", "\($0.count)"] })
        case .suggestions:
            StatisticsTable(
                columns: ["答案", "份数"],
                rows: self.scores.rankedSuggestions.map { [labels.label(of: $0.answer), "\($0.count)"] })
        case .messages: self.messageTable
        case .costs: self.costTable
        }
    }

    /// The steps from a code to a contract.
    var steps: [(name: String, count: Int)] {
        var steps: [(name: String, count: Int)] = []
        if let codes = self.codes { steps += [("发出验证码", codes.sent), ("验证通过", codes.verified)] }
        return steps + zip(["受理咨询"] + Self.steps.dropFirst(), self.funnel.counts).map { ($0, $1) }
    }

    var times: [(name: String, delays: Delays)] {
        [("第一次拨打", self.firstAttempt), ("第一次联系上", self.firstContact), ("第一次有意向", self.firstQualified)]
    }

    private var comparisonTable: StatisticsTable {
        StatisticsTable(
            columns: ["数字", "本期", "上期", "变化"],
            rows: self.comparisons.map { name, value, before, difference in
                let unit = name.unit.trimmingCharacters(in: .whitespaces)
                return [
                    unit.isEmpty ? name.title : "\(name.title)（\(unit)）", Self.cell(value), Self.cell(before),
                    Self.cell(difference),
                ]
            })
    }

    private var adviserTable: StatisticsTable {
        StatisticsTable(
            columns: ["顾问", "名下", "正在处理", "结果", "有效拨打", "联系上", "看号码", "没看号码就记结果"],
            rows: self.advisers.map { load in
                [load.displayName]
                    + [
                        load.open, load.claimed, load.attempts, load.countingAttempts, load.contacts, load.reveals,
                        load.resultsWithoutReveal,
                    ].map { "\($0)" }
            })
    }

    private var messageTable: StatisticsTable {
        StatisticsTable(
            columns: ["网关", "运营商", "已交出", "已送达", "未送达", "没有回执", "结果不明", "计费条数", "费用（元）"],
            rows: (self.messages?.gateways ?? []).map { row in
                [row.gateway, MobileOperator(rawValue: row.networkOperator)?.title ?? row.networkOperator]
                    + [row.handedOver, row.delivered, row.failed, row.unreported, row.unknown, row.segments]
                    .map { "\($0)" }
                    + [row.cost(at: self.messages?.prices[row.gateway]).map { String(format: "%.3f", $0) } ?? ""]
            })
    }

    private static func table(
        _ title: String, _ ranked: [(name: String?, funnel: Funnel)], without: String, beyond: String
    ) -> StatisticsTable {
        StatisticsTable(
            columns: [title] + Self.steps,
            rows: ranked.map { name, funnel in
                [name.map { $0.isEmpty ? without : $0 } ?? beyond] + funnel.counts.map { "\($0)" }
            })
    }

    private static func cell(_ number: Int?) -> String { number.map { "\($0)" } ?? "" }
}

extension Statistics.Funnel {
    /// In the order of the steps.
    var counts: [Int] { [self.accepted, self.attempted, self.contacted, self.qualified, self.converted] }
}
