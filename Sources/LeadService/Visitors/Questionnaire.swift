import Foundation
import Leads

/// The questions as the pages ask them: wording, groups and kinds of fields are data, in `Resources/questions.json`.
struct Questionnaire: Sendable {
    /// One field of the form.
    struct Field: Sendable, Decodable {
        struct Option: Sendable, Decodable {
            var value: String
            var text: String
        }

        var name: String
        var label: String
        var help: String?
        var unit: String?
        var optionsKind: String?
        var options: [Option]?
        var depends: String?
        var isCheck: Bool?
    }

    /// Fields under one heading.
    struct Group: Sendable, Decodable {
        var groupLabel: String
        var groupHelp: String?
        var fields: [Field]
    }

    private struct File: Decodable {
        var questions: [Field]
        var groups: [Group]
        var rareGroups: [Group]
    }

    private let file: (questions: [Field], groups: [Group], rareGroups: [Group])
    private let fields: [Field]

    init(resources: URL) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let file = try decoder.decode(
            File.self, from: Data(contentsOf: resources.appendingPathComponent("questions.json")))
        self.file = (file.questions, file.groups, file.rareGroups)
        self.fields = file.questions + (file.groups + file.rareGroups).flatMap(\.fields)
    }

    /// The names of all fields, which travel as hidden fields through the steps.
    var names: [String] { self.fields.map(\.name) }

    /// Whether a form has answered anything: an untouched calculator makes no assessment.
    func isAnswered(in form: FormFields) -> Bool {
        self.answers(in: form) != .object([:])
    }

    /// The answers of a form as the JSON that programs send; what was left empty or at its first choice is left out, what cannot be read stays
    /// text, so that it is refused under its own name.
    func answers(in form: FormFields) -> JSONValue {
        var members: [String: JSONValue] = [:]
        for field in self.fields {
            guard let text = form[field.name]?.trimmed, !text.isEmpty, text != field.options?.first?.value else {
                continue
            }
            let value = Self.value(text, of: field)
            let path = field.name.split(separator: ".").map(String.init)
            if path.count == 2 {
                var inner: [String: JSONValue] = [:]
                if case .object(let known)? = members[path[0]] { inner = known }
                inner[path[1]] = value
                members[path[0]] = .object(inner)
            } else {
                members[field.name] = value
            }
        }
        // Years in an area that was not chosen mean nothing.
        if case .object(let suburb)? = members["suburb_area"], suburb["zone"] == nil { members["suburb_area"] = nil }
        return .object(members)
    }

    /// The context of the questions, filled with what was typed and what was wrong with it.
    func context(_ form: FormFields?, errors: [String: String] = [:]) -> [String: Any] {
        func fields(_ list: [Field]) -> [[String: Any]] {
            list.map { Self.context($0, form?[$0.name], errors[$0.name]) }
        }
        func groups(_ list: [Group]) -> [[String: Any]] {
            list.map { group in
                var context: [String: Any] = ["group_label": group.groupLabel, "fields": fields(group.fields)]
                if let help = group.groupHelp { context["group_help"] = help }
                return context
            }
        }
        let rare = self.file.rareGroups.flatMap(\.fields)
        return [
            "questions": fields(self.file.questions), "groups": groups(self.file.groups),
            "rare_groups": groups(self.file.rareGroups),
            "rare_open": rare.contains { errors[$0.name] != nil },
        ]
    }

    private static func value(_ text: String, of field: Field) -> JSONValue {
        if field.isCheck == true { return .bool(text == "true") }
        switch field.optionsKind {
        case "b": return text == "true" ? .bool(true) : text == "false" ? .bool(false) : .string(text)
        case "a": return .array([Self.number(text)])
        case "s": return .string(text)
        default: return Self.number(text)
        }
    }

    private static func number(_ text: String) -> JSONValue {
        let plain = text.precomposedStringWithCompatibilityMapping
        guard plain.wholeMatch(of: /-?[0-9]{1,12}(\.[0-9]{1,6})?/) != nil, let number = Decimal(string: plain) else {
            return .string(text)
        }
        return .number(number)
    }

    private static func context(_ field: Field, _ typed: String?, _ error: String?) -> [String: Any] {
        var context: [String: Any] = ["name": field.name, "label": field.label]
        if let help = field.help { context["help"] = help }
        if let depends = field.depends { context["depends"] = depends }
        if let unit = field.unit { context["unit"] = unit }
        if let kind = field.optionsKind { context["options_kind"] = kind }
        if let error { context["answer_error"] = error }
        if let typed, !typed.isEmpty { context["typed"] = typed }
        if field.isCheck == true {
            context["is_check"] = true
            context["is_checked"] = typed == "true"
        }
        if let options = field.options {
            context["options"] = options.map { option -> [String: Any] in
                ["value": option.value, "text": option.text, "is_selected": option.value == typed]
            }
        }
        return context
    }
}
