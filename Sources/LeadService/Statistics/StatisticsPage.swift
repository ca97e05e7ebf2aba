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
        context["sources"] = statistics.rankedSources.map { Self.source($0.name, $0.funnel) }
        context["times"] = [
            ("第一次拨打", statistics.firstAttempt), ("第一次联系上", statistics.firstContact),
            ("第一次有意向", statistics.firstQualified),
        ].map {
            [
                "name": $0, "count": $1.count, "half": Self.length($1.minutes(percent: 50)),
                "most": Self.length($1.minutes(percent: 95)),
            ] as [String: Any]
        }
        context["has_advisers"] = !statistics.advisers.isEmpty
        context["advisers"] = statistics.advisers.map { Self.adviser($0) }
        context.merge(self.scores(statistics.scores)) { $1 }
        context.merge(statistics.messageContext) { $1 }
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

    /// The steps from a code to a contract, each with its bar.
    private func steps(_ statistics: Statistics) -> [String: Any] {
        let funnel = statistics.funnel
        var steps: [(String, Int, isShare: Bool)] = []
        if let codes = statistics.codes {
            steps += [("发出验证码", codes.sent, false), ("验证通过", codes.verified, false)]
        }
        steps += [
            ("受理咨询", funnel.accepted, true), ("已拨打", funnel.attempted, true), ("已联系上", funnel.contacted, true),
            ("有意向", funnel.qualified, true), ("已签约", funnel.converted, true),
        ]
        let most = max(1, steps.map(\.1).max() ?? 1)
        var context: [String: Any] = [
            "steps": steps.map { name, count, isShare in
                [
                    "name": name, "count": count, "width": count * 120 / most,
                    "share": isShare && funnel.accepted > 0 ? Self.share(count, of: funnel.accepted) : "—",
                ] as [String: Any]
            }
        ]
        switch statistics.codes?.from {
        case nil: context["codes_note"] = "验证码的记录只留几天，这段日期的已经删除。"
        case let from? where from > statistics.period.from:
            context["codes_note"] = "验证码的记录只留几天，前两行从 \(from.text)算起，其余是整段日期。"
        default: break
        }
        return context
    }

    private static func source(_ name: String?, _ funnel: Statistics.Funnel) -> [String: Any] {
        [
            "name": name.map { $0.isEmpty ? "直接访问" : $0 } ?? "其他来源", "accepted": funnel.accepted,
            "attempted": funnel.attempted, "contacted": funnel.contacted, "qualified": funnel.qualified,
            "converted": funnel.converted,
        ]
    }

    private static func adviser(_ load: AdviserLoad) -> [String: Any] {
        [
            "name": load.displayName, "open": load.open, "claimed": load.claimed, "attempts": load.attempts,
            "counting": load.countingAttempts, "contacts": load.contacts, "reveals": load.reveals,
            "unrevealed": load.resultsWithoutReveal, "is_odd": load.resultsWithoutReveal > 0,
        ]
    }

    /// The histogram: 22 pixels a bar, 6 between them, 120 high at most.
    private func scores(_ scores: Scores) -> [String: Any] {
        let bins = scores.histogram
        let most = max(1, bins.map(\.count).max() ?? 1)
        func x(_ from: Int) -> Int { 8 + (from - (bins.first?.from ?? 0)) / Scores.width * 28 }
        let standard = x(AssessedAnswers.standard)
        return [
            "has_scores": scores.count > 0, "scored": scores.count, "reaching": scores.reaching,
            "reaching_share": Self.share(scores.reaching, of: scores.count),
            "chart_width": 32 + bins.count * 28, "standard_x": standard - 3, "standard_label_x": standard,
            "bins": bins.map { from, count in
                let height = count * 120 / most
                return [
                    "from": from, "range": "\(from)–\(from + Scores.width - 1)", "count": count, "x": x(from),
                    "middle": x(from) + 11, "y": 154 - height, "label_y": 150 - height, "height": height,
                    "is_any_here": count > 0, "reaches": from >= AssessedAnswers.standard,
                ] as [String: Any]
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
    private static func reason(_ code: String) -> String {
        if let disposition = Disposition(rawValue: code) { return disposition.title }
        return switch code {
        case "cancelled": "客户取消或要求停止"
        case "not_interested": Disposition.reachedNotInterested.title
        case "bad_number": Disposition.wrongPerson.title
        default: "其他"
        }
    }
}
