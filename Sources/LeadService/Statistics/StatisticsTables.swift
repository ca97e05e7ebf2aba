import Foundation
import Leads

private typealias Table = StatisticsTable

extension Statistics {
    func table(_ name: StatisticsTable.Name, labels: Questionnaire) -> StatisticsTable {
        switch name {
        case .now: self.nowTable
        case .comparison: self.comparisonTable
        case .recent: self.recentTable
        case .days:
            Table(
                caption: "按受理的日期", title: "每天",
                columns: [
                    .text("日期"), .init(title: "受理"), .init(title: "按时致电"), .init(title: "逾期"),
                    .init(title: "按时率", unit: "%"),
                ],
                rows: self.everyDay.map {
                    [
                        .day($0.date), .count($0.day.accepted), .count($0.day.kept), .count($0.day.broken),
                        .percent(Self.percent($0.day.kept, of: $0.day.kept + $0.day.broken)),
                    ]
                })
        case .endings:
            Table(
                caption: "不计入：没有致电，到期前就结束了", title: "不计入的原因",
                columns: [.text("原因"), .text("谁结束的"), .init(title: "咨询")],
                rows: self.rankedEndings.map {
                    [.text(StatisticsPage.reason($0.ending.reason)), .text($0.ending.by ?? "客户本人"), .count($0.count)]
                })
        case .breaches: self.breachTable
        case .funnel:
            Table(
                caption: "每一步还剩多少", title: "从验证码到签约",
                columns: [.text("一步"), .init(title: "数量"), .init(title: "占受理", unit: "%")],
                rows: self.steps.map { step in
                    [
                        .text(step.name), .count(step.count),
                        .percent(step.isOfAccepted ? Self.percent(step.count, of: self.funnel.accepted) : nil),
                    ]
                })
        case .sources: Self.origins("来源", self.rankedSources, caption: "按来源", without: "直接访问", beyond: "其他来源")
        case .articles:
            Self.origins("文章", self.rankedArticles, caption: "按文章：表单所在的页面", without: "未知页面", beyond: "其他文章")
        case .times:
            Table(
                caption: "从受理算起，只算工作时间", title: "多快",
                columns: [
                    .text("到"), .init(title: "咨询"), .init(title: "一半不超过", unit: "分钟"),
                    .init(title: "95% 不超过", unit: "分钟"),
                ],
                rows: self.times.map {
                    [
                        .text($0.name), .count($0.delays.count), .minutes($0.delays.length(percent: 50)),
                        .minutes($0.delays.length(percent: 95)),
                    ]
                })
        case .advisers: self.adviserTable
        case .assessments:
            Table(
                caption: "每档多少份", title: "积分分布", columns: [.text("积分"), .init(title: "份数")],
                rows: self.scores.histogram.map {
                    [.text("\($0.from)–\($0.from + Scores.width - 1)"), .count($0.count)]
                })
        case .suggestions:
            Table(
                caption: "不到 120 分的，改哪一项能到", title: "改哪一项能到", columns: [.text("答案"), .init(title: "份数")],
                rows: self.scores.rankedSuggestions.map { [.text(labels.label(of: $0.answer)), .count($0.count)] })
        case .care: self.careTable
        case .exports:
            Table(
                caption: "谁导出了多少", title: "导出",
                columns: [
                    .text("谁"), .init(title: "次数"), .init(title: "行数"), .init(title: "完整号码的导出"), .text("最近一次"),
                ],
                rows: (self.bands?.exporters ?? []).map {
                    [.text($0.actor), .count($0.exports), .count($0.rows), .odd($0.plain), .time($0.last)]
                })
        case .queues: self.queueTable
        case .calendar:
            Table(
                caption: "工作日历：没有导入的年份，截止时间是暂定的", title: "工作日历", columns: [.text("年份"), .text("放假通知")],
                rows: (self.bands?.calendar ?? []).map { [.text("\($0.year)"), .text($0.isLoaded ? "已导入" : "还没有导入")] })
        case .messages: self.messageTable
        case .costs: self.costTable
        }
    }

