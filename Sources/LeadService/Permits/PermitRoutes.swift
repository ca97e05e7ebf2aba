import Foundation
import HTTPTypes
import Hummingbird
package import Leads

/// `POST /api/v1/permit-renewals`: needs no database.
struct PermitRoutes: RouteList {
    let permits: PermitChecklist
    let now: @Sendable () -> Date

    var routes: [Route] {
        [Route(.post, "/api/v1/permit-renewals", .visitor, self.check)]
    }

    @Sendable private func check(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.json(context))
        let validUntil = fields.parsed("valid_until") { text throws(ValidationFailure) in
            try ShanghaiDate(parsing: text)
        }
        let on = fields.parsed("on", required: false) { text throws(ValidationFailure) in
            try ShanghaiDate(parsing: text)
        }
        try fields.finish()
        guard let validUntil else { throw Problems.internal }
        return .json(
            PermitJSON.object(PermitRenewal(validUntil: validUntil, on: on ?? ShanghaiDate(self.now())), self.permits))
    }
}

/// A renewal's state with the names of the contract.
package enum PermitJSON {
    package static func object(_ permit: PermitRenewal, _ checklist: PermitChecklist) -> JSONOutput {
        .object([
            "status": .string(permit.status.rawValue), "window_open": .string(permit.windowOpen.description),
            "window_open_strict": .string(permit.windowOpenStrict.description),
            "last_valid_day": .string(permit.lastValidDay.description),
            "suspended_from": .string(permit.suspendedFrom.description),
            "grace_last_day": .string(permit.graceLastDay.description),
            "continuity_lost_from": .string(permit.continuityLostFrom.description),
            "reasonable_cause_last_day": .string(permit.reasonableCauseLastDay.description),
            "residence_years_continuous": permit.residenceYearsContinuous.map { .bool($0) } ?? .null,
            "next_valid_until_if_endorsed_today": .optional(permit.nextValidUntil?.description),
            "text": .string(permit.text),
            "checklist": .object([
                "online": .array(checklist.online.map { .string($0) }),
                "offline": .array(checklist.offline.map { .string($0) }),
                "agent": .string(checklist.agent),
                "notes": .array(
                    checklist.notes.map { .object(["claim": .string($0.claim), "rule": .string($0.rule)]) }),
            ]),
        ])
    }
}
