import Foundation
import HTTPTypes
import Hummingbird
import Leads
import NIOCore

/// What advisers do by telephone beside looking at a number, and what the telephone system says of its calls.
struct TelephoneRoutes: RouteList {
    let queue: CallbackQueue
    let dialling: Dialling
    let reports: CallReports
    let secrets: TelephoneSecrets
    let numbers: SecondNumbers
    let missedCalls: MissedCallMessages
    let token: HookToken
    let now: @Sendable () -> Date

    var routes: [Route] {
        [
            Route(.post, "/api/v1/callbacks/{id}/dial", .staff(.workCallbacks), self.dial),
            Route(.post, "/api/v1/callbacks/{id}/missed-call-message", .staff(.workCallbacks), self.tell),
            Route(.put, "/api/v1/leads/{id}/second-number", .staff(.workCallbacks), self.setNumber),
            Route(.post, "/hooks/calls/{token}", .visitor, self.receive),
        ]
    }

    @Sendable private func dial(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        do {
            var fields = try FieldReader(try await request.optionalJSON(context))
            let number = fields.parsed("number", required: false, longest: 16) { text throws(ValidationFailure) in
                guard let number = DialledNumber(rawValue: text) else {
                    throw ValidationFailure("number_unknown", "号码应为 first 或 second", english: "first or second.")
                }
                return number
            }
            try fields.finish()
            let call = try await self.dialling.dial(try context.id, number ?? .first, for: try context.loggedIn)
            return .json(.object(["call_id": .string(call.uuidString.lowercased())]), status: .accepted)
        } catch  where error is Problem || error is NIOTooManyBytesError {
            // As every request of the claimant's on their task, a refused one extends the lease.
            try await self.queue.keepClaim(try context.id, for: try context.loggedIn)
            throw error
        }
    }

    @Sendable private func tell(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        try await self.missedCalls.send(after: try context.id, by: try context.loggedIn)
        return Response(status: .accepted)
    }

    @Sendable private func setNumber(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.json(context))
        let isGiven = fields.has("number")
        let typed = fields.optionalString("number", longest: 50)
        let digits = fields.optionalString("extension", longest: 20)
        var number: SecondNumber?
        if let typed {
            do {
                number = try SecondNumber(parsing: typed, extension: digits)
            } catch {
                fields.fail(error, at: error.code == "extension_invalid" ? "extension" : "number")
            }
        } else if !isGiven, digits != nil {
            fields.fail(
                "not_allowed", at: "extension", "没有号码就没有分机号", english: "There is no extension without a number.")
        }
        try fields.finish()
        try await self.numbers.set(number, of: try context.id, by: try context.loggedIn)
        return Response(status: .noContent)
    }

    /// A wrong token and a system that was never given a secret are one answer.
    @Sendable private func receive(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        guard self.token.isRight(context.parameters.get("token") ?? ""), let secret = try await self.secrets.current()
        else { throw Problems.notFound }
        let body = Array(try await request.body.collect(upTo: context.maxUploadSize).readableBytesView)
        try WebhookSignature(secret: secret).check(request, body, at: self.now())
        let report: CallReport?
        do {
            report = try CallReport.read(try StrictJSON.read(body))
        } catch {
            throw Problem(
                .badRequest, "malformed_report", "内容不是通话回执的格式", english: "The body is no report of a call.")
        }
        if let report { try await self.reports.receive(report) }
        return .json(.object([:]))
    }
}
