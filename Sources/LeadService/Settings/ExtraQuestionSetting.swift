import Leads

extension Settings {
    static let extraQuestionsKey = "extra_questions"

    /// - Returns: false for questions that cannot be asked.
    mutating func applyExtraQuestions(_ value: JSONValue) -> Bool {
        guard let questions = try? ExtraQuestion.list(value) else { return false }
        self.extraQuestions = questions
        return true
    }

    /// Why a value cannot be stored under a key, where more can be said than how it should look.
    static func failure(of value: JSONValue, for key: String) -> ValidationFailure? {
        do throws(ValidationFailure) {
            switch key {
            case self.extraQuestionsKey: _ = try ExtraQuestion.list(value)
            case "company_colour": _ = try CompanyColour(parsing: value.asText ?? "")
            default: break
            }
            return nil
        } catch {
            return error
        }
    }

    /// Questions that were asked once and are not now, in their last words; rows with the older ones first.
    static func formerQuestions(in rows: some Sequence<SettingRow>, now: [ExtraQuestion]) -> [ExtraQuestion] {
        var known: [String: ExtraQuestion] = [:]
        for row in rows where row.key == self.extraQuestionsKey {
            for question in (try? ExtraQuestion.list(row.value)) ?? [] { known[question.key] = question }
        }
        for question in now { known[question.key] = nil }
        return known.values.sorted { $0.key < $1.key }
    }
}
