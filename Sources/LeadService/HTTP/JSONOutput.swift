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
    package var text: String { String(decoding: self.utf8, as: UTF8.self) }

    /// The value as JSON text in UTF-8.
    package var utf8: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        self.write(to: &bytes)
        return bytes
    }

    private func write(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes += "null".utf8
        case .bool(let value): bytes += value ? "true".utf8 : "false".utf8
        case .integer(let value): bytes += String(value).utf8
        case .string(let value): Self.write(value, to: &bytes)
        case .raw(let json): bytes += json.utf8
        case .array(let values):
            bytes.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                value.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                Self.write(member.key, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                member.value.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private static func write(_ string: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        // U+2028 and U+2029 begin with E2; nearly no text has anything to escape.
        if string.utf8.contains(where: {
            $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") || $0 == 0xE2
        }) {
            for scalar in string.unicodeScalars { Self.write(scalar, to: &bytes) }
        } else {
            bytes += string.utf8
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func write(_ scalar: Unicode.Scalar, to bytes: inout [UInt8]) {
        switch scalar {
        case "\"": bytes += "\\\"".utf8
        case "\\": bytes += "\\\\".utf8
        case "\n": bytes += "\\n".utf8
        case "\r": bytes += "\\r".utf8
        case "\t": bytes += "\\t".utf8
        case "\u{2028}", "\u{2029}": bytes += "\\u\(String(scalar.value, radix: 16))".utf8
        case _ where scalar.value < 0x20:
            let hex = String(scalar.value, radix: 16)
            bytes += "\\u".utf8
            bytes += String(repeating: "0", count: 4 - hex.count).utf8
            bytes += hex.utf8
        default: bytes += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
        }
    }
}

extension Response {
    /// A JSON answer that no cache keeps.
    package static func json(_ value: JSONOutput, status: HTTPResponse.Status = .ok) -> Response {
        .json(ByteBuffer(bytes: value.utf8), status: status)
    }

    /// A JSON answer from text that is JSON already.
    package static func json(text: String, status: HTTPResponse.Status = .ok) -> Response {
        .json(ByteBuffer(string: text), status: status)
    }

    private static func json(_ body: ByteBuffer, status: HTTPResponse.Status) -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: body))
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
