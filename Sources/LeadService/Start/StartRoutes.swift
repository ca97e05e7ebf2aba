import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// What to see to before visitors come, and the message that proves it.
struct StartRoutes: RouteList {
    let list: StartList
    let trials: TrialMessages
    let pages: Pages
    let now: @Sendable () -> Date

    var routes: [Route] {
        let path = "/api/v1/trial-messages"
        return [
            Route(.get, "/api/v1/start", .staff(.readOffice)) { request, _ in
                try QueryFields.none(request)
                return .json(try await self.list.json())
            },
            Route(.post, path, .steppedUp(.manageStaff)) { request, context in
                var fields = try FieldReader(try await request.json(context))
                let phone = fields.parsed("phone") { text throws(ValidationFailure) in
                    try PhoneNumber(parsing: text)
                }
                try fields.finish()
                guard let phone else { throw Problems.internal }
                let sent = try await self.trials.send(to: phone, by: try context.loggedIn)
                return .json(
                    .object(["id": .string(sent.id.uuidString.lowercased()), "code": .string(sent.code)]),
                    status: .accepted)
            },
            Route(.get, path + "/{id}", .staff(.manageStaff)) { request, context in
                try QueryFields.none(request)
                guard let trial = try await self.trials.state(of: try context.id) else { throw Problems.notFound }
                return .json(trial.json)
            },
            Route(.get, "/staff/start", .page(.readOffice)) { _, context in
                let session = try context.loggedIn
                let page = ConsolePage(session: session, now: self.now(), people: [])
                return try self.pages.render(
                    "staff/start",
                    page.context("start", title: "开始清单").merging(["can_manage": session.role.may(.manageStaff)]) {
                        first, _ in first
                    })
            },
        ]
    }
}
