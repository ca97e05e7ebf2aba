import Foundation
import Leads

/// What an inquiry answers beyond our own questions: the company's, each as its rule says, and whatever else a form sends, cut to size.
struct ExtraAnswers: Sendable {
    /// Canonical JSON of what is kept; nil when nothing was said.
    var text: String?
    /// What is wrong with the answers to the company's questions.
    var failures: [ValidationFailure]

    /// - Parameter requires: whether an answer may be missing that the company asks for.
    init(_ value: JSONValue?, to questions: [ExtraQuestion], requires: Bool) {
        var said: [String: JSONValue] = [:]
        if case .object(let members)? = value { said = members }
        let checked = questions.check(said, requires: requires)
        self.failures = checked.failures
        for question in questions { said[question.key] = nil }
        guard value != nil || !checked.answers.isEmpty else { return }
        let kept = Attribution.members(of: said).merging(checked.answers.mapValues { JSONOutput($0) }) { $1 }
        self.text = JSONOutput.object(kept).text
    }
}

extension ExtraQuestion {
    /// Its field in a form.
    var field: String { "extra.\(self.key)" }

    var json: JSONOutput {
        .object([
            "key": .string(self.key), "label": .string(self.label), "kind": .string(self.kind.rawValue),
            "required": .bool(self.isRequired), "options": .array(self.options.map { .string($0) }),
        ])
    }
}

/// An answer with the words it was asked in.
struct LabelledAnswer: Sendable, Equatable {
    var key: String
    var label: String
    var value: JSONValue

    /// As people read it.
    var text: String {
        switch self.value {
        case .string(let text): text
        case .null: ""
        case .bool(let flag): flag ? "是" : "否"
        default: JSONOutput(self.value).text
        }
    }

    var json: JSONOutput {
        .object(["key": .string(self.key), "label": .string(self.label), "text": .string(self.text)])
    }
}

extension Settings {
    /// What each question is called that is or was asked, by its key.
    var questionLabels: [String: String] {
        Dictionary((self.extraQuestions + self.formerQuestions).map { ($0.key, $0.label) }) { first, _ in first }
    }

    /// Answers in the order of the questions, then what other forms sent; a question that is asked no more keeps its words.
    func labelled(_ extra: String) -> [LabelledAnswer] {
        guard case .object(var members)? = try? StrictJSON.read(Array(extra.utf8)) else {
            return [LabelledAnswer(key: "", label: "", value: .string(extra))]
        }
        let known = (self.extraQuestions + self.formerQuestions).compactMap { question in
            members.removeValue(forKey: question.key).map {
                LabelledAnswer(key: question.key, label: question.label, value: $0)
            }
        }
        return known
            + members.sorted { $0.key < $1.key }.map { LabelledAnswer(key: $0.key, label: $0.key, value: $0.value) }
    }

    /// The same members under the questions' words, for the person they are about; those that others share keep their key beside.
    func relabelled(_ extra: String) -> String {
        let answers = self.labelled(extra)
        guard answers.first?.key != "" else { return extra }
        let counts = Dictionary(answers.map { ($0.label, 1) }, uniquingKeysWith: +)
        return JSONOutput.object(
            Dictionary(
                answers.map { answer in
                    let isShared = counts[answer.label, default: 0] > 1
                    return (isShared ? "\(answer.label)（\(answer.key)）" : answer.label, JSONOutput(answer.value))
                }
            ) { first, _ in first }
        ).text
    }
}
