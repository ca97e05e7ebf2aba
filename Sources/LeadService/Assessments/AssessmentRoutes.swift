import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// The self-assessment's JSON operations.
struct AssessmentRoutes: RouteList {
    let assessments: Assessments
    let questions: Questionnaire
    let links: LinkToken
    let publicURL: URL

    var routes: [Route] {
        [
            Route(.get, "/api/v1/assessment-rules", .visitor, self.rules),
            Route(.post, "/api/v1/assessments", .visitor, self.assess),
        ]
    }

    @Sendable private func rules(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let (rules, lastDay) = try self.assessments.rulesToday()
        let body = JSONOutput.object([
            "version": .string(rules.version), "effective_from": .string(rules.effectiveFrom),
            "effective_to": .optional(lastDay), "standard": .integer(rules.standard),
            "source": .string(rules.source), "questions": self.questions.json,
        ])
        var response = Response.json(body)
        let tag = "\"\(StaticFile.tag(Data(body.text.utf8)))\""
        // Kept by whoever likes, and asked about each time: at midnight other rules may be in force.
        response.headers[.cacheControl] = "no-cache"
        response.headers[.eTag] = tag
        guard request.headers[.ifNoneMatch]?.contains(tag) == true else { return response }
        return Response(status: .notModified, headers: [.eTag: tag, .cacheControl: "no-cache"])
    }

    @Sendable private func assess(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.json(context))
        guard let value = fields.value("answers") else {
            fields.missing("answers")
            try fields.finish()
            throw Problems.internal
        }
        try fields.finish()
        let answers: Answers
        do {
            answers = try Answers(value)
        } catch let failure as AnswersFailure {
            throw Problem(failures: failure.failures.map { $0.within("/answers") })
        }
        let result = try await self.assessments.store(answers, from: context.clientAddress)
        let url = self.publicURL.absoluteString.trimmingSuffix("/") + "/a/"
        let token = self.links.token(.assessment, for: result.assessed.id)
        return .json(result.created(at: url + token), status: .created)
    }
}
