import Foundation
import Leads

/// The page of the statistics, in words.
struct StatisticsPage: Sendable {
    let questions: Questionnaire
    let now: @Sendable () -> Date

    func context(_ statistics: Statistics, for session: StaffSession) -> [String: Any] {
        let period = statistics.period
        var context = self.frame(session)
        context["is_whole"] = true
        context["is_any"] = statistics.funnel.accepted > 0
        (context["from"], context["to"]) = (period.from.description, period.to.description)
        (context["from_text"], context["to_text"]) = (period.from.longText, period.to.text)
        context["as_of"] = ShanghaiDate.timeText(statistics.asOf)
        for name in StatisticsTable.Name.allCases {
            let table = statistics.table(name, labels: self.questions)
            if !table.rows.isEmpty { context["\(name.rawValue)_table"] = table.context(name) }
        }
        context.merge(self.promise(statistics)) { $1 }
        context.merge(self.notes(statistics)) { $1 }
        context["days_chart"] = StatisticsChart.days(statistics.everyDay)
        context["rates_chart"] = StatisticsChart.rates(statistics.everyDay)
        context["funnel_chart"] = StatisticsChart.bars("每一步还剩多少", statistics.steps.map { ($0.name, $0.count) })
        context["sources_chart"] = StatisticsChart.bars(
            "受理的咨询来自哪里",
            statistics.rankedSources.prefix(10).map {
                ($0.name.map { $0.isEmpty ? "直接访问" : $0 } ?? "其他", $0.funnel.accepted)
            })
        context["advisers_chart"] = StatisticsChart.bars(
            "每位顾问的有效拨打", statistics.advisers.prefix(20).map { ($0.displayName, $0.countingAttempts) })
        context["care_chart"] = StatisticsChart.bars(
            "对个人信息做了什么", (statistics.bands?.careRows ?? []).map { ($0.title, $0.value) })
        context["messages_chart"] = StatisticsChart.bars(
            "各网关和运营商的送达率（%）",
            (statistics.messages?.gateways ?? []).compactMap { row in
                row.percent.map { ("\(row.title) \(MobileOperator(rawValue: row.networkOperator)?.title ?? "")", $0) }
            }, of: 100)
        context["scores_chart"] = StatisticsChart.scores(statistics.scores.histogram)
        return context
    }

    /// The figures of the period's promises.
    private func promise(_ statistics: Statistics) -> [String: Any] {
        let (kept, broken) = (statistics.promises[.kept] ?? 0, statistics.promises[.broken] ?? 0)
        var context: [String: Any] = [
            "kept": kept, "broken": broken, "is_broken": broken > 0, "open": statistics.promises[.open] ?? 0,
            "left_out": statistics.promises[.leftOut] ?? 0,
        ]
        context["kept_share"] = Statistics.percent(kept, of: kept + broken).map { "\($0)%" }
        return context
    }

    /// What is said beside the tables.
    private func notes(_ statistics: Statistics) -> [String: Any] {
        let scores = statistics.scores
        var notes: [String: Any] = [
            "has_scores": scores.count > 0, "scored": scores.count, "reaching": scores.reaching,
            "reaching_share": "\(Statistics.percent(scores.reaching, of: scores.count) ?? 0)%",
        ]
        notes["messages_note"] = statistics.messageNote
        switch statistics.codes?.from {
        case nil: notes["codes_note"] = "验证码的记录只留几天，这段日期的已经删除。"
        case let from? where from > statistics.period.from:
            notes["codes_note"] = "验证码的记录只留几天，前两行从 \(from.text)算起，其余是整段日期。"
        default: break
        }
        return notes
    }

    /// The page when the days could not be read: what was typed, and what is wrong with it.
    func refused(
        _ failures: [ValidationFailure], from: String?, to: String?, for session: StaffSession
    ) -> [String: Any] {
        var context = self.frame(session)
        (context["from"], context["to"]) = (from ?? "", to ?? "")
        context["has_errors"] = true
        let fields = failures.map { $0.pointer == "/to" ? "to" : "from" }
        context["errors"] = zip(fields, failures).map { ["field": $0, "detail": $1.detail] }
        for field in fields { context["\(field)_error"] = true }
        return context
    }

    private func frame(_ session: StaffSession) -> [String: Any] {
        ConsolePage(session: session, now: self.now(), people: []).context("statistics", title: "统计")
    }

    /// Why an inquiry was over.
    static func reason(_ code: String) -> String {
        if let disposition = Disposition(rawValue: code) { return disposition.title }
        return switch code {
        case "cancelled": "客户取消或要求停止"
        case "not_interested": Disposition.reachedNotInterested.title
        case "bad_number": Disposition.wrongPerson.title
        default: "其他"
        }
    }
}
