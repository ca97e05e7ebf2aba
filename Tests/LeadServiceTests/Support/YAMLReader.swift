import Foundation
import LeadService
import Leads

/// Reads the part of YAML that our API description is written in: block mappings and sequences, one-line flow
/// collections, plain and double-quoted scalars, and folded texts (`>-`).
///
/// Anything else is refused.
struct YAMLReader {
    struct Malformed: Error, CustomStringConvertible {
        let line: Int
        let reason: String
        var description: String { "line \(self.line): \(self.reason)" }
    }

    private struct Line {
        var number: Int
        var indent: Int
        var text: Substring
    }

    private var lines: [Line]
    private var index = 0

    static func read(_ text: String) throws -> JSONValue {
        var reader = YAMLReader(text)
        let value = try reader.block(indent: 0)
        if let line = reader.current { throw Malformed(line: line.number, reason: "outside the document") }
        return value
    }

    private init(_ text: String) {
        self.lines = text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap {
            number, line in
            let content = line.drop { $0 == " " }
            guard !content.isEmpty, content.first != "#" else { return nil }
            return Line(number: number + 1, indent: line.count - content.count, text: content)
        }
    }

    private var current: Line? { self.index < self.lines.count ? self.lines[self.index] : nil }

    private mutating func block(indent: Int) throws -> JSONValue {
        guard let line = self.current, line.indent == indent else { return .null }
        return line.text.hasPrefix("- ") ? try self.sequence(indent: indent) : try self.mapping(indent: indent)
    }

    private mutating func mapping(indent: Int) throws -> JSONValue {
        var members: [String: JSONValue] = [:]
        while let line = self.current, line.indent == indent, !line.text.hasPrefix("- ") {
            guard let (key, rest) = Self.member(line.text) else {
                throw Malformed(line: line.number, reason: "no member")
            }
            guard members[key] == nil else { throw Malformed(line: line.number, reason: "\(key) twice") }
            self.index += 1
            members[key] = try self.value(rest, of: line)
        }
        if let line = self.current, line.indent > indent {
            throw Malformed(line: line.number, reason: "indented too far")
        }
        return .object(members)
    }

    private mutating func sequence(indent: Int) throws -> JSONValue {
        var values: [JSONValue] = []
        while let line = self.current, line.indent == indent, line.text.hasPrefix("- ") {
            let rest = line.text.dropFirst(2)
            if rest.first != "{", rest.first != "[", Self.member(rest) != nil {
                self.lines[self.index] = Line(number: line.number, indent: indent + 2, text: rest)
                values.append(try self.mapping(indent: indent + 2))
            } else {
                self.index += 1
                values.append(try Self.inline(rest, line: line.number))
            }
        }
        return .array(values)
    }

    /// What follows a key: on its line, folded below it, or a block below it.
    private mutating func value(_ rest: Substring, of line: Line) throws -> JSONValue {
        if rest == ">-" {
            var folded: [String] = []
            while let next = self.current, next.indent > line.indent {
                folded.append(String(next.text))
                self.index += 1
            }
            return .string(folded.joined(separator: " "))
        }
        guard rest.isEmpty else { return try Self.inline(rest, line: line.number) }
        guard let next = self.current, next.indent > line.indent else { return .null }
        return try self.block(indent: next.indent)
    }

    /// The key and the rest of `key: rest`.
    private static func member(_ text: Substring) -> (key: String, rest: Substring)? {
        let isQuoted = text.first == "\""
        guard let first = text.first, first != "{", first != "[" else { return nil }
        let key =
            isQuoted ? text.dropFirst().prefix { $0 != "\"" && $0 != "\\" } : text.prefix { $0 != ":" && $0 != " " }
        let rest = text.dropFirst(isQuoted ? key.count + 2 : key.count)
        guard rest == ":" || rest.hasPrefix(": ") else { return nil }
        return (String(key), rest.dropFirst(2))
    }

    private static func inline(_ text: Substring, line: Int) throws -> JSONValue {
        var flow = Flow(rest: text, line: line)
        let value = try flow.value(depth: 0)
        guard flow.rest.isEmpty else { throw Malformed(line: line, reason: "more after the value") }
        return value
    }

    /// A value on one line.
    private struct Flow {
        var rest: Substring
        let line: Int

        mutating func value(depth: Int) throws -> JSONValue {
            switch self.rest.first {
            case "{": return try self.object(depth: depth + 1)
            case "[": return try self.array(depth: depth + 1)
            case "\"": return .string(try self.quoted())
            default:
                let text = depth == 0 ? self.rest : self.rest.prefix { !",]}".contains($0) }
                self.rest = self.rest.dropFirst(text.count)
                return Self.scalar(text.trimmingCharacters(in: .whitespaces))
            }
        }

        private mutating func object(depth: Int) throws -> JSONValue {
            var members: [String: JSONValue] = [:]
            self.rest = self.rest.dropFirst()
            while !self.take("}") {
                let key = self.rest.first == "\"" ? try self.quoted() : String(self.rest.prefix { $0 != ":" })
                if self.rest.first != ":" { self.rest = self.rest.dropFirst(key.count) }
                guard self.take(":"), members[key] == nil else {
                    throw Malformed(line: self.line, reason: "member \(key)")
                }
                members[key] = try self.value(depth: depth)
                guard self.take(",") || self.rest.first == "}" else {
                    throw Malformed(line: self.line, reason: "no end of {")
                }
            }
            return .object(members)
        }

        private mutating func array(depth: Int) throws -> JSONValue {
            var values: [JSONValue] = []
            self.rest = self.rest.dropFirst()
            while !self.take("]") {
                values.append(try self.value(depth: depth))
                guard self.take(",") || self.rest.first == "]" else {
                    throw Malformed(line: self.line, reason: "no end of [")
                }
            }
            return .array(values)
        }

        private mutating func quoted() throws -> String {
            let text = self.rest.dropFirst().prefix { $0 != "\"" && $0 != "\\" }
            self.rest = self.rest.dropFirst(text.count + 1)
            guard self.rest.popFirst() == "\"" else { throw Malformed(line: self.line, reason: "quotes") }
            return String(text)
        }

        /// Takes a sign and the spaces around it.
        private mutating func take(_ sign: Character) -> Bool {
            let found = self.rest.drop { $0 == " " }
            guard found.first == sign else {
                self.rest = found
                return false
            }
            self.rest = found.dropFirst().drop { $0 == " " }
            return true
        }

        /// A plain scalar that is JSON is what JSON says: null, true, false or a number.
        private static func scalar(_ text: String) -> JSONValue {
            (try? StrictJSON.read(Array(text.utf8))) ?? .string(text)
        }
    }
}
