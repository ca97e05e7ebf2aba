import Foundation
import Leads

/// Reads the calculator's form: answers as people know them (month of birth, bases in yuan) become those of the rules.
struct AnswerForm: Sendable {
    let questions: Questionnaire
    let rules: PointsRules
    let day: ShanghaiDate

    /// Prefix of the fields that hold the base of an insurance year.
    static let basePrefix = "base."

    /// What the amounts are: the base or the salary, unless `contribution` says that they are what somebody pays of their own.
    static let amountKind = "base_kind"
    /// The lowest minimum wage of the years asked (Shanghai, July 2021): no full month is paid with less.
    private static let lowestBase = Decimal(2590)

    /// Whether the form says how old somebody is: without it there is nothing to assess.
    static func isAnswered(_ form: FormFields) -> Bool {
        ["age", "birth_year", "birth_month"].contains { !(form[$0] ?? "").trimmed.isEmpty }
    }

    /// The answers under the names of the rules; what was left empty is left out.
    ///
    /// - Throws: `AnswersFailure` with every field of the form that breaks a rule.
    func answers(in form: FormFields) throws -> Answers {
        var failures: [ValidationFailure] = []
        var members = self.plain(form)
        do {
            members["age"] = try self.age(form)
        } catch {
            failures.append(error)
        }
        let bases = self.bases(form, &failures)
        if !bases.isEmpty {
            var insured: Int?
            if case .number(let months)? = members["insured_months"] { insured = Int("\(months)") }
            let months = self.rules.tierMonths(bases: bases, insuredMonths: insured, before: self.day)
            members["months_at_0_8x"] = .number(Decimal(months.at08))
            members["months_at_1x"] = .number(Decimal(months.at1))
            members["months_at_2x"] = .number(Decimal(months.at2))
            members["months_at_3x"] = .number(Decimal(months.at3))
            if insured == nil, members["insured_months"] == nil {
                members["insured_months"] = .number(Decimal(months.insured))
            }
            if members["title_contribution_ok"] == nil { members["title_contribution_ok"] = .bool(months.isTitleOK) }
        }
        do {
            let answers = try Answers(.object(members))
            guard failures.isEmpty else { throw AnswersFailure(failures: failures) }
            return answers
        } catch let failure as AnswersFailure where !failures.isEmpty {
            throw AnswersFailure(failures: failures + failure.failures.filter { !failures.contains($0) })
        }
    }

    /// What is asked under its own name; what cannot be read stays text, so that it is refused there.
    private func plain(_ form: FormFields) -> [String: JSONValue] {
        var members: [String: JSONValue] = [:]
        for question in self.questions.questions {
            guard let text = form[question.name]?.trimmed, !text.isEmpty else { continue }
            let value = Self.value(text, of: question)
            let path = question.path
            guard path.count == 2 else {
                members[question.name] = value
                continue
            }
            var inner: [String: JSONValue] = [:]
            if case .object(let known)? = members[path[0]] { inner = known }
            inner[path[1]] = value
            members[path[0]] = .object(inner)
        }
        // Years in an area that was not chosen mean nothing.
        if case .object(let suburb)? = members["suburb_area"], suburb["zone"] == nil { members["suburb_area"] = nil }
        return members
    }

    private func age(_ form: FormFields) throws(ValidationFailure) -> JSONValue {
        let year = form["birth_year"] ?? ""
        let month = form["birth_month"] ?? ""
        if let age = form["age"]?.trimmed, !age.isEmpty, (year + month).trimmed.isEmpty { return Self.number(age) }
        return .number(Decimal(try BirthMonth(year: year, month: month, on: self.day).age(on: self.day)))
    }

    private func bases(_ form: FormFields, _ failures: inout [ValidationFailure]) -> [String: Decimal] {
        var bases: [String: Decimal] = [:]
        let areContributions = form[Self.amountKind] == "contribution"
        // Nobody pays more of their own than for the ceiling, three times the average.
        let ceiling = Decimal(self.rules.wages.map(\.average).max() ?? 0) * 3 * OwnContribution.share + 1
        for name in form.values.keys.sorted() where name.hasPrefix(Self.basePrefix) {
            guard let text = form[name]?.trimmed, !text.isEmpty else { continue }
            guard case .number(let yuan) = Self.number(text), (0...1_000_000).contains(yuan) else {
                failures.append(
                    ValidationFailure(
                        "answer_invalid", at: "/" + name, "基数请填每月多少元，如 12000", english: "Yuan a month, such as 12000."))
                continue
            }
            guard areContributions || yuan == 0 || yuan >= Self.lowestBase else {
                failures.append(
                    ValidationFailure(
                        "answer_invalid", at: "/" + name, "这像是个人每月缴的社保，不是基数。请选“个人每月缴的社保”，或改填月工资",
                        english:
                            "Less than a minimum wage: choose what you pay of your own, or give the monthly salary."))
                continue
            }
            guard !areContributions || yuan <= ceiling else {
                failures.append(
                    ValidationFailure(
                        "answer_invalid", at: "/" + name, "这比个人每月最多能缴的还多，像是工资。请选“月缴费基数或税前月工资”，或改填个人缴的",
                        english: "More than anybody pays of their own: choose the base or the salary."))
                continue
            }
            let year = String(name.dropFirst(Self.basePrefix.count))
            bases[year] = areContributions ? OwnContribution.base(of: yuan) : yuan
        }
        return bases
    }

    private static func value(_ text: String, of question: Question) -> JSONValue {
        switch question.kind {
        case .flag: text == "true" ? .bool(true) : text == "false" ? .bool(false) : .string(text)
        case .list: .array([self.number(text)])
        case .choice: .string(text)
        case .number: self.number(text)
        }
    }

    /// Thousands' separators and full-width digits are fine.
    private static func number(_ text: String) -> JSONValue {
        let plain = text.precomposedStringWithCompatibilityMapping.replacing(/[, ]([0-9]{3})/) { $0.1 }
        guard plain.wholeMatch(of: /-?[0-9]{1,12}(\.[0-9]{1,6})?/) != nil, let number = Decimal(string: plain) else {
            return .string(text)
        }
        return .number(number)
    }
}
