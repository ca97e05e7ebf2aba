import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// The sets of points rules: the office reads them, administrators add one after they saw what it changes.
struct RuleSetRoutes: RouteList {
    let sets: RuleSets
    let store: RulesStore
    let pages: Pages
    let now: @Sendable () -> Date

    var routes: [Route] {
        let path = "/api/v1/rule-sets"
        return [
            Route(.get, path, .staff(.readOffice)) { request, _ in
                try QueryFields.none(request)
                return .json(try await self.sets.list())
            },
            Route(.post, path + "/preview", .staff(.manageStaff)) { request, context in
                var fields = try FieldReader(try await request.json(context))
                let draft = try fields.ruleDraft()
                try fields.finish()
                guard let draft else { throw Problems.internal }
                return .json(try await draft.pointed { try await self.sets.plan(draft) }.json)
            },
            Route(.post, path, .steppedUp(.manageStaff)) { request, context in
                var fields = try FieldReader(try await request.json(context))
                let draft = try fields.ruleDraft()
                let fingerprint = fields.string("fingerprint", longest: 64)
                try fields.finish()
                guard let draft, let fingerprint else { throw Problems.internal }
                let actor = try context.loggedIn.actor
                let plan = try await draft.pointed {
                    try await self.sets.add(draft, looked: fingerprint, by: actor)
                }
                try await self.store.reload()
                return .json(plan.json, status: .created)
            },
            Route(.get, "/staff/rules", .page(.readOffice)) { _, context in
                let session = try context.loggedIn
                let page = ConsolePage(session: session, now: self.now(), people: [])
                return try self.pages.render(
                    "staff/rules",
                    page.context("rules", title: "积分规则").merging([
                        "can_manage": session.role.may(.manageStaff),
                        "tomorrow": ShanghaiDate(self.now()).adding(1).description,
                    ]) { first, _ in first })
            },
        ]
    }
}

extension RuleSets.Draft {
    /// Says where in the request it was, when something is wrong with it.
    fileprivate func pointed<Result: Sendable>(_ body: @Sendable () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let failure as ValidationFailure {
            let place =
                switch self {
                case .file: "/text"
                case .wage: failure.code == "rules_invalid" ? "/wage/average" : "/wage/effective_from"
                }
            throw Problem(failures: [
                ValidationFailure(failure.code, at: place, failure.detail, english: failure.detailInEnglish)
            ])
        }
    }
}

extension FieldReader {
    /// `text`, a rule file, or `wage`, the average wage from a July on.
    fileprivate mutating func ruleDraft() throws -> RuleSets.Draft? {
        guard self.has("wage") else {
            _ = self.value("wage")
            return self.string("text", longest: 60_000).map { .file($0) }
        }
        if self.has("text") {
            _ = self.value("text")
            self.fail("rules_invalid", at: "text", "请一次只加一样：规则文件或平均工资", english: "Either a file or a wage.")
        }
        return try self.object("wage", required: true) { fields in
            let month = fields.parsed("from", longest: 10) { text throws(ValidationFailure) in
                guard text.wholeMatch(of: /20[0-9][0-9]-07/) != nil else {
                    throw ValidationFailure(
                        "wage_month_invalid", "社保年度从 7 月起，应写成 2027-07", english: "A July such as 2027-07.")
                }
                return text
            }
            if !fields.has("average") { fields.missing("average") }
            let average = fields.optionalInteger("average", 1000...1_000_000)
            let day = fields.parsed("effective_from", longest: 10) { text throws(ValidationFailure) in
                try ShanghaiDate(parsing: text)
            }
            guard let month, let average, let day else { return nil }
            return .wage(month: month, average: average, effectiveFrom: day)
        }
    }
}
