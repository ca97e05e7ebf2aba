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
        let rules = try self.assessments.rulesInForce()
        return .json(
            .object([
                "version": .string(rules.version), "effective_from": .string(rules.effectiveFrom),
                "effective_to": .optional(rules.effectiveTo), "standard": .integer(rules.standard),
                "source": .string(rules.source),
                "questions": self.questions.json,
            ]))
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
        let assessed = try await self.assessments.store(answers)
        let url = self.publicURL.absoluteString.trimmingSuffix("/") + "/a/"
        return .json(assessed.created(at: url + self.links.token(.assessment, for: assessed.id)), status: .created)
    }
}
