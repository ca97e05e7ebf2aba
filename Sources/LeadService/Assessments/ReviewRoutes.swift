import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// An adviser's assessment of a lead: the operation, and the page with the questions.
struct ReviewRoutes: RouteList {
    let reviews: AssessmentReviews
    let pages: Pages
    let visitors: VisitorPages
    let dependencies: Dependencies

    var routes: [Route] {
        [
            Route(.post, "/api/v1/leads/{id}/assessments", .staff(.workCallbacks), self.add),
            Route(.get, "/staff/leads/{id}/assessment", .page(.workCallbacks), self.show),
            Route(.post, "/staff/leads/{id}/assessment", .page(.workCallbacks), self.save),
        ]
    }

    @Sendable private func add(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.json(context))
        let value = fields.value("answers")
        if value == nil { fields.missing("answers") }
        let note = fields.parsed("note", longest: 4000) { text throws(ValidationFailure) in try Remark(parsing: text) }
        if note?.text == "" { fields.missing("note") }
        var failures: [ValidationFailure] = []
        var answers: Answers?
        do {
            answers = try value.map { try Answers($0) }
        } catch let failure as AnswersFailure {
            failures = failure.failures.map { $0.within("/answers") }
        }
        do {
            try fields.finish()
        } catch let problem as Problem where !problem.failures.isEmpty {
            throw Problem(failures: problem.failures + failures)
        }
        guard failures.isEmpty, let answers, let note else { throw Problem(failures: failures) }
        let added = try await self.reviews.add(answers, note: note, to: try context.id, by: try context.loggedIn)
        return .json(added, status: .created)
    }

    @Sendable private func show(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        try await self.page(context)
    }

    /// Saves the page's form and leads back to the page, so that a reload saves nothing twice.
    @Sendable private func save(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let form = try await request.form(context)
        var failures: [ValidationFailure] = []
        var answers: Answers?
        do {
            answers = try self.visitors.answerForm().answers(in: form)
        } catch let failure as AnswersFailure {
            failures = failure.failures
        }
        var note: Remark?
        do {
            note = try Remark(parsing: form["note"] ?? "")
            if note?.text == "" {
                failures.append(ValidationFailure("required", at: "/note", "请写复核依据", english: "Required."))
            }
        } catch {
            failures.append(error.within("/note"))
        }
        guard failures.isEmpty, let answers, let note else {
            return try await self.page(context, form, failures)
        }
        let id = try context.id
        _ = try await self.reviews.add(answers, note: note, to: id, by: try context.loggedIn)
        return Response(
            status: .seeOther, headers: [.location: "/staff/leads/\(id.uuidString.lowercased())/assessment#saved"])
    }

    /// The questions with the newest answers, or with what was typed and what was wrong with it.
    private func page(
        _ context: LeadRequestContext, _ typed: FormFields? = nil, _ failures: [ValidationFailure] = []
    ) async throws -> Response {
        guard let read = try await self.reviews.read(try context.id) else { throw Problems.notFound }
        let console = ConsolePage(
            session: try context.loggedIn, now: self.dependencies.now(), people: read.people)
        var page = console.context("assessment", title: "积分复核")
        let form = typed ?? read.assessments.first?.assessed.form
        page.merge(self.visitors.asking(form, failures: failures, asked: false)) { _, new in new }
        // An adviser looks through all of it.
        page["sections"] = (page["sections"] as? [[String: Any]])?.map {
            $0.merging(["is_open": true]) { _, new in new }
        }
        page["lead_name"] = try read.lead.name(self.dependencies.keys).masked
        page["lead_phone"] = try read.lead.phone(self.dependencies.keys).masked
        page["note"] = typed?["note"] ?? ""
        page["has_errors"] = !failures.isEmpty
        page["errors"] = failures.map { ["field": VisitorPages.field($0.pointer), "detail": $0.detail] }
        page["note_error"] = failures.first { $0.pointer == "/note" }?.detail
        page.merge(Self.result(of: read.assessments, people: read.people)) { _, new in new }
        return try self.pages.render("staff/assessment", page, status: failures.isEmpty ? .ok : .unprocessableContent)
    }

    /// Both assessments side by side, or the one there is.
    private static func result(of assessments: [CardAssessment], people: [Colleague]) -> [String: Any] {
        func words(_ assessment: CardAssessment) -> [String: Any] {
            let by = assessment.reviewedBy.map { name in people.first { $0.username == name }?.displayName ?? name }
            return [
                "who": by.map { "\($0) 复核" } ?? "客户自测", "at": ShanghaiDate.timeText(assessment.at),
                "sum": assessment.assessed.total, "rules": assessment.assessed.ruleVersion,
            ]
        }
        var context: [String: Any] = [:]
        let newest = [assessments.first { $0.reviewedBy == nil }, assessments.first { $0.reviewedBy != nil }]
        context["known"] = newest.compactMap { $0 }.map(words)
        context["is_known"] = !assessments.isEmpty
        if let comparison = AssessmentComparison(assessments) {
            context["comparison"] =
                [
                    "own_total": comparison.own.total, "reviewed_total": comparison.reviewed.total,
                    "difference": (comparison.reviewed.total - comparison.own.total).signed,
                    "lines": comparison.lines.map {
                        [
                            "text": $0.text, "own": $0.own.signed, "reviewed": $0.reviewed.signed,
                            "difference": $0.own == $0.reviewed ? "一致" : ($0.reviewed - $0.own).signed,
                            "is_changed": $0.own != $0.reviewed,
                        ] as [String: Any]
                    },
                ] as [String: Any]
        }
        return context
    }
}
