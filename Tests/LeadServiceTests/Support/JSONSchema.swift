import Foundation
import LeadService
import Leads

/// Checks values against the JSON Schema keywords our API description uses; another keyword is an error itself, so that
/// nothing in the description stays unchecked.
struct JSONSchema {
    /// The document that `$ref` points into.
    let root: JSONValue

    private static let annotations: Set<String> = [
        "description", "default", "example", "contentMediaType", "contentSchema",
    ]

    /// What is wrong with a value, each with where it stands; empty when it fits.
    func errors(in value: JSONValue, against schema: JSONValue, at place: String = "") -> [String] {
        guard case .object(let keywords) = schema else { return ["\(place): no schema"] }
        return keywords.sorted { $0.key < $1.key }.flatMap { keyword, operand -> [String] in
            switch keyword {
            case "$ref": return self.errors(in: value, against: self.resolved(schema), at: place)
            case "allOf": return operand.array.flatMap { self.errors(in: value, against: $0, at: place) }
            case "oneOf", "anyOf":
                let results = operand.array.map { self.errors(in: value, against: $0, at: place) }
                let fitting = results.count { $0.isEmpty }
                if fitting == 1 || (fitting > 1 && keyword == "anyOf") { return [] }
                return ["\(place): fits \(fitting) of \(keyword) \(results.filter { !$0.isEmpty })"]
            case "type":
                let types = operand.array.isEmpty ? [operand.string] : operand.array.map(\.string)
                return types.contains { Self.isOfType($0, value) }
                    ? [] : ["\(place): \(value) is no \(types.joined(separator: " or "))"]
            case "enum": return operand.array.contains(value) ? [] : ["\(place): \(value) is none of the enum"]
            default: return self.errors(in: value, keyword, operand, keywords, at: place)
            }
        }
    }

    /// The schema behind a reference, or the schema itself.
    func resolved(_ schema: JSONValue) -> JSONValue {
        let reference = schema["$ref"].string
        guard reference.hasPrefix("#/") else { return schema }
        return reference.dropFirst(2).split(separator: "/").reduce(self.root) { $0[String($1)] }
    }

    private func errors(
        in value: JSONValue, _ keyword: String, _ operand: JSONValue, _ keywords: [String: JSONValue], at place: String
    ) -> [String] {
        switch value {
        case .object(let members) where Self.objectKeywords.contains(keyword):
            return self.errors(in: members, keyword, operand, keywords, at: place)
        case .array(let values):
            switch keyword {
            case "items":
                return values.enumerated().flatMap { self.errors(in: $1, against: operand, at: "\(place)/\($0)") }
            case "minItems" where values.count < operand.int: return ["\(place): only \(values.count) items"]
            case "maxItems" where values.count > operand.int: return ["\(place): \(values.count) items"]
            default: break
            }
        case .string(let text):
            switch keyword {
            case "minLength" where text.unicodeScalars.count < operand.int: return ["\(place): too short"]
            case "maxLength" where text.unicodeScalars.count > operand.int: return ["\(place): too long"]
            case "pattern":
                return Self.matches(text, operand.string) ? [] : ["\(place): \(text) does not match \(operand.string)"]
            case "format":
                return Self.hasFormat(operand.string, text) ? [] : ["\(place): \(text) is no \(operand.string)"]
            default: break
            }
        case .number(let number):
            if case .number(let limit) = operand {
                if keyword == "minimum", number < limit { return ["\(place): \(number) is below \(limit)"] }
                if keyword == "maximum", number > limit { return ["\(place): \(number) is above \(limit)"] }
            }
        default: break
        }
        return Self.known.contains(keyword) ? [] : ["\(place): the keyword \(keyword) is not checked"]
    }

    private func errors(
        in members: [String: JSONValue], _ keyword: String, _ operand: JSONValue, _ keywords: [String: JSONValue],
        at place: String
    ) -> [String] {
        switch keyword {
        case "required":
            return operand.array.map(\.string).filter { members[$0] == nil }.map { "\(place): \($0) is missing" }
        case "properties":
            return members.sorted { $0.key < $1.key }.flatMap { name, member in
                operand[name] == .null ? [] : self.errors(in: member, against: operand[name], at: "\(place)/\(name)")
            }
        case "propertyNames":
            return members.keys.sorted().flatMap {
                self.errors(in: .string($0), against: operand, at: "\(place)/\($0)")
            }
        case "additionalProperties", "unevaluatedProperties":
            let declared =
                keyword == "additionalProperties"
                ? Set((keywords["properties"] ?? .null).names) : self.evaluated(.object(keywords))
            let others = members.filter { !declared.contains($0.key) }.sorted { $0.key < $1.key }
            switch operand {
            case .bool(true): return []
            case .bool(false): return others.map { "\(place): \($0.key) is not in the schema" }
            default: return others.flatMap { self.errors(in: $0.value, against: operand, at: "\(place)/\($0.key)") }
            }
        default: return []
        }
    }

    /// The names a schema, what it refers to and what it is made of declare.
    private func evaluated(_ schema: JSONValue) -> Set<String> {
        var names = Set(schema["properties"].names)
        if schema["$ref"] != .null { names.formUnion(self.evaluated(self.resolved(schema))) }
        for part in schema["allOf"].array { names.formUnion(self.evaluated(part)) }
        return names
    }

    private static let objectKeywords: Set<String> = [
        "required", "properties", "propertyNames", "additionalProperties", "unevaluatedProperties",
    ]
    private static let known = annotations.union(objectKeywords).union([
        "items", "minItems", "maxItems", "minLength", "maxLength", "pattern", "format", "minimum", "maximum",
    ])

    private static func isOfType(_ type: String, _ value: JSONValue) -> Bool {
        switch (type, value) {
        case ("null", .null), ("boolean", .bool), ("string", .string), ("array", .array), ("object", .object),
            ("number", .number):
            true
        case ("integer", .number(let number)): Int("\(number)") != nil
        default: false
        }
    }

    private static func matches(_ text: String, _ pattern: String) -> Bool {
        guard let regex = try? Regex(pattern) else { return false }
        return text.firstMatch(of: regex) != nil
    }

    private static func hasFormat(_ format: String, _ text: String) -> Bool {
        switch format {
        case "uuid": text == text.lowercased() && UUID(uuidString: text) != nil
        case "date": (try? ShanghaiDate(parsing: text)) != nil
        case "date-time": RFC3339.date(text) != nil
        case "uri": URL(string: text)?.scheme != nil
        default: false
        }
    }
}
