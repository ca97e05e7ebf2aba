import Foundation

/// A result as its holder may see it: whole, or the total alone until the phone of an inquiry with it was proven.
package struct AssessmentResult: Sendable {
    package var assessed: AssessedAnswers
    package var isWhole: Bool

    /// The members that wait for the proof; one of them would tell the others.
    static let withheld = ["blocked_by", "gap.suggestions", "item_details", "items", "notes", "sum_before_deductions"]

    /// The members of the contract, or what is left of them.
    var members: [String: JSONOutput] {
        var members = self.assessed.members
        members["assessed_on"] = .string(self.assessed.assessedOn)
        guard !self.isWhole else { return members }
        for name in Self.withheld { members[name] = nil }
        members["gap"] = .object(["points": .integer(self.assessed.gap)])
        members["withheld"] = .array(Self.withheld.map { .string($0) })
        return members
    }

    /// The answer to a new assessment.
    func created(at url: String) -> JSONOutput {
        let own: [String: JSONOutput] = [
            "assessment_id": .string(self.assessed.id.uuidString.lowercased()), "result_url": .string(url),
        ]
        return .object(self.members.merging(own) { _, new in new })
    }
}
