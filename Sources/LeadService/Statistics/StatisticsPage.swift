import Foundation
import Leads

/// The page of the statistics, in words.
struct StatisticsPage: Sendable {
    let questions: Questionnaire
    let now: @Sendable () -> Date

    func context(_ statistics: Statistics, for session: StaffSession) -> [String: Any] {
        let period = statistics.period
        let funnel = statistics.funnel
        let (kept, broken) = (statistics.promises[.kept] ?? 0, statistics.promises[.broken] ?? 0)
        var context = self.frame(session)
        context["is_whole"] = true
        context["is_any"] = funnel.accepted > 0
        (context["from"], context["to"]) = (period.from.description, period.to.description)
        (context["from_text"], context["to_text"]) = (period.from.longText, period.to.text)
        context["as_of"] = ShanghaiDate.timeText(statistics.asOf)
        (context["kept"], context["broken"], context["is_broken"]) = (kept, broken, broken > 0)
        context["kept_share"] = kept + broken > 0 ? Self.share(kept, of: kept + broken) : nil
        context["open"] = statistics.promises[.open] ?? 0
        context["left_out"] = statistics.promises[.leftOut] ?? 0
        context["is_left_out"] = !statistics.endings.isEmpty
        context["endings"] = statistics.rankedEndings.map {
            [
                "reason": Self.reason($0.ending.reason), "by": $0.ending.by ?? "客户本人", "count": $0.count,
            ] as [String: Any]
        }
        context.merge(self.steps(statistics)) { $1 }
        context["sources"] = statistics.rankedSources.map {
            Self.origin($0.name, $0.funnel, without: "直接访问", beyond: "其他来源")
        }
        context["articles"] = statistics.rankedArticles.map {
            Self.origin($0.name, $0.funnel, without: "未知页面", beyond: "其他文章")
        }
        context.merge(Self.comparison(statistics)) { $1 }
        context["times"] = statistics.times.map {
            [
                "name": $0, "count": $1.count, "half": Self.length($1.length(percent: 50)),
                "most": Self.length($1.length(percent: 95)),
            ] as [String: Any]
        }
        context["has_advisers"] = !statistics.advisers.isEmpty
        context["advisers"] = statistics.advisers.map { Self.adviser($0) }
        context.merge(self.scores(statistics.scores)) { $1 }
        context.merge(statistics.messageContext) { $1 }
        context.merge(statistics.costContext) { $1 }
        return context
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

    /// The steps from a code to a contract, with their chart.
    private func steps(_ statistics: Statistics) -> [String: Any] {
        let accepted = statistics.funnel.accepted
        let before = statistics.steps.count - statistics.funnel.counts.count
        var context: [String: Any] = [
            "steps": statistics.steps.enumerated().map { index, step in
                [
                    "name": step.name, "count": step.count,
                    "share": index >= before && accepted > 0 ? Self.share(step.count, of: accepted) : "—",
                ] as [String: Any]
            }
        ]
        context["funnel_chart"] = StatisticsChart.funnel(statistics.steps)
        switch statistics.codes?.from {
        case nil: context["codes_note"] = "验证码的记录只留几天，这段日期的已经删除。"
        case let from? where from > statistics.period.from:
            context["codes_note"] = "验证码的记录只留几天，前两行从 \(from.text)算起，其余是整段日期。"
        default: break
        }
        return context
    }

    private static func origin(
        _ name: String?, _ funnel: Statistics.Funnel, without: String, beyond: String
    ) -> [String: Any] {
        [
            "name": name.map { $0.isEmpty ? without : $0 } ?? beyond, "accepted": funnel.accepted,
            "attempted": funnel.attempted, "contacted": funnel.contacted, "qualified": funnel.qualified,
            "converted": funnel.converted,
        ]
    }

    /// The period before, and the days one by one.
    private static func comparison(_ statistics: Statistics) -> [String: Any] {
        var context: [String: Any] = [
            "comparisons": statistics.comparisons.map { name, value, before, difference in
                func text(_ number: Int?) -> String { number.map { "\($0)\(name.unit)" } ?? "—" }
                return [
                    "name": name.title, "value": text(value), "before": text(before),
                    "difference": Statistics.words(difference, of: name),
                ] as [String: Any]
            },
            "days": statistics.everyDay.map {
                [
                    "date": $0.date.text, "accepted": $0.day.accepted, "kept": $0.day.kept,
                    "broken": $0.day.broken,
                ] as [String: Any]
            },
        ]
        context["days_chart"] = StatisticsChart.days(statistics.everyDay)
        if let previous = statistics.previous {
            context["has_previous"] = true
            context["previous_text"] =
                previous.period.from == previous.period.to
                ? previous.period.from.longText
                : "\(previous.period.from.longText)至 \(previous.period.to.text)"
        }
        return context
    }

    private static func adviser(_ load: AdviserLoad) -> [String: Any] {
        [
            "name": load.displayName, "open": load.open, "claimed": load.claimed, "attempts": load.attempts,
            "counting": load.countingAttempts, "contacts": load.contacts, "reveals": load.reveals,
            "unrevealed": load.resultsWithoutReveal, "is_odd": load.resultsWithoutReveal > 0,
        ]
    }

    /// The histogram.
    private func scores(_ scores: Scores) -> [String: Any] {
        [
            "has_scores": scores.count > 0, "scored": scores.count, "reaching": scores.reaching,
            "reaching_share": Self.share(scores.reaching, of: scores.count),
            "scores_chart": StatisticsChart.scores(scores.histogram) ?? "",
            "bins": scores.histogram.map { from, count in
                ["range": "\(from)–\(from + Scores.width - 1)", "count": count] as [String: Any]
            },
            "has_suggestions": !scores.suggested.isEmpty,
            "suggested": scores.rankedSuggestions.map {
                ["label": self.questions.label(of: $0.answer), "count": $0.count] as [String: Any]
            },
        ]
    }

    private static func share(_ part: Int, of whole: Int) -> String {
        "\(Int((Double(part) * 100 / Double(max(1, whole))).rounded()))%"
    }

    private static func length(_ minutes: Int?) -> String {
        guard let minutes else { return "—" }
        guard minutes >= 60 else { return "\(minutes) 分钟" }
        return minutes % 60 == 0 ? "\(minutes / 60) 小时" : "\(minutes / 60) 小时 \(minutes % 60) 分"
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
