import Foundation
import Leads

extension Statistics {
    /// One day's inquiries and what became of their promise.
    struct Day: Sendable, Equatable {
        var accepted = 0
        var kept = 0
        var broken = 0

        mutating func count(_ outcome: PromiseOutcome, times: Int) {
            self.accepted += times
            self.kept += outcome == .kept ? times : 0
            self.broken += outcome == .broken ? times : 0
        }
    }

    /// Every day of the period up to today, also those without inquiries.
    var everyDay: [(date: ShanghaiDate, day: Day)] {
        let last = min(self.period.to, ShanghaiDate(self.asOf))
        guard self.period.from <= last else { return [] }
        return (self.period.from.dayNumber...last.dayNumber).map {
            let date = ShanghaiDate(dayNumber: $0)
            return (date, self.days[date] ?? Day())
        }
    }

    /// The numbers of the period before that are compared with those of this one.
    struct Previous: Sendable {
        var period: Period
        var numbers: [Headline: Int]
    }

    /// A number that is compared with the period before; `Statistics.md` says what each is.
    enum Headline: String, CaseIterable, Sendable {
        case sent = "codes_sent"
        case verified = "codes_verified"
        case accepted, attempted, contacted, qualified, converted, kept, broken, open
        case leftOut = "left_out"
        case keptPercent = "kept_percent"
        case attemptHalf = "first_attempt_p50_minutes"
        case attemptMost = "first_attempt_p95_minutes"
        case contactHalf = "first_contact_p50_minutes"
        case contactMost = "first_contact_p95_minutes"
        case qualifiedHalf = "first_qualified_p50_minutes"
        case qualifiedMost = "first_qualified_p95_minutes"
        case assessed
        case reaching = "reaching_120"

        var title: String {
            switch self {
            case .sent: "发出验证码"
            case .verified: "验证通过"
            case .accepted: "受理咨询"
            case .attempted: "已拨打"
            case .contacted: "已联系上"
            case .qualified: "有意向"
            case .converted: "已签约"
            case .kept: "按时致电"
            case .broken: "逾期"
            case .open: "未到期"
            case .leftOut: "不计入"
            case .keptPercent: "按时致电率"
            case .attemptHalf: "第一次拨打，一半不超过"
            case .attemptMost: "第一次拨打，95% 不超过"
            case .contactHalf: "第一次联系上，一半不超过"
            case .contactMost: "第一次联系上，95% 不超过"
            case .qualifiedHalf: "第一次有意向，一半不超过"
            case .qualifiedMost: "第一次有意向，95% 不超过"
            case .assessed: "附自测"
            case .reaching: "自测达到 120 分"
            }
        }

        var unit: String {
            if self == .keptPercent { return "%" }
            return self.rawValue.hasSuffix("_minutes") ? " 分钟" : ""
        }
    }

    /// The headline numbers that there are: no share of nothing, no time of nobody, no codes that are partly deleted.
    var headlines: [Headline: Int] {
        let (kept, broken) = (self.promises[.kept] ?? 0, self.promises[.broken] ?? 0)
        let codes = self.codes?.from == self.period.from ? self.codes : nil
        let numbers: [(Headline, Int?)] = [
            (.sent, codes?.sent), (.verified, codes?.verified), (.accepted, self.funnel.accepted),
            (.attempted, self.funnel.attempted), (.contacted, self.funnel.contacted),
            (.qualified, self.funnel.qualified), (.converted, self.funnel.converted), (.kept, kept),
            (.broken, broken), (.open, self.promises[.open] ?? 0), (.leftOut, self.promises[.leftOut] ?? 0),
            (.keptPercent, kept + broken > 0 ? Int((Double(kept) * 100 / Double(kept + broken)).rounded()) : nil),
            (.attemptHalf, self.firstAttempt.length(percent: 50)),
            (.attemptMost, self.firstAttempt.length(percent: 95)),
            (.contactHalf, self.firstContact.length(percent: 50)),
            (.contactMost, self.firstContact.length(percent: 95)),
            (.qualifiedHalf, self.firstQualified.length(percent: 50)),
            (.qualifiedMost, self.firstQualified.length(percent: 95)),
            (.assessed, self.scores.count), (.reaching, self.scores.reaching),
        ]
        return Dictionary(uniqueKeysWithValues: numbers.compactMap { name, number in number.map { (name, $0) } })
    }

    /// Each headline number, what it was before, and the difference where there are both.
    var comparisons: [(name: Headline, value: Int?, before: Int?, difference: Int?)] {
        guard let previous = self.previous else { return [] }
        let numbers = self.headlines
        return Headline.allCases.map { name in
            let (value, before) = (numbers[name], previous.numbers[name])
            return (name, value, before, value.flatMap { value in before.map { value - $0 } })
        }
    }

    /// A difference in words.
    static func words(_ difference: Int?, of name: Headline?) -> String {
        guard let difference else { return "—" }
        let unit = name == .keptPercent ? " 个百分点" : name?.unit ?? ""
        return switch difference.signum() {
        case 1: "↑ 增加 \(difference)\(unit)"
        case -1: "↓ 减少 \(-difference)\(unit)"
        default: "→ 持平"
        }
    }

    var comparison: JSONOutput {
        guard let previous = self.previous else { return .null }
        return .object([
            "from": .string(previous.period.from.description), "to": .string(previous.period.to.description),
            "numbers": .array(
                self.comparisons.map {
                    .object([
                        "name": .string($0.name.rawValue), "value": .optional($0.value), "before": .optional($0.before),
                        "difference": .optional($0.difference),
                    ])
                }),
        ])
    }
}

extension Statistics.Day {
    func json(of date: ShanghaiDate) -> JSONOutput {
        .object([
            "date": .string(date.description), "accepted": .integer(self.accepted), "kept": .integer(self.kept),
            "broken": .integer(self.broken),
        ])
    }
}

extension Statistics.Period {
    /// As many days as there have been of this one, directly before it; nil when it has not begun.
    func before(_ today: ShanghaiDate) -> Self? {
        let days = min(self.to, today).dayNumber - self.from.dayNumber + 1
        return days > 0 ? Self(from: self.from.adding(-days), to: self.from.adding(-1)) : nil
    }
}
