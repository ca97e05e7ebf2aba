import Foundation

/// A question that the company asks on its form beside our own.
package struct ExtraQuestion: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        case text, choice, number
    }

    package static let most = 10
    package static let longestLabel = 40
    package static let mostOptions = 20
    package static let longestOption = 40
    package static let longestText = 200

    /// What names it in files, in rules and for programs; it never changes, whatever the label says.
    package var key: String
    package var label: String
    package var kind: Kind
    package var isRequired: Bool
    /// What a choice is among.
    package var options: [String]

    package init(key: String, label: String, kind: Kind, isRequired: Bool = false, options: [String] = []) {
        self.key = key
        self.label = label
        self.kind = kind
        self.isRequired = isRequired
        self.options = options
    }

    /// Reads the questions of a form, in the order in which they are asked.
    ///
    /// - Throws: what is wrong, said for whoever edits them.
    package static func list(_ value: JSONValue) throws(ValidationFailure) -> [ExtraQuestion] {
        guard case .array(let values) = value else {
            throw Self.refusal("附加问题应为列表", "Extra questions are a list.")
        }
        guard values.count <= Self.most else {
            throw Self.refusal("附加问题最多 \(Self.most) 个", "At most \(Self.most) questions.")
        }
        var questions: [ExtraQuestion] = []
        for (index, value) in values.enumerated() {
            let question = try Self.read(value, number: index + 1)
            if questions.contains(where: { $0.key == question.key }) {
                throw Self.refusal("代号“\(question.key)”用了两次，请改一个", "The key '\(question.key)' stands twice.")
            }
            if questions.contains(where: { $0.label == question.label }) {
                throw Self.refusal("“\(question.label)”问了两次，请改一个", "The same label stands twice.")
            }
            questions.append(question)
        }
        return questions
    }

    private static func read(_ value: JSONValue, number: Int) throws(ValidationFailure) -> ExtraQuestion {
        guard case .object(var members) = value else {
            throw Self.refusal("第 \(number) 个问题写法不对", "Question \(number) is not an object.")
        }
        func text(_ name: String) -> String? {
            guard case .string(let text)? = members.removeValue(forKey: name) else { return nil }
            return Text.trimmed(text).precomposedStringWithCanonicalMapping
        }
        guard let label = text("label"), Self.isLine(label, most: Self.longestLabel) else {
            throw Self.refusal(
                "第 \(number) 个问题请写 1–\(Self.longestLabel) 个字", "The label of question \(number) has 1 to 40 characters."
            )
        }
        guard let key = text("key"), key.wholeMatch(of: /[a-z][a-z0-9_]{0,31}/) != nil else {
            throw Self.refusal(
                "“\(label)”的代号应以小写字母开头，用小写字母、数字和 _，最多 32 个",
                "The key of question \(number) is lower-case letters, digits and '_'.")
        }
        guard let kind = text("kind").flatMap({ Kind(rawValue: $0) }) else {
            throw Self.refusal("请选“\(label)”怎样回答", "The kind of question \(number) is text, choice or number.")
        }
        var question = ExtraQuestion(key: key, label: label, kind: kind)
        switch members.removeValue(forKey: "required") {
        case nil: break
        case .bool(let isRequired)?: question.isRequired = isRequired
        default: throw Self.refusal("“\(label)”的必填应为是或否", "'required' of question \(number) is true or false.")
        }
        let options = members.removeValue(forKey: "options")
        if kind == .choice { question.options = try Self.options(options, of: label) }
        guard members.isEmpty, kind == .choice || options == nil || options == .array([]) else {
            throw Self.refusal("“\(label)”里有不认识的内容", "Question \(number) has a member that nobody knows.")
        }
        return question
    }

    private static func options(_ value: JSONValue?, of label: String) throws(ValidationFailure) -> [String] {
        guard case .array(let values)? = value, (2...Self.mostOptions).contains(values.count) else {
            throw Self.refusal(
                "“\(label)”请写 2–\(Self.mostOptions) 个选项", "A choice has 2 to \(Self.mostOptions) options.")
        }
        var options: [String] = []
        for value in values {
            guard case .string(let text) = value else {
                throw Self.refusal("“\(label)”的选项应为文字", "An option is a text.")
            }
            let option = Text.trimmed(text).precomposedStringWithCanonicalMapping
            guard Self.isLine(option, most: Self.longestOption), !options.contains(option) else {
                throw Self.refusal(
                    "“\(label)”的选项各为 1–\(Self.longestOption) 个字，不能重复", "Options have 1 to 40 characters, none twice.")
            }
            options.append(option)
        }
        return options
    }

    private static func isLine(_ text: String, most: Int) -> Bool {
        (1...most).contains(text.count) && text.unicodeScalars.allSatisfy(Text.isVisible) && !Text.floodsMarks(text)
            && !IdentityNumber.isTold(in: text) && !PhoneNumber.isTold(in: text)
    }

    private static func refusal(_ detail: String, _ english: String) -> ValidationFailure {
        ValidationFailure("setting_invalid", detail, english: english)
    }
}

