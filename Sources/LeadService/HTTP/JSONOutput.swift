import Foundation
import HTTPTypes
package import Hummingbird
package import Leads
import NIOCore

/// A JSON value to be written, members in alphabetical order, so that equal answers are equal bytes.
package indirect enum JSONOutput: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int)
    case string(String)
    case array([JSONOutput])
    case object([String: JSONOutput])
    /// A value that is JSON already, from our own tables.
    case raw(String)

    /// The value, or null.
    package static func optional(_ text: String?) -> JSONOutput { text.map { .string($0) } ?? .null }
    package static func optional(_ number: Int?) -> JSONOutput { number.map { .integer($0) } ?? .null }

    /// The value as JSON text.
    package var text: String {
        var text = ""
        self.write(to: &text)
        return text
    }

    private func write(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .string(let value): Self.write(value, to: &text)
        case .raw(let json): text += json
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                value.write(to: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { text += "," }
                Self.write(member.key, to: &text)
                text += ":"
                member.value.write(to: &text)
            }
            text += "}"
        }
    }

    private static func write(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{2028}", "\u{2029}": text += "\\u\(String(scalar.value, radix: 16))"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

extension Response {
    /// A JSON answer that no cache keeps.
    package static func json(_ value: JSONOutput, status: HTTPResponse.Status = .ok) -> Response {
        .json(text: value.text, status: status)
    }

    /// A JSON answer from text that is JSON already.
    package static func json(text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

extension JSONOutput {
    /// A value that was read, to be written again.
    package init(_ value: JSONValue) {
        switch value {
        case .null: self = .null
        case .bool(let flag): self = .bool(flag)
        case .number(let number): self = .raw(number.description)
        case .string(let text): self = .string(text)
        case .array(let values): self = .array(values.map { JSONOutput($0) })
        case .object(let members): self = .object(members.mapValues { JSONOutput($0) })
        }
    }
}
