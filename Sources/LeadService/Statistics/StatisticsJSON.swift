import Foundation
import Leads

extension Statistics {
    /// Sources beyond these are one.
    static let mostSources = 30

    /// Sources or articles by how many inquiries came from them, what is beyond the first thirty together under nil.
    static func ranked(_ funnels: [String: Funnel]) -> [(name: String?, funnel: Funnel)] {
        let ranked = funnels.sorted { ($1.value.accepted, $0.key) < ($0.value.accepted, $1.key) }
        let first: [(name: String?, funnel: Funnel)] = ranked.prefix(Self.mostSources).map { ($0.key, $0.value) }
        guard ranked.count > Self.mostSources else { return first }
        return first + [(nil, ranked.dropFirst(Self.mostSources).reduce(Funnel()) { $0 + $1.value })]
    }

    var rankedSources: [(name: String?, funnel: Funnel)] { Self.ranked(self.sources) }
    var rankedArticles: [(name: String?, funnel: Funnel)] { Self.ranked(self.articles) }

    var rankedEndings: [(ending: Ending, count: Int)] {
        self.endings.sorted { ($1.value, $0.key.order) < ($0.value, $1.key.order) }.map { ($0.key, $0.value) }
    }

    var json: JSONOutput { .object(self.members.merging(self.bands?.json ?? [:]) { $1 }) }

    private var members: [String: JSONOutput] {
        [
            "from": .string(self.period.from.description), "to": .string(self.period.to.description),
            "as_of": .string(RFC3339.text(self.asOf)),
            "codes": self.codes?.json ?? .null, "messages": self.messages?.json ?? .null,
            "funnel": .object(self.funnel.members),
            "sources": .array(
                self.rankedSources.map { .object($0.funnel.members.merging(["source": .optional($0.name)]) { $1 }) }),
            "articles": .array(
                self.rankedArticles.map { .object($0.funnel.members.merging(["article": .optional($0.name)]) { $1 }) }),
            "days": .array(self.everyDay.map { $0.day.json(of: $0.date) }), "previous": self.comparison,
            "costs": self.costJSON,
            "promise": .object([
                "kept": .integer(self.promises[.kept] ?? 0), "broken": .integer(self.promises[.broken] ?? 0),
                "open": .integer(self.promises[.open] ?? 0),
                "left_out": .object([
                    "count": .integer(self.promises[.leftOut] ?? 0),
                    "endings": .array(
                        self.rankedEndings.map {
                            .object([
                                "by": .optional($0.ending.by), "reason": .string($0.ending.reason),
                                "count": .integer($0.count),
                            ])
                        }),
                ]),
            ]),
            "first_attempt": self.firstAttempt.json, "first_contact": self.firstContact.json,
            "first_qualified": self.firstQualified.json,
            "advisers": .array(self.advisers.map(\.json)), "assessments": self.scores.json,
        ]
    }
}

extension Statistics.Funnel {
    static func + (left: Self, right: Self) -> Self {
        Self(
            accepted: left.accepted + right.accepted, attempted: left.attempted + right.attempted,
            contacted: left.contacted + right.contacted, qualified: left.qualified + right.qualified,
            converted: left.converted + right.converted)
    }

    fileprivate var members: [String: JSONOutput] {
        [
            "accepted": .integer(self.accepted), "attempted": .integer(self.attempted),
            "contacted": .integer(self.contacted), "qualified": .integer(self.qualified),
            "converted": .integer(self.converted),
        ]
    }
}

extension Statistics.Ending {
    fileprivate var order: String { "\(self.by ?? "")\u{0}\(self.reason)" }
}

extension Statistics.Codes {
    fileprivate var json: JSONOutput {
        .object([
            "from": .string(self.from.description), "sent": .integer(self.sent), "verified": .integer(self.verified),
            "forms": .array(
                self.forms.map {
                    .object([
                        "form": .string($0.form), "sent": .integer($0.sent), "verified": .integer($0.verified),
                    ])
                }),
        ])
    }
}

extension Delays {
    var json: JSONOutput {
        .object([
            "count": .integer(self.count), "p50_minutes": .optional(self.length(percent: 50)),
            "p95_minutes": .optional(self.length(percent: 95)),
        ])
    }
}

extension Scores {
    /// The answers that suggested steps would change, the most frequent first.
    var rankedSuggestions: [(answer: String, count: Int)] {
        self.suggested.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
    }

    fileprivate var json: JSONOutput {
        .object([
            "count": .integer(self.count), "reaching_120": .integer(self.reaching),
            "histogram": .array(
                self.histogram.map { .object(["from": .integer($0.from), "count": .integer($0.count)]) }),
            "suggested": .array(
                self.rankedSuggestions.map {
                    .object(["answer": .string($0.answer), "count": .integer($0.count)])
                }),
        ])
    }
}

extension AdviserLoad {
    fileprivate var json: JSONOutput {
        .object([
            "username": .string(self.username), "display_name": .string(self.displayName), "open": .integer(self.open),
            "claimed": .integer(self.claimed), "attempts": .integer(self.attempts),
            "counting_attempts": .integer(self.countingAttempts), "contacts": .integer(self.contacts),
            "reveals": .integer(self.reveals), "results_without_reveal": .integer(self.resultsWithoutReveal),
        ])
    }
}
