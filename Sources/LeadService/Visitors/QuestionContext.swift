import Leads

/// The questions as the templates show them.
struct QuestionContext {
    let questions: Questionnaire
    let day: ShanghaiDate

    /// The sections, filled with what was typed and what was wrong with it.
    ///
    /// - Parameter asked: whether people are asked for what they know (month of birth, bases) or, to change stored
    ///   answers, for the answers themselves.
    func sections(_ form: FormFields?, errors: [String: String] = [:], asked: Bool = true) -> [String: Any] {
        let hasErrors = !errors.isEmpty
        let sections = self.questions.sections.enumerated().map { position, section -> [String: Any] in
            var fields: [[String: Any]] = []
            for question in section.fields {
                switch asked ? question.askedAs : nil {
                case .birthMonth?: fields.append(self.birth(form, errors))
                case .bases?: if fields.last?["is_bases"] == nil { fields.append(self.bases(form, errors)) }
                case nil: fields.append(Self.field(question, form?[question.name], errors[question.name]))
                }
            }
            let names = section.fields.map(\.name) + ["birth_year", "birth_month"]
            let isWrong =
                names.contains { errors[$0] != nil && (position == 0 || !$0.hasPrefix("birth_")) }
                || fields.contains { $0["base_error"] != nil }
            var context: [String: Any] = [
                "number": position + 1, "section_title": section.title, "fields": fields,
                "is_open": hasErrors ? isWrong : position == 0,
                "is_last": position + 1 == self.questions.sections.count,
            ]
            if let help = section.help { context["section_help"] = help }
            return context
        }
        return ["sections": sections, "section_count": sections.count]
    }

    private func birth(_ form: FormFields?, _ errors: [String: String]) -> [String: Any] {
        var context: [String: Any] = [
            "is_birth": true, "birth_year": form?["birth_year"] ?? "", "birth_month": form?["birth_month"] ?? "",
        ]
        if let error = errors["birth_year"] { context["birth_year_error"] = error }
        if let error = errors["birth_month"] { context["birth_month_error"] = error }
        return context
    }

    /// One row for each insurance year of the window.
    private func bases(_ form: FormFields?, _ errors: [String: String]) -> [String: Any] {
        var hasError = false
        let rows = InsuranceYear.counted(before: self.day).map { year -> [String: Any] in
            let name = AnswerForm.basePrefix + year.from
            var row: [String: Any] = [
                "base_name": name, "base": form?[name] ?? "",
                "base_label": "\(Self.month(year.months.first ?? ""))–\(Self.month(year.months.last ?? ""))",
            ]
            if let error = errors[name] {
                row["base_row_error"] = error
                hasError = true
            }
            return row
        }
        var context: [String: Any] = [
            "is_bases": true, "rows": rows, "are_contributions": form?[AnswerForm.amountKind] == "contribution",
        ]
        if hasError { context["base_error"] = true }
        return context
    }

    /// `2025-07` as 2025.7.
    private static func month(_ text: String) -> String {
        text.replacing("-0", with: ".").replacing("-", with: ".")
    }

    private static func field(_ question: Question, _ typed: String?, _ error: String?) -> [String: Any] {
        var context: [String: Any] = ["name": question.name, "label": question.label]
        if let help = question.help { context["help"] = help }
        if let depends = question.depends { context["depends"] = depends }
        if let error { context["answer_error"] = error }
        if let typed, !typed.isEmpty { context["typed"] = typed }
        var tiles: [(String, String)]?
        switch (question.kind, question.shownAs) {
        case (.number, _): context["unit"] = question.unit ?? ""
        case (.flag, nil): context["is_check"] = true
        case (.flag, .yesNo?): tiles = [("true", "是"), ("false", "否")]
        case (.flag, _): tiles = [("true", "是"), ("false", "否"), ("", "不清楚")]
        case (_, .tiles?): tiles = Self.pairs(question)
        case (_, _):
            context["is_list"] = true
            let unset = question.unset.map { [("", $0)] } ?? []
            context["options"] = Self.options(unset + Self.pairs(question), typed ?? "")
        }
        context["is_checked"] = typed == "true"
        if let tiles {
            context["is_tiles"] = true
            context["tiles"] = Self.options(tiles, typed ?? (question.shownAs == .yesNo ? "true" : ""))
        }
        context["is_plain"] = tiles == nil && context["is_check"] == nil
        return context
    }

    private static func pairs(_ question: Question) -> [(String, String)] {
        (question.options ?? []).map { ($0.value, $0.label) }
    }

    private static func options(_ pairs: [(String, String)], _ typed: String) -> [[String: Any]] {
        pairs.map { ["value": $0.0, "text": $0.1, "is_selected": $0.0 == typed] }
    }
}
