import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// `GET /problems/{code}`: every problem's `type` says what happened and what to do.
struct ProblemRoutes: RouteList {
    private struct Explanation: Decodable, Sendable {
        var status: [Int]
        var zh: String
        var en: String
    }

    private let pages: Pages
    private let explanations: [String: Explanation]

    init(pages: Pages, resources: URL) throws {
        self.pages = pages
        self.explanations = try JSONDecoder().decode(
            [String: Explanation].self, from: Data(contentsOf: resources.appendingPathComponent("problems.json")))
    }

    var routes: [Route] { [Route(.get, "/problems/{code}", .visitor, self.explain)] }

    @Sendable private func explain(_ request: Request, _ context: LeadRequestContext) throws -> Response {
        let code = context.parameters.get("code") ?? ""
        guard let explanation = self.explanations[code] else { throw Problems.notFound }
        let english = Problem.prefersEnglish(request)
        let status = explanation.status.first.flatMap { Problem.Status(rawValue: $0) } ?? .badRequest
        var response = try self.pages.render(
            "problems/explained",
            [
                "lang": english ? "en" : "zh-CN", "code": code,
                "statuses": explanation.status.map { String($0) }.joined(separator: " · "),
                "title": Problems.title(of: status, code: code, english: english),
                "advice": english ? explanation.en : explanation.zh,
                "description": english ? "All operations" : "全部接口说明",
            ])
        response.headers[.contentLanguage] = english ? "en" : "zh-CN"
        response.headers[.vary] = "Accept-Language"
        return response
    }
}
