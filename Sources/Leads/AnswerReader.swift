import Foundation

/// Takes answers out of a JSON object one by one and gathers what is wrong.
struct AnswerReader {
    private var members: [String: JSONValue]
    private let pointer: String
    private var failures: [ValidationFailure] = []

    init(_ value: JSONValue, at pointer: String = "") throws {
        guard case .object(let members) = value else {
            throw AnswersFailure(failures: [
                ValidationFailure("type_mismatch", at: pointer, "此处应为一个对象", english: "This must be an object.")
            ])
        }
        self.members = members
        self.pointer = pointer
    }

    private mutating func take(_ name: String) -> JSONValue? {
        guard let value = self.members.removeValue(forKey: name), value != .null else { return nil }
        return value
    }

    private mutating func fail(_ name: String, _ detail: String, _ english: String, code: String = "answer_invalid") {
        let token = name.replacing("~", with: "~0").replacing("/", with: "~1")
        self.failures.append(ValidationFailure(code, at: "\(self.pointer)/\(token)", detail, english: english))
    }

    /// Records that a needed answer is not there; one that is there and wrong was recorded as that.
    mutating func missing(_ name: String) {
        guard !self.failures.contains(where: { $0.pointer == "\(self.pointer)/\(name)" }) else { return }
        self.fail(name, "请选择此项", "This is required.", code: "required")
    }

    mutating func number(_ name: String, _ range: ClosedRange<Decimal>) -> Decimal? {
        guard let value = self.take(name) else { return nil }
        guard case .number(let number) = value, range.contains(number) else {
            self.fail(
                name, "应为 \(range.lowerBound) 到 \(range.upperBound) 之间的数",
                "A number from \(range.lowerBound) to \(range.upperBound).")
            return nil
        }
        return number
    }

    mutating func whole(_ name: String, _ range: ClosedRange<Int>) -> Int? {
        guard let value = self.take(name) else { return nil }
        guard case .number(let number) = value, Decimal(range.lowerBound)...Decimal(range.upperBound) ~= number,
            let whole = Int("\(number)")
        else {
            self.fail(
                name, "应为 \(range.lowerBound) 到 \(range.upperBound) 之间的整数",
                "A whole number from \(range.lowerBound) to \(range.upperBound).")
            return nil
        }
        return whole
    }

    mutating func flag(_ name: String) -> Bool? {
        guard let value = self.take(name) else { return nil }
        guard case .bool(let flag) = value else {
            self.fail(name, "应为是或否", "true or false.")
            return nil
        }
        return flag
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(_ name: String) -> Choice?
    where Choice.RawValue == String {
        guard let value = self.take(name) else { return nil }
        guard case .string(let text) = value, let choice = Choice(rawValue: text) else {
            let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            self.fail(name, "请从列出的选项中选择", "One of \(names).")
            return nil
        }
        return choice
    }

    mutating func awards(_ name: String) -> [Int]? {
        guard let value = self.take(name) else { return nil }
        guard case .array(let values) = value, values.count <= 10 else {
            self.fail(name, "应为列表", "A short list.")
            return nil
        }
        let awards = values.compactMap { value -> Int? in
            guard case .number(let number) = value, let whole = Int("\(number)"), [30, 60, 110].contains(whole) else {
                return nil
            }
            return whole
        }
        guard awards.count == values.count else {
            self.fail(name, "奖励分值应为 30、60 或 110", "Each is 30, 60 or 110.")
            return nil
        }
        return awards.sorted()
    }

    mutating func object<Value>(_ name: String, _ body: (inout AnswerReader) -> Value) -> Value? {
        guard let value = self.take(name) else { return nil }
        guard var reader = try? AnswerReader(value, at: "\(self.pointer)/\(name)") else {
            self.fail(name, "此处应为一个对象", "This must be an object.", code: "type_mismatch")
            return nil
        }
        let result = body(&reader)
        reader.refuseUnknown()
        self.failures += reader.failures
        return result
    }

    private mutating func refuseUnknown() {
        for name in self.members.keys.sorted() {
            self.fail(String(name.prefix(40)), "没有这个问题", "Unknown name.", code: "unknown_member")
        }
    }

    mutating func finish() throws {
        self.refuseUnknown()
        guard self.failures.isEmpty else { throw AnswersFailure(failures: self.failures) }
    }
}
