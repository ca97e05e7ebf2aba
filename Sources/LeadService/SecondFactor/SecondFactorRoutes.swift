import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// The second factor, step-up, and the caller's own sessions.
struct SecondFactorRoutes: RouteList {
    let sessions: StaffSessions
    let pages: Pages
    let now: @Sendable () -> Date

    var routes: [Route] {
        [
            Route(.post, "/api/v1/session/totp", .enrolment, self.begin),
            Route(.put, "/api/v1/session/totp", .enrolment, self.confirm),
            Route(.delete, "/api/v1/session/totp", .steppedUp(.seeConsole), self.remove),
            Route(.post, "/api/v1/session/step-up", .staff(.seeConsole), self.stepUp),
            Route(.get, "/api/v1/sessions", .staff(.seeConsole)) { request, context in
                try QueryFields.none(request)
                return .json(try await self.sessions.list(of: try context.loggedIn))
            },
            Route(.delete, "/api/v1/sessions/{id}", .staff(.seeConsole)) { _, context in
                try await self.sessions.end(try context.id, of: try context.loggedIn)
                return Response(status: .noContent)
            },
            Route(.get, "/staff/second-factor", .visitor) { _, _ in
                try self.pages.render(
                    "staff/second-factor", ConsolePage.gate(title: "开通动态码", script: "second-factor.js"))
            },
            Route(.get, "/staff/account", .page(.seeConsole)) { _, context in
                let session = try context.loggedIn
                let page = ConsolePage(session: session, now: self.now(), people: [])
                return try self.pages.render(
                    "staff/account",
                    page.context("account", title: "我的账号").merging([
                        "has_second_factor": session.hasSecondFactor
                    ]) { first, _ in first })
            },
        ]
    }

    @Sendable private func begin(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.optionalJSON(context))
        try fields.finish()
        let draft = try await self.sessions.beginSecondFactor(for: try context.loggedIn)
        let picture = QRCode(draft.address).map {
            JSONOutput.object(["size": .integer($0.size), "path": .string($0.svgPath)])
        }
        return .json(
            .object([
                "secret": .string(draft.secret), "recovery_codes": .array(draft.recoveryCodes.map { .string($0) }),
                "address": .string(draft.address), "picture": picture ?? .null,
            ]))
    }

    @Sendable private func confirm(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.json(context))
        let code = fields.string("totp", longest: 64)
        try fields.finish()
        return StaffRoutes.answer(
            try await self.sessions.confirmSecondFactor(code ?? "", for: try context.loggedIn))
    }

    @Sendable private func remove(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        guard try await self.sessions.removeSecondFactor(of: try context.loggedIn) else { throw Problems.notFound }
        return Response(status: .noContent)
    }

    @Sendable private func stepUp(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.json(context))
        let password = fields.optionalString("password", longest: 1024)
        let code = fields.optionalString("totp", longest: 64)
        if password == nil, code == nil { fields.missing("password") }
        if password != nil, code != nil {
            fields.fail("not_allowed", at: "totp", "密码和动态码只填一个", english: "Either password or totp.")
        }
        try fields.finish()
        let proof = password.map { StepUpProof.password($0) } ?? .code(code ?? "")
        try await self.sessions.stepUp(try context.loggedIn, with: proof, from: context.clientAddress)
        return Response(status: .noContent)
    }
}
