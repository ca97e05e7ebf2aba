import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// What a supervisor does about who gets what.
struct AssignmentRoutes: RouteList {
    let assignment: Assignment

    var routes: [Route] {
        [
            Route(.put, "/api/v1/staff/{id}/assignment", .staff(.assignCallbacks), self.set),
            Route(.post, "/api/v1/callbacks/{id}/take-back", .staff(.assignCallbacks)) { request, context in
                var fields = try FieldReader(try await request.optionalJSON(context))
                try fields.finish()
                try await self.assignment.takeBack(try context.id, by: try context.loggedIn)
                return Response(status: .noContent)
            },
            Route(.post, "/api/v1/board/rebalance", .staff(.assignCallbacks)) { request, context in
                var fields = try FieldReader(try await request.optionalJSON(context))
                let isPreview = fields.optionalBool("preview") ?? false
                try fields.finish()
                return .json(
                    try await self.assignment.rebalance(isPreview: isPreview, by: try context.loggedIn))
            },
        ]
    }

    @Sendable private func set(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.json(context))
        let profile = AssignmentProfile(
            skills: Self.skills(&fields), weight: Self.whole("weight", 0...100, &fields) ?? 1,
            cap: Self.whole("cap", 0...500, isOptional: true, &fields))
        try fields.finish()
        try await self.assignment.set(profile, of: try context.id, by: try context.loggedIn)
        return Response(status: .noContent)
    }

    private static func skills(_ fields: inout FieldReader) -> [String] {
        guard case .array(let values)? = fields.value("skills"), values.count <= 20 else {
            fields.fail("type_mismatch", at: "skills", "请列出技能，最多 20 个", english: "A list of at most 20 skills.")
            return []
        }
        let texts = values.compactMap { $0.asText?.trimmed }
        if texts.count != values.count || !texts.allSatisfy(SkillRule.isSkill) {
            fields.fail(
                "skill_invalid", at: "skills", "每个技能用 1–40 个字写明，不含电话号码",
                english: "1 to 40 visible characters each, no number.")
        }
        // Once each, as they were given.
        return texts.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    private static func whole(
        _ name: String, _ range: ClosedRange<Int>, isOptional: Bool = false, _ fields: inout FieldReader
    ) -> Int? {
        var read: Int?
        let value = fields.value(name)
        if isOptional, value == nil || value == .null { return nil }
        // A number, as described; its text is none.
        if let value, case .number = value { _ = Settings.whole(value, range) { read = $0 } }
        if read == nil {
            fields.fail(
                "number_invalid", at: name, "请填写 \(range.lowerBound)–\(range.upperBound) 的整数",
                english: "A whole number from \(range.lowerBound) to \(range.upperBound).")
        }
        return read
    }
}
