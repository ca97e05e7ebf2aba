package import Foundation
import Leads

/// Every question of the self-assessment, the one source for pages and programs: `Resources/questions.json`.
package struct Questionnaire: Sendable {
    /// Questions under one heading.
    struct Section: Sendable, Decodable {
        var title: String
        var help: String?
        var fields: [Question]
    }

    private struct Sections: Decodable {
        var sections: [Section]
    }

    private struct Objects: Decodable {
        var objects: [String: String]
    }

    let sections: [Section]
    private let objects: [String: String]

    package init(resources: URL) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let data = try Data(contentsOf: resources.appendingPathComponent("questions.json"))
        self.sections = try decoder.decode(Sections.self, from: data).sections
        // Not with the strategy above, which would rewrite the names that are keys here.
        self.objects = try JSONDecoder().decode(Objects.self, from: data).objects
    }

    var questions: [Question] { self.sections.flatMap(\.fields) }

    /// What people call an answer; its name when nobody asks for it.
    func label(of answer: String) -> String {
        self.objects[answer] ?? self.questions.first { $0.name == answer }?.label ?? answer
    }

    /// All questions as programs read them, those of an object under it.
    var json: JSONOutput {
        var list: [JSONOutput] = []
        var done: Set<String> = []
        for question in self.questions {
            let path = question.path
            guard path.count == 2, let name = path.first else {
                list.append(question.json)
                continue
            }
            guard done.insert(name).inserted else { continue }
            let members = self.questions.filter { $0.path.count == 2 && $0.path.first == name }
            list.append(
                .object([
                    "name": .string(name), "label": .string(self.objects[name] ?? name), "help": .string(""),
                    "type": .string("object"), "questions": .array(members.map(\.json)),
                ]))
        }
        return .array(list)
    }
}
