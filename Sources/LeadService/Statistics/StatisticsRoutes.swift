import Foundation
import HTTPTypes
import Hummingbird
import Leads
import NIOCore

/// The statistics: for programs, and as a page.
struct StatisticsRoutes: RouteList {
    let reader: StatisticsReader
    let page: StatisticsPage
    let pages: Pages

    var routes: [Route] {
        [
            Route(.get, "/api/v1/stats", .staff(.readStatistics), self.read).open(to: .statsRead),
            self.conversionsRoute,
            Route(.get, "/staff/statistics", .page(.readStatistics), self.show),
        ]
    }

    private var conversionsRoute: Route {
        // What nobody reads would be told as taken away.
        var route = Route(.get, "/api/v1/conversions", .staff(.exportLeads), self.conversions)
        route.answersHead = false
        return route
    }

    /// What became of clicks on advertisements, as a file for the advertiser's system: ids of clicks and times, no person.
    @Sendable private func conversions(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let period = try self.period(request)
        let found = try await self.reader.conversions(period, for: try context.loggedIn)
        func line(_ cells: [String]) -> String { cells.map { CSVField.cell($0) }.joined(separator: ",") + "\r\n" }
        let lines = found.map {
            line([$0.platform, $0.click, $0.event, RFC3339.text($0.at), $0.inquiry.uuidString.lowercased()])
        }
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/csv; charset=utf-8", .cacheControl: "no-store",
                .contentDisposition: "attachment; filename=\"conversions-\(period.from)-\(period.to).csv\"",
            ],
            body: ResponseBody(
                byteBuffer: ByteBuffer(
                    string: "\u{FEFF}" + line(["click_id_name", "click_id", "event", "at", "inquiry_id"])
                        + lines.joined())))
    }

    @Sendable private func read(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        .json(try await self.reader.read(try self.period(request)).json)
    }

    /// The page, also with what was wrong about the days that were typed.
    @Sendable private func show(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let session = try context.loggedIn
        do {
            let statistics = try await self.reader.read(try self.period(request))
            return try self.pages.render("staff/statistics", self.page.context(statistics, for: session))
        } catch let problem as Problem where !problem.failures.isEmpty {
            let typed = FormFields(request.uri.query ?? "")
            let page = self.page.refused(problem.failures, from: typed["from"], to: typed["to"], for: session)
            return try self.pages.render("staff/statistics", page, status: .unprocessableContent)
        }
    }

    /// `from` and `to`, days in Shanghai, both included; the last seven days without them.
    private func period(_ request: Request) throws -> Statistics.Period {
        var fields = try QueryFields.reader(request)
        let recent = Statistics.Period.recent(self.reader.dependencies.now())
        func day(_ name: String) -> ShanghaiDate? {
            fields.parsed(name, required: false) { text throws(ValidationFailure) in try ShanghaiDate(parsing: text) }
        }
        let (from, to) = (day("from"), day("to"))
        let last = to ?? max(recent.to, from ?? recent.to)
        let period = Statistics.Period(from: from ?? last.adding(-6), to: last)
        if !fields.hasFailed("from"), !fields.hasFailed("to") {
            if period.from > period.to {
                fields.fail("period_invalid", at: "to", "结束日期不能早于开始日期", english: "to is before from.")
            } else if period.to.dayNumber - period.from.dayNumber >= Statistics.Period.longest {
                fields.fail(
                    "period_too_long", at: "from", "最多看 \(Statistics.Period.longest) 天，请缩短起止日期",
                    english: "At most \(Statistics.Period.longest) days.")
            }
        }
        try fields.finish()
        return period
    }
}

extension Statistics {
    /// Sources beyond these are one.
    static let mostSources = 30

    /// The sources by how many inquiries came from them, what is beyond the first thirty together under nil.
    var rankedSources: [(name: String?, funnel: Funnel)] {
        let ranked = self.sources.sorted { ($1.value.accepted, $0.key) < ($0.value.accepted, $1.key) }
        let first: [(name: String?, funnel: Funnel)] = ranked.prefix(Self.mostSources).map { ($0.key, $0.value) }
        guard ranked.count > Self.mostSources else { return first }
        return first + [(nil, ranked.dropFirst(Self.mostSources).reduce(Funnel()) { $0 + $1.value })]
    }

    var rankedEndings: [(ending: Ending, count: Int)] {
        self.endings.sorted { ($1.value, $0.key.order) < ($0.value, $1.key.order) }.map { ($0.key, $0.value) }
    }

    var json: JSONOutput {
        .object([
            "from": .string(self.period.from.description), "to": .string(self.period.to.description),
            "as_of": .string(RFC3339.text(self.asOf)),
            "codes": self.codes?.json ?? .null, "messages": self.messages?.json ?? .null,
            "funnel": .object(self.funnel.members),
            "sources": .array(
                self.rankedSources.map { .object($0.funnel.members.merging(["source": .optional($0.name)]) { $1 }) }),
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
        ])
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
    fileprivate var json: JSONOutput {
        .object([
            "count": .integer(self.count), "p50_minutes": .optional(self.minutes(percent: 50)),
            "p95_minutes": .optional(self.minutes(percent: 95)),
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
