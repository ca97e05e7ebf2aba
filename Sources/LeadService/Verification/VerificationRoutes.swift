import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// `POST /api/v1/verification-codes`.
struct VerificationRoutes: RouteList {
    let verification: PhoneVerification

    var routes: [Route] {
        [Route(.post, "/api/v1/verification-codes", .visitor, self.sendCode)]
    }

    @Sendable private func sendCode(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.json(context))
        let phone = fields.parsed("phone") { text throws(ValidationFailure) in try PhoneNumber(parsing: text) }
        let purpose = fields.string("purpose").flatMap { VerificationPurpose(rawValue: $0) }
        if purpose == nil, !fields.failures.contains(where: { $0.pointer == "/purpose" }) {
            fields.fail(
                "purpose_invalid", at: "purpose", "用途应为 inquiry 或 privacy", english: "purpose is inquiry or privacy.")
        }
        for later in ["proof_of_work", "form_key", "form_token", "website"] {
            _ = fields.optionalString(later, longest: 4096)
        }
        try fields.finish()
        guard let phone, let purpose else { throw Problems.internal }
        switch try await self.verification.sendCode(to: phone, for: purpose, from: context.clientAddress) {
        case .issued(let challenge, let resendAfter):
            return .json(
                .object([
                    "challenge_id": .string(challenge.uuidString.lowercased()),
                    "expires_in": .integer(Int(PhoneVerification.lifetime)), "resend_after": .integer(resendAfter),
                ]), status: .accepted)
        case .tooMany(let seconds): throw Problems.tooManyRequests(retryAfter: seconds)
        }
    }
}
