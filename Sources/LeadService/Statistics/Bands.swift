import Foundation
import Leads

extension Statistics {
    /// What does not hang on the period, or only counts in it: how things stand now, and how the last days' promises were kept.
    struct Bands: Sendable {
        var present: Present
        /// Today, the last seven days and the last thirty.
        var recent: [Recent]
        var breaches: [Breach]
        var care: Care
        var careBefore: Care?
        /// Looks at numbers in the period, and in the one before.
        var reveals: Int
        var revealsBefore: Int?
        var exporters: [Exporter]
        var jobs: [JobState]
        /// This year and the next, and whether their notice is loaded.
        var calendar: [(year: Int, isLoaded: Bool)]
    }

    /// How the promises of the days up to today were kept.
    struct Recent: Sendable {
        var name: String
        var title: String
        var promises: [PromiseOutcome: Int]
        var firstAttempt: Delays
        var firstContact: Delays

        static let periods = [("today", "今天", 1), ("7_days", "近 7 天", 7), ("30_days", "近 30 天", 30)]

        var kept: Int { self.promises[.kept] ?? 0 }
        var broken: Int { self.promises[.broken] ?? 0 }
        /// The share of the promises that are decided.
        var percent: Int? { Statistics.percent(self.kept, of: self.kept + self.broken) }
    }

    /// Nil of nothing.
    static func percent(_ part: Int, of whole: Int) -> Int? {
        whole > 0 ? Int((Double(part) * 100 / Double(whole)).rounded()) : nil
    }

    /// Broken promises beyond these are only counted.
    static let mostBreaches = 50

    /// The newest days that hold so many broken promises.
    var breachDays: [ShanghaiDate] {
        var (days, count): ([ShanghaiDate], Int) = ([], 0)
        for (date, day) in self.everyDay.reversed() where day.broken > 0 && count < Self.mostBreaches {
            days.append(date)
            count += day.broken
        }
        return days
    }
}

extension Statistics.Bands {
    /// What was done with people's data, this period and the one before.
    var careRows: [(name: String, title: String, value: Int, before: Int?)] {
        func row(_ name: String, _ title: String, _ value: KeyPath<Statistics.Care, Int>) -> (String, String, Int, Int?)
        {
            (name, title, self.care[keyPath: value], self.careBefore?[keyPath: value])
        }
        let requests = self.care.requests.enumerated().map { index, request in
            (
                "requests_\(request.kind)", "请求：\(Self.title(of: request.kind))", request.count,
                self.careBefore?.requests[index].count
            )
        }
        return [
            row("exports", "导出次数", \.exports), row("exported_rows", "导出行数", \.exportedRows),
            row("plain_exports", "完整号码的导出", \.plain), ("reveals", "看号码", self.reveals, self.revealsBefore),
            row("withdrawn", "撤回同意", \.withdrawn), row("erased", "删除的客户", \.erased),
            row("quarantined", "进入隔离的咨询", \.aside),
        ] + requests
    }

    private static func title(of kind: String) -> String {
        switch kind {
        case "copy": "查阅、复制"
        case "correct": "更正"
        case "erase": "删除"
        case "stop_calls": "停止致电"
        default: "撤回同意"
        }
    }

    var json: [String: JSONOutput] {
        let present = self.present
        return [
            "now": .object([
                "open": .integer(present.open), "overdue": .integer(present.overdue),
                "due_in_2_hours": .integer(present.soon), "paused": .integer(present.paused),
                "oldest_at": .optional(present.oldest.map { RFC3339.text($0) }), "on_shift": .integer(present.onShift),
                "delivered_percent": .optional(present.deliveredPercent),
                "budget_percent": .integer(present.budgetPercent),
            ]),
            "recent": .array(
                self.recent.map {
                    .object([
                        "name": .string($0.name), "kept": .integer($0.kept), "broken": .integer($0.broken),
                        "open": .integer($0.promises[.open] ?? 0), "left_out": .integer($0.promises[.leftOut] ?? 0),
                        "kept_percent": .optional($0.percent), "first_attempt": $0.firstAttempt.json,
                        "first_contact": $0.firstContact.json,
                    ])
                }),
            "breaches": .array(
                self.breaches.map {
                    .object([
                        "inquiry_id": .string($0.inquiry.uuidString.lowercased()),
                        "lead_id": .string($0.lead.uuidString.lowercased()),
                        "accepted_at": .string(RFC3339.text($0.acceptedAt)), "due_at": .string(RFC3339.text($0.dueAt)),
                        "met_at": .optional($0.metAt.map { RFC3339.text($0) }), "source": .string($0.source),
                        "owner": .optional($0.owner),
                    ])
                }),
            "care": .object([
                "numbers": .array(
                    self.careRows.map {
                        .object([
                            "name": .string($0.name), "value": .integer($0.value), "before": .optional($0.before),
                        ])
                    }),
                "exporters": .array(
                    self.exporters.map {
                        .object([
                            "actor": .string($0.actor), "exports": .integer($0.exports), "rows": .integer($0.rows),
                            "plain": .integer($0.plain), "last_at": .string(RFC3339.text($0.last)),
                        ])
                    }),
            ]),
            "system": .object([
                "jobs": .array(
                    self.jobs.map {
                        .object([
                            "name": .string($0.name), "depth": .optional($0.depth),
                            "oldest_at": .optional($0.oldest.map { RFC3339.text($0) }), "dead": .optional($0.dead),
                            "failures": .integer($0.failures), "held": .bool($0.heldAt != nil),
                        ])
                    }),
                "calendar": .array(
                    self.calendar.map { .object(["year": .integer($0.year), "loaded": .bool($0.isLoaded)]) }),
            ]),
        ]
    }
}