extension ExtraQuestion {
    /// What of an answer is kept; nil when nothing was said.
    ///
    /// - Throws: `required`, `type_mismatch` or `extra_answer_invalid`.
    package func answer(_ said: JSONValue?) throws(ValidationFailure) -> JSONValue? {
        let answer = try self.said(said ?? .null)
        guard answer == nil, self.isRequired else { return answer }
        let verb = self.kind == .choice ? "请选择" : "请填写"
        throw ValidationFailure("required", "\(verb)“\(self.label)”", english: "'\(self.key)' is required.")
    }

    private func said(_ value: JSONValue) throws(ValidationFailure) -> JSONValue? {
        switch (self.kind, value) {
        case (_, .null): return nil
        case (.number, .number(let number)): return try self.number("\(number)")
        case (.number, .string(let raw)):
            let text = Text.trimmed(raw.precomposedStringWithCompatibilityMapping)
            return text.isEmpty ? nil : try self.number(text)
        case (.text, .string(let raw)): return try self.text(raw)
        case (.choice, .string(let raw)):
            let text = Text.trimmed(raw).precomposedStringWithCanonicalMapping
            if text.isEmpty { return nil }
            guard self.options.contains(text) else {
                throw self.refusal("请从列出的选项里选“\(self.label)”", "'\(self.key)' is one of its options.")
            }
            return .string(text)
        default:
            throw ValidationFailure(
                "type_mismatch", "“\(self.label)”应为\(self.kind == .number ? "数字" : "文字")",
                english: "'\(self.key)' is a \(self.kind == .number ? "number" : "string").")
        }
    }

    private func text(_ raw: String) throws(ValidationFailure) -> JSONValue? {
        let text: String
        do {
            text = try Remark(parsing: raw).text
        } catch  where raw.count <= Remark.mostCharacters {
            throw self.refusal("“\(self.label)”里有无法显示的字符，请重新输入", "It has characters that cannot be shown.")
        } catch {
            throw self.tooLong
        }
        guard text.count <= Self.longestText else { throw self.tooLong }
        return text.isEmpty ? nil : .string(text)
    }

    private var tooLong: ValidationFailure {
        self.refusal(
            "“\(self.label)”最多 \(Self.longestText) 个字，请缩短", "At most \(Self.longestText) characters.")
    }

    /// A number as people write it: up to twelve digits, thousands with commas, at most four decimals.
    private func number(_ text: String) throws(ValidationFailure) -> JSONValue {
        let plain = text.filter { $0 != "," }
        guard plain.wholeMatch(of: /[-+]?[0-9]{1,12}(?:\.[0-9]{1,4})?/) != nil, let number = Decimal(string: plain)
        else {
            throw self.refusal("“\(self.label)”请填数字，如 12 或 3.5", "'\(self.key)' is a number such as 12 or 3.5.")
        }
        return .number(number)
    }

    private func refusal(_ detail: String, _ english: String) -> ValidationFailure {
        ValidationFailure("extra_answer_invalid", detail, english: english)
    }
}

extension [ExtraQuestion] {
    /// The answers to these questions, each as it is kept, and what is wrong with the others.
    ///
    /// - Parameter requires: false for what others write down or hand over, who may leave anything out.
    package func check(
        _ said: [String: JSONValue], requires: Bool = true
    ) -> (answers: [String: JSONValue], failures: [ValidationFailure]) {
        var (answers, failures) = ([String: JSONValue](), [ValidationFailure]())
        for var question in self {
            question.isRequired = question.isRequired && requires
            do throws(ValidationFailure) {
                answers[question.key] = try question.answer(said[question.key])
            } catch {
                failures.append(error.within("/extra/\(question.key)"))
            }
        }
        return (answers, failures)
    }
}