    /// The steps from a code to a contract, and which of them are a part of the inquiries.
    var steps: [(name: String, count: Int, isOfAccepted: Bool)] {
        var steps: [(String, Int, Bool)] = []
        if let codes = self.codes { steps += [("发出验证码", codes.sent, false), ("验证通过", codes.verified, false)] }
        return steps + zip(["受理咨询"] + Funnel.titles.dropFirst(), self.funnel.counts).map { ($0, $1, true) }
    }

    var times: [(name: String, delays: Delays)] {
        [("第一次拨打", self.firstAttempt), ("第一次联系上", self.firstContact), ("第一次有意向", self.firstQualified)]
    }

    private var nowTable: StatisticsTable {
        let rows: [[StatisticsTable.Cell]] =
            self.bands.map { bands in
                let present = bands.present
                return [
                    [.text("待办"), .count(present.open)], [.text("已逾期"), .odd(present.overdue)],
                    [.text("两小时内到期"), .count(present.soon)], [.text("暂停"), .count(present.paused)],
                    [.text("等得最久的受理于"), .time(present.oldest)], [.text("在岗顾问"), .count(present.onShift)],
                    [.name("近 15 分钟短信送达率", unit: "%"), .percent(present.deliveredPercent)],
                    [.name("今天的验证码额度已用", unit: "%"), .percent(present.budgetPercent)],
                ]
            } ?? []
        return Table(caption: "现在，不随日期变", title: "现在", columns: [.text("数字"), .init(title: "现在")], rows: rows)
    }

    private var comparisonTable: StatisticsTable {
        let before = self.previous.map {
            $0.period.from == $0.period.to
                ? $0.period.from.longText : "\($0.period.from.longText)至 \($0.period.to.text)"
        }
        return Table(
            caption: "上一期：\(before ?? "")，天数相同", title: "与上一期相比",
            columns: [.text("数字"), .init(title: "本期"), .init(title: "上期"), .text("变化")],
            rows: self.comparisons.map { name, value, before, difference in
                [
                    .name(name.title, unit: name.unit.trimmingCharacters(in: .whitespaces)),
                    .amount(value, unit: name.unit), .amount(before, unit: name.unit), .change(difference, of: name),
                ]
            })
    }

    private var recentTable: StatisticsTable {
        Table(
            caption: "到今天为止，不随日期变", title: "近期承诺",
            columns: [
                .text("受理于"), .init(title: "按时致电"), .init(title: "逾期"), .init(title: "按时率", unit: "%"),
                .init(title: "第一次拨打，一半不超过", unit: "分钟"), .init(title: "第一次拨打，95% 不超过", unit: "分钟"),
                .init(title: "第一次联系上，一半不超过", unit: "分钟"), .init(title: "第一次联系上，95% 不超过", unit: "分钟"),
            ],
            rows: (self.bands?.recent ?? []).map { recent in
                [.text(recent.title), .count(recent.kept), .odd(recent.broken), .percent(recent.percent)]
                    + (recent.firstAttempt.lengths(percents: [50, 95])
                    + recent.firstContact.lengths(percents: [50, 95]))
                    .map { .minutes($0) }
            })
    }

    private var breachTable: StatisticsTable {
        Table(
            caption: "逾期的咨询，最新的 \(Self.mostBreaches) 条", title: "逾期的咨询",
            columns: [
                .text("受理"), .text("答应的时间"), .text("第一次拨打"), .source("来源"), .text("顾问"),
                .init(title: "线索", kind: .fileOnly), .init(title: "咨询", kind: .fileOnly),
            ],
            rows: (self.bands?.breaches ?? []).map {
                [
                    .time($0.acceptedAt), .time($0.dueAt), .time($0.metAt),
                    .text($0.source.isEmpty ? "直接访问" : $0.source),
                    .text($0.owner ?? "—"), .text($0.lead.uuidString.lowercased()),
                    .text($0.inquiry.uuidString.lowercased()),
                ]
            })
    }

    private var adviserTable: StatisticsTable {
        Table(
            caption: "前两列是现在，其余是这段日期里", title: "顾问",
            columns: [.text("顾问")]
                + ["名下", "正在处理", "结果", "有效拨打", "联系上"].map { StatisticsTable.Column(title: $0) }
                + [.init(title: "联系率", unit: "%"), .init(title: "看号码"), .init(title: "没看号码就记结果")],
            rows: self.advisers.map { load in
                [.text(load.displayName)]
                    + [load.open, load.claimed, load.attempts, load.countingAttempts, load.contacts].map { .count($0) }
                    + [
                        .percent(Self.percent(load.contacts, of: load.countingAttempts)), .count(load.reveals),
                        .odd(load.resultsWithoutReveal),
                    ]
            })
    }

