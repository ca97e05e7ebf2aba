import Leads

/// One question of the self-assessment; a dot in its name leads into an object, `suburb_area.zone`.
struct Question: Sendable, Decodable {
    enum Kind: String, Sendable, Decodable {
        case choice, number, flag, list
    }

    struct Option: Sendable, Decodable {
        var value: String
        var label: String
    }

    /// How a page shows a choice or a flag that is not a plain list or a tick.
    enum Look: String, Sendable, Decodable {
        case tiles, unsure
        case yesNo = "yes_no"
    }

    /// What the page asks for instead: the answer is worked out from it.
    enum Asked: String, Sendable, Decodable {
        case birthMonth = "birth_month"
        case bases
    }

    let name: String
    let label: String
    let kind: Kind
    var help: String?
    var unit: String?
    var minimum: Int?
    var maximum: Int?
    var options: [Option]?
    /// What a page calls the answer of somebody who has none.
    var unset: String?
    /// The page asks only when another question has one of these answers: `title:a,b`.
    var depends: String?
    var shownAs: Look?
    var askedAs: Asked?

    var path: [String] { self.name.split(separator: ".").map(String.init) }

    /// The question as programs read it.
    var json: JSONOutput {
        var members: [String: JSONOutput] = [
            "name": .string(self.path.last ?? self.name), "label": .string(self.label),
            "help": .string(self.help ?? ""),
        ]
        switch self.kind {
        case .choice:
            members["type"] = .string("choice")
            members["options"] = self.options { .string($0) }
        case .number:
            members["type"] = .string("number")
            members["minimum"] = .integer(self.minimum ?? 0)
            members["maximum"] = .integer(self.maximum ?? 0)
            members["unit"] = .string(self.unit ?? "")
        case .flag: members["type"] = .string("boolean")
        case .list:
            members["type"] = .string("list")
            members["options"] = self.options { .integer(Int($0) ?? 0) }
        }
        return .object(members)
    }

    private func options(_ value: (String) -> JSONOutput) -> JSONOutput {
        .array((self.options ?? []).map { .object(["value": value($0.value), "label": .string($0.label)]) })
    }
}
