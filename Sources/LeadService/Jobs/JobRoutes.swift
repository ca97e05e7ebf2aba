import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// Background work, for administrators; auditors read.
struct JobRoutes: RouteList {
    let jobs: Jobs
    let pages: Pages
    let now: @Sendable () -> Date

    var routes: [Route] {
        [
            Route(.get, "/api/v1/jobs", .staff(.readOffice)) { request, _ in
                try QueryFields.none(request)
                return .json(try await self.jobs.list())
            },
            Route(.post, "/api/v1/jobs/{name}/hold", .staff(.manageStaff)) { _, context in
                try await self.jobs.hold(try Self.job(context), by: try context.loggedIn)
                return Response(status: .noContent)
            },
            Route(.post, "/api/v1/jobs/{name}/release", .staff(.manageStaff)) { _, context in
                try await self.jobs.release(try Self.job(context), by: try context.loggedIn)
                return Response(status: .noContent)
            },
            Route(.post, "/api/v1/jobs/{name}/retry", .staff(.manageStaff)) { _, context in
                let count = try await self.jobs.retry(try Self.job(context), by: try context.loggedIn)
                return .json(.object(["retried": .integer(count)]))
            },
            Route(.get, "/staff/jobs", .page(.readOffice)) { _, context in
                let session = try context.loggedIn
                let page = ConsolePage(session: session, now: self.now(), people: [])
                return try self.pages.render(
                    "staff/jobs",
                    page.context("jobs", title: "后台工作").merging(["can_manage": session.role.may(.manageStaff)]) {
                        first, _ in first
                    })
            },
        ]
    }

    private static func job(_ context: LeadRequestContext) throws -> JobName {
        guard let job = context.parameters.get("name").flatMap({ JobName(rawValue: $0) }) else {
            throw Problems.notFound
        }
        return job
    }
}