    private var careTable: StatisticsTable {
        Table(
            caption: "对个人信息做了什么", title: "个人信息",
            columns: [.text("数字"), .init(title: "本期"), .init(title: "上期"), .text("变化")],
            rows: (self.bands?.careRows ?? []).map { row in
                [
                    .text(row.title), .count(row.value), .count(row.before),
                    .change(row.before.map { row.value - $0 }, of: nil),
                ]
            })
    }

    private var queueTable: StatisticsTable {
        Table(
            caption: "后台工作，现在", title: "后台工作",
            columns: [
                .text("工作"), .init(title: "排队"), .text("最早的从"), .init(title: "没做成"), .init(title: "连续失败的轮次"),
                .text("状态"),
            ],
            rows: (self.bands?.jobs ?? []).compactMap { state in
                JobName(rawValue: state.name).map {
                    [
                        .text($0.title), .count(state.depth), .time(state.oldest), .odd(state.dead),
                        .odd(state.failures),
                        .text(state.heldAt == nil ? "在做" : "停住了"),
                    ]
                }
            })
    }

    private var messageTable: StatisticsTable {
        let prices = self.messages?.prices ?? [:]
        return Table(
            caption: "按网关和号段的运营商，送达率只算有回执的", title: "短信",
            columns: [
                .text("网关"), .text("运营商"), .init(title: "已交出"), .init(title: "已送达"), .init(title: "送达率", unit: "%"),
                .init(title: "一半送达不超过", unit: "秒"), .init(title: "未送达"), .init(title: "没有回执"), .init(title: "结果不明"),
                .init(title: "计费条数"), .init(title: "费用", unit: "元"), .text("网关拒绝"),
            ],
            rows: (self.messages?.gateways ?? []).map { row in
                [
                    .text(row.title),
                    .text(MobileOperator(rawValue: row.networkOperator)?.title ?? row.networkOperator),
                    .count(row.handedOver), .count(row.delivered), .percent(row.percent),
                    .amount(row.median, unit: " 秒"),
                    .count(row.failed), .count(row.unreported), .count(row.unknown), .count(row.segments),
                    .yuan(row.cost(at: prices[row.gateway]), digits: 3), .text(row.refusalText),
                ]
            })
    }

    private var costTable: StatisticsTable {
        Table(
            caption: "这段日期的花费，分摊到同一来源在这段日期受理的咨询，单位为元", title: "广告花费",
            columns: [
                .source("来源"), .init(title: "花费", unit: "元"), .init(title: "受理"), .init(title: "每条咨询", unit: "元"),
                .init(title: "已联系上"), .init(title: "每个联系上", unit: "元"), .init(title: "已签约"),
                .init(title: "每个签约", unit: "元"),
            ],
            rows: (self.rankedCosts + (self.costs.isEmpty ? [] : [("合计", self.totalCost)])).map { name, cost in
                [
                    .text(name), .yuan(cost.yuan), .count(cost.funnel.accepted), .yuan(cost.perInquiry),
                    .count(cost.funnel.contacted), .yuan(cost.perContact), .count(cost.funnel.converted),
                    .yuan(cost.perConversion),
                ]
            })
    }

    private static func origins(
        _ title: String, _ ranked: [(name: String?, funnel: Funnel)], caption: String, without: String, beyond: String
    ) -> StatisticsTable {
        Table(
            caption: caption, title: "按\(title)",
            columns: [.source(title)] + Funnel.titles.map { StatisticsTable.Column(title: $0) },
            rows: ranked.map { name, funnel in
                [.text(name.map { $0.isEmpty ? without : $0 } ?? beyond)] + funnel.counts.map { .count($0) }
            })
    }
}

extension Statistics.Funnel {
    static let titles = ["受理", "已拨打", "已联系上", "有意向", "已签约"]

    /// In the order of the steps.
    var counts: [Int] { [self.accepted, self.attempted, self.contacted, self.qualified, self.converted] }
}
