import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// `POST /api/v1/verification-codes`, what became of a code, and the codes of test numbers.
struct VerificationRoutes: RouteList {
    let verification: PhoneVerification
    let codes: CodeSteps
    let sites: Sites
    let testCodes: TestCodes

    var routes: [Route] {
        [
            Route(.post, "/api/v1/verification-codes", .visitor, self.sendCode),
            Route(.get, "/api/v1/verification-codes/{id}", .visitor, self.showDelivery),
            Route(.post, "/api/v1/test-codes", .staff(.manageStaff), self.readTestCode),
        ]
    }

    @Sendable private func sendCode(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.json(context))
        let phone = fields.parsed("phone") { text throws(ValidationFailure) in try PhoneNumber(parsing: text) }
        let purpose = fields.string("purpose").flatMap { VerificationPurpose(rawValue: $0) }
        if purpose == nil, !fields.failures.contains(where: { $0.pointer == "/purpose" }) {
            fields.fail(
                "purpose_invalid", at: "purpose", "用途应为 inquiry 或 privacy", english: "purpose is inquiry or privacy.")
        }
        let proof = fields.optionalString("proof_of_work", longest: 4096)
        let formKey = fields.optionalString("form_key", longest: 4096)
        for later in ["form_token", "website"] {
            _ = fields.optionalString(later, longest: 4096)
        }
        try fields.finish()
        guard let phone, let purpose else { throw Problems.internal }
        let form = try await self.sites.form(formKey, from: request.headers[.origin])
        if let refusal = form.refusal, purpose == .inquiry || refusal.code != "form_closed" { throw refusal }
        let issue = try await self.verification.sendCode(
            to: phone, for: purpose, from: context.clientAddress, by: .script(proof: proof), on: form.site.name)
        switch issue {
        case .issued(let challenge, let resendAfter):
            return .json(
                .object([
                    "challenge_id": .string(challenge.uuidString.lowercased()),
                    "expires_in": .integer(Int(PhoneVerification.lifetime)), "resend_after": .integer(resendAfter),
                ]), status: .accepted)
        case .tooMany(let seconds), .telephone(let seconds): throw Problems.tooManyRequests(retryAfter: seconds)
        case .proofRequired(let challenge): throw Self.proofRequired(challenge)
        }
    }

    /// The same for every id that could be a challenge's, known or not.
    @Sendable private func showDelivery(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        guard let challenge = UUID(uuidString: context.parameters.get("id") ?? "") else { throw Problems.notFound }
        return .json(try await self.codes.json(of: challenge))
    }

    @Sendable private func readTestCode(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.json(context))
        let phone = fields.parsed("phone") { text throws(ValidationFailure) in try PhoneNumber(parsing: text) }
        try fields.finish()
        guard let phone else { throw Problems.internal }
        guard let found = try await self.testCodes.newest(of: phone, by: try context.loggedIn) else {
            throw Problem(
                .notFound, "test_code_unknown", "这个号码现在没有可用的测试验证码：请确认它在测试号码名单里，并先在页面上获取验证码",
                english: "No live code of a test number.")
        }
        return .json(
            .object(["code": .string(found.code), "expires_at": .string(RFC3339.text(found.expiresAt))]))
    }

    /// The widget of today reads `maxnumber`, that of tomorrow `maxNumber`.
    private static func proofRequired(_ challenge: ProofOfWork.Challenge) -> Problem {
        var problem = Problem(
            .forbidden, "proof_of_work_required", "发送前需要做一次安全校验，请稍候再试",
            english: "Solve the challenge and repeat the request with proof_of_work.")
        problem.challenge = .object([
            "algorithm": .string("SHA-256"), "challenge": .string(challenge.challenge), "salt": .string(challenge.salt),
            "signature": .string(challenge.signature), "maxnumber": .integer(challenge.maxNumber),
            "maxNumber": .integer(challenge.maxNumber),
        ])
        return problem
    }
}
