import Foundation
import Leads
import Testing

@Suite struct `Extra questions` {
    private static let grade = ExtraQuestion(
        key: "grade", label: "孩子几年级", kind: .choice, isRequired: true, options: ["小学", "初中"])
    private static let work = ExtraQuestion(key: "work", label: "工作单位", kind: .text)
    private static let years = ExtraQuestion(key: "years", label: "来沪几年", kind: .number)

    @Test func `answers are kept as their questions say`() throws {
        #expect(try Self.grade.answer(.string(" 小学 ")) == .string("小学"))
        #expect(try Self.work.answer(.string("  甲公司\r\n二部 ")) == .string("甲公司\n二部"))
        #expect(
            try Self.work.answer(.string("证件 310101199003074530")) == .string("证件 " + IdentityNumber.mask))
        for said in [JSONValue.null, .string(""), .string(" 　")] {
            #expect(try Self.work.answer(said) == nil && Self.years.answer(said) == nil)
        }
        for (said, number) in [
            (JSONValue.number(3), 3), (.string("１２"), 12), (.string("1,200"), 1200), (.string(" -0.5 "), -0.5),
        ] as [(JSONValue, Decimal)] { #expect(try Self.years.answer(said) == .number(number), "\(said)") }
    }

    @Test func `what cannot be an answer is refused in words that name the question`() {
        let long = String(repeating: "长", count: 201)
        for (question, said, code) in [
            (Self.grade, JSONValue.null, "required"), (Self.grade, .string(" "), "required"),
            (Self.grade, .string("高中"), "extra_answer_invalid"), (Self.grade, .number(1), "type_mismatch"),
            (Self.work, .string(long), "extra_answer_invalid"),
            (Self.work, .string("a\u{202E}b"), "extra_answer_invalid"),
            (Self.work, .string(String(repeating: "长", count: 900)), "extra_answer_invalid"),
            (Self.work, .array([]), "type_mismatch"), (Self.years, .string("三年"), "extra_answer_invalid"),
            (Self.years, .string("1e9"), "extra_answer_invalid"), (Self.years, .bool(true), "type_mismatch"),
            (Self.years, .string("310101199003074530"), "extra_answer_invalid"),
        ] {
            let failure = #expect(throws: ValidationFailure.self) { _ = try question.answer(said) }
            #expect(failure?.code == code && failure?.detail.contains(question.label) == true, "\(question) \(said)")
        }
    }

    @Test func `every answer is looked at, and who writes them down for somebody may leave any out`() {
        let questions = [Self.grade, Self.work, Self.years]
        let checked = questions.check(["years": .string("x"), "work": .string("甲")])
        #expect(checked.answers == ["work": .string("甲")])
        #expect(checked.failures.map(\.pointer) == ["/extra/grade", "/extra/years"])
        #expect(questions.check([:], requires: false).failures.isEmpty)
        #expect(
            questions.check(["grade": .string("高中")], requires: false).failures.map(\.code) == ["extra_answer_invalid"])
    }

    private static func question(_ more: [String: JSONValue], without name: String? = nil) -> JSONValue {
        var members: [String: JSONValue] = [
            "key": .string("grade"), "label": .string("孩子几年级"), "kind": .string("text"), "required": .bool(true),
        ]
        members.merge(more) { $1 }
        if let name { members[name] = nil }
        return .object(members)
    }

    @Test func `ten questions in order, and what cannot be asked is said`() throws {
        let ten = (0..<10).map { Self.question(["key": .string("q\($0)"), "label": .string("问题 \($0)")]) }
        #expect(try ExtraQuestion.list(.array(ten)).map(\.key) == (0..<10).map { "q\($0)" })
        let options = JSONValue.array([.string(" 小学"), .string("初中")])
        let choice = Self.question(["kind": .string("choice"), "options": options])
        #expect(try ExtraQuestion.list(.array([choice])) == [Self.grade])
        let wrong: [JSONValue] =
            [
                .object([:]), .array(ten + [Self.question([:])]), .array([.string("x")]),
                .array([Self.question([:]), Self.question(["label": .string("别的")])]),
                .array([Self.question([:]), Self.question(["key": .string("other")])]),
            ]
            + [
                Self.question(["key": .string("Grade")]), Self.question(["key": .string("1a")]),
                Self.question(["label": .string(" ")]),
                Self.question(["label": .string(String(repeating: "长", count: 41))]),
                Self.question(["label": .string("打 13800000001")]), Self.question(["label": .string("a\nb")]),
                Self.question(["kind": .string("date")]), Self.question(["required": .string("yes")]),
                Self.question(["max": .number(3)]), Self.question(["options": options]),
                Self.question([:], without: "label"), Self.question([:], without: "kind"),
                Self.question(["kind": .string("choice")]),
                Self.question(["kind": .string("choice"), "options": .array([.string("一个")])]),
                Self.question(["kind": .string("choice"), "options": .array([.string("甲"), .string("甲 ")])]),
            ].map { .array([$0]) }
        for value in wrong {
            #expect(throws: ValidationFailure.self, "\(value)") { _ = try ExtraQuestion.list(value) }
        }
    }
}
