import Leads

/// What the result page shows of an assessment.
enum ResultPage {
    static func context(_ result: AssessmentResult) -> [String: Any] {
        let assessed = result.assessed
        var context: [String: Any] = [
            "total": assessed.total, "standard": AssessedAnswers.standard, "gap": assessed.gap,
            "reaches_120": assessed.total >= AssessedAnswers.standard, "can_apply": assessed.canApply,
            "rule_version": assessed.ruleVersion,
            "assessed_on": (try? ShanghaiDate(parsing: assessed.assessedOn))?.longText ?? assessed.assessedOn,
            "verdict": Self.verdict(assessed), "is_withheld": !result.isWhole,
        ]
        // What is withheld is not on the page at all.
        if result.isWhole { context.merge(Self.items(assessed)) { first, _ in first } }
        return context
    }

    private static func items(_ assessed: AssessedAnswers) -> [String: Any] {
        let blockers = assessed.blockedBy.compactMap { Blocker(rawValue: $0)?.text }
        return [
            "item_details": assessed.items.map { ["text": $0.text, "points": $0.points.minusSigned] },
            "has_notes": true,
            "blockers": blockers.map { ["text": $0] }, "is_blocked": !blockers.isEmpty,
            "notes": Self.texts(assessed.notes, without: assessed.blockedBy),
            "suggestions": Self.texts(assessed.suggestions),
            "has_suggestions": !Self.texts(assessed.suggestions).isEmpty,
        ]
    }

    /// In the words of the landing page's script.
    private static func verdict(_ assessed: AssessedAnswers) -> String {
        if assessed.gap > 0 { return "距 \(AssessedAnswers.standard) 分还差 \(assessed.gap) 分" }
        return assessed.canApply ? "已达到 \(AssessedAnswers.standard) 分标准分值" : "分数已够，但还有条件未满足"
    }

    /// The `text` of each object of a JSON list of ours.
    ///
    /// - Parameter codes: blockers stand among the notes; the page has a place of their own for them.
    private static func texts(_ json: String, without codes: [String] = []) -> [[String: String]] {
        guard case .array(let values)? = try? StrictJSON.read(Array(json.utf8)) else { return [] }
        return values.compactMap { value in
            guard case .object(let members) = value, case .string(let text)? = members["text"] else { return nil }
            if case .string(let code)? = members["code"], codes.contains(code) { return nil }
            return ["text": text]
        }
    }
}
