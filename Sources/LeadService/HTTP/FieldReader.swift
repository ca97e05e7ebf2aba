package import Foundation
package import Leads

/// Takes the members of a JSON object one by one and gathers what is wrong with them.
///
/// `finish()` throws one problem that names every field, and every member that nobody asked for.
package struct FieldReader {
    private var members: [String: JSONValue]
    private let pointer: String
    package private(set) var failures: [ValidationFailure] = []

    /// - Throws: a 422 problem when the value is not an object.
    package init(_ value: JSONValue, at pointer: String = "") throws {
        guard case .object(let members) = value else {
            throw Problem(failures: [
                ValidationFailure("type_mismatch", at: pointer, "此处应为一个对象", english: "This must be an object.")
            ])
        }
        self.members = members
        self.pointer = pointer
    }

    /// The pointer of a member (RFC 6901).
    package func pointer(to name: String) -> String {
        self.pointer + "/" + name.replacingOccurrences(of: "~", with: "~0").replacingOccurrences(of: "/", with: "~1")
    }

    package mutating func fail(_ code: String, at name: String, _ detail: String, english: String) {
        self.failures.append(ValidationFailure(code, at: self.pointer(to: name), detail, english: english))
    }

    package mutating func fail(_ failure: ValidationFailure, at name: String) {
        self.failures.append(failure.within(self.pointer(to: name)))
    }

    /// Whether something is wrong with the member already.
    package func hasFailed(_ name: String) -> Bool {
        let pointer = self.pointer(to: name)
        return self.failures.contains { $0.pointer == pointer }
    }

    /// Takes over what another reader of the same request found.
    package mutating func add(_ failures: [ValidationFailure]) {
        self.failures += failures
    }

    /// Whether the member is there and not null.
    package func has(_ name: String) -> Bool {
        guard let value = self.members[name] else { return false }
        return value != .null
    }

    /// Takes a member that is there and null, where that says something.
    package mutating func takesNull(_ name: String) -> Bool {
        guard self.members[name] == .null else { return false }
        self.members[name] = nil
        return true
    }

    /// The member as it is; null counts as absent.
    package mutating func value(_ name: String) -> JSONValue? {
        guard let value = self.members.removeValue(forKey: name), value != .null else { return nil }
        return value
    }

    package mutating func optionalString(_ name: String, longest: Int = 1000) -> String? {
        guard let value = self.value(name) else { return nil }
        guard case .string(let text) = value else {
            self.fail("type_mismatch", at: name, "此处应为文字", english: "This must be a string.")
            return nil
        }
        guard text.unicodeScalars.count <= longest else {
            self.fail("too_long", at: name, "此处最多 \(longest) 个字符", english: "At most \(longest) characters.")
            return nil
        }
        return text
    }

    package mutating func string(_ name: String, longest: Int = 1000) -> String? {
        guard self.has(name) else {
            _ = self.value(name)
            self.missing(name)
            return nil
        }
        return self.optionalString(name, longest: longest)
    }

    /// An object whose members are taken as they are.
    package mutating func optionalObject(_ name: String) -> JSONValue? {
        guard let value = self.value(name) else { return nil }
        guard case .object = value else {
            self.fail("type_mismatch", at: name, "此处应为一个对象", english: "This must be an object.")
            return nil
        }
        return value
    }

    package mutating func optionalBool(_ name: String) -> Bool? {
        guard let value = self.value(name) else { return nil }
        guard case .bool(let flag) = value else {
            self.fail("type_mismatch", at: name, "此处应为 true 或 false", english: "This must be true or false.")
            return nil
        }
        return flag
    }

    /// A whole number within a range.
    package mutating func optionalInteger(_ name: String, _ range: ClosedRange<Int>) -> Int? {
        guard let value = self.value(name) else { return nil }
        guard case .number(let decimal) = value,
            let number = Int(exactly: NSDecimalNumber(decimal: decimal).doubleValue)
        else {
            self.fail("type_mismatch", at: name, "此处应为整数", english: "This must be a whole number.")
            return nil
        }
        guard range.contains(number) else {
            self.fail(
                "out_of_range", at: name, "此处应在 \(range.lowerBound) 到 \(range.upperBound) 之间",
                english: "From \(range.lowerBound) to \(range.upperBound).")
            return nil
        }
        return number
    }

    package mutating func optionalUUID(_ name: String) -> UUID? {
        guard let text = self.optionalString(name) else { return nil }
        guard text.utf8.count == 36, let id = UUID(uuidString: text) else {
            self.fail("malformed_id", at: name, "编号不完整，请重新操作", english: "This must be a UUID.")
            return nil
        }
        return id
    }

    package mutating func optionalDate(_ name: String) -> Date? {
        guard let text = self.optionalString(name) else { return nil }
        guard let date = RFC3339.date(text) else {
            self.fail(
                "malformed_time", at: name, "时间应写成 2026-11-26T15:00:00+08:00", english: "This must be an RFC 3339 time."
            )
            return nil
        }
        return date
    }

    /// A value that its own rule parses.
    package mutating func parsed<Value>(
        _ name: String, required: Bool = true, longest: Int = 1000,
        _ parse: (String) throws(ValidationFailure) -> Value
    ) -> Value? {
        guard let text = required ? self.string(name, longest: longest) : self.optionalString(name, longest: longest)
        else { return nil }
        do {
            return try parse(text)
        } catch {
            self.fail(error, at: name)
            return nil
        }
    }

    /// A nested object, read by `body`.
    package mutating func object<Value>(
        _ name: String, required: Bool = false, _ body: (inout FieldReader) throws -> Value?
    ) throws -> Value? {
        guard let value = self.value(name) else {
            if required { self.missing(name) }
            return nil
        }
        guard case .object = value else {
            self.fail("type_mismatch", at: name, "此处应为一个对象", english: "This must be an object.")
            return nil
        }
        var reader = try FieldReader(value, at: self.pointer(to: name))
        let result = try body(&reader)
        reader.refuseUnknown()
        self.failures += reader.failures
        return result
    }

    package mutating func missing(_ name: String) {
        self.fail("required", at: name, "请填写此项", english: "This is required.")
    }

    /// Records every member that nobody asked for.
    package mutating func refuseUnknown() {
        for name in self.members.keys.sorted() {
            self.fail("unknown_member", at: name, "不认识的字段：\(name.prefix(40))", english: "Unknown member.")
        }
        self.members = [:]
    }

    /// Throws what was found wrong; unknown members come first, because the request was made for something else.
    package mutating func finish() throws {
        self.refuseUnknown()
        guard !self.failures.isEmpty else { return }
        let unknown = self.failures.filter { $0.code == "unknown_member" }
        throw Problem(failures: unknown + self.failures.filter { $0.code != "unknown_member" })
    }
}
