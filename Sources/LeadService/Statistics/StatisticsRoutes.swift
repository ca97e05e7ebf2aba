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
            self.tableRoute, self.conversionsRoute,
            Route(.get, "/staff/statistics", .page(.readStatistics), self.show),
        ]
    }

    private var tableRoute: Route {
        var route = Route(.get, "/api/v1/stats/{table}", .staff(.readStatistics), self.table).open(to: .statsRead)
        route.answersHead = false
        return route
    }

    /// One table of the page as a file for a spreadsheet.
    @Sendable private func table(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        guard let name = context.parameters.get("table").flatMap({ StatisticsTable.Name(rawValue: $0) }) else {
            throw Problems.notFound
        }
        let period = try self.period(request)
        let table = try await self.reader.table(
            name, period, labels: self.page.questions, for: try context.loggedIn)
        return Self.file("\(name.rawValue)-\(period.from)-\(period.to)", table.lines)
    }

    private static func file(_ name: String, _ lines: [[String]]) -> Response {
        let text = lines.map { $0.map { CSVField.cell($0) }.joined(separator: ",") + "\r\n" }.joined()
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/csv; charset=utf-8", .cacheControl: "no-store",
                .contentDisposition: "attachment; filename=\"\(name).csv\"",
            ],
            body: ResponseBody(byteBuffer: ByteBuffer(string: "\u{FEFF}" + text)))
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
        let lines = found.map {
            [$0.platform, $0.click, $0.event, RFC3339.text($0.at), $0.inquiry.uuidString.lowercased()]
        }
        return Self.file(
            "conversions-\(period.from)-\(period.to)",
            [["click_id_name", "click_id", "event", "at", "inquiry_id"]] + lines)
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
