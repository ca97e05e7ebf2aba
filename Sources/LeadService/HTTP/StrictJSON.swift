import Foundation
package import Leads

/// The one JSON reader: UTF-8, no duplicate members, no NUL, no lone surrogates, at most 32 levels deep.
///
/// Foundation's decoder accepts all of those, and PostgreSQL would then refuse them as server errors.
package struct StrictJSON {
    /// The text is not JSON as we take it.
    package struct Malformed: Error, Equatable {
        /// The line on which it ceases to be.
        package var line = 1
        /// Whether a name stands twice in an object.
        package var repeatsName = false

        /// What a person with the text before them is told.
        package var explanation: String {
            self.repeatsName
                ? "line \(self.line) has a name that stands there already" : "line \(self.line) is not JSON"
        }
    }

    private static let deepest = 32
    private let bytes: [UInt8]
    private var index = 0

    /// Reads one JSON value that fills `bytes`.
    ///
    /// - Throws: `Malformed`.
    package static func read(_ bytes: [UInt8]) throws(Malformed) -> JSONValue {
        var reader = StrictJSON(bytes: bytes)
        do throws(Malformed) {
            let value = try reader.value(depth: 0)
            reader.skipSpace()
            guard reader.index == reader.bytes.count else { throw Malformed() }
            return value
        } catch {
            let line = bytes.prefix(reader.index).count { $0 == UInt8(ascii: "\n") } + 1
            throw Malformed(line: line, repeatsName: error.repeatsName)
        }
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private var next: UInt8? { self.index < self.bytes.count ? self.bytes[self.index] : nil }

    private mutating func skipSpace() {
        while let byte = self.next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { self.index += 1 }
    }

    private mutating func take(_ literal: String) throws(Malformed) {
        for byte in literal.utf8 {
            guard self.next == byte else { throw Malformed() }
            self.index += 1
        }
    }

    private mutating func value(depth: Int) throws(Malformed) -> JSONValue {
        guard depth <= Self.deepest else { throw Malformed() }
        self.skipSpace()
        switch self.next {
        case UInt8(ascii: "{"): return try self.object(depth: depth)
        case UInt8(ascii: "["): return try self.array(depth: depth)
        case UInt8(ascii: "\""): return .string(try self.string())
        case UInt8(ascii: "t"):
            try self.take("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try self.take("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try self.take("null")
            return .null
        default: return .number(try self.number())
        }
    }

    private mutating func object(depth: Int) throws(Malformed) -> JSONValue {
        self.index += 1
        var members: [String: JSONValue] = [:]
        self.skipSpace()
        if self.next == UInt8(ascii: "}") {
            self.index += 1
            return .object(members)
        }
        while true {
            self.skipSpace()
            guard self.next == UInt8(ascii: "\"") else { throw Malformed() }
            let name = try self.string()
            self.skipSpace()
            try self.take(":")
            guard members.updateValue(try self.value(depth: depth + 1), forKey: name) == nil else {
                throw Malformed(repeatsName: true)
            }
            self.skipSpace()
            if self.next == UInt8(ascii: "}") {
                self.index += 1
                return .object(members)
            }
            try self.take(",")
        }
    }

    private mutating func array(depth: Int) throws(Malformed) -> JSONValue {
        self.index += 1
        var values: [JSONValue] = []
        self.skipSpace()
        if self.next == UInt8(ascii: "]") {
            self.index += 1
            return .array(values)
        }
        while true {
            values.append(try self.value(depth: depth + 1))
            self.skipSpace()
            if self.next == UInt8(ascii: "]") {
                self.index += 1
                return .array(values)
            }
            try self.take(",")
        }
    }

    private mutating func string() throws(Malformed) -> String {
        self.index += 1
        var text: [UInt8] = []
        while let byte = self.next {
            self.index += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else { throw Malformed() }
                return string
            case UInt8(ascii: "\\"): text += try self.escape()
            case 0..<0x20: throw Malformed()
            default: text.append(byte)
            }
        }
        throw Malformed()
    }

    private mutating func escape() throws(Malformed) -> [UInt8] {
        guard let byte = self.next else { throw Malformed() }
        self.index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            var code = try self.fourHexDigits()
            if (0xD800..<0xDC00).contains(code) {
                try self.take("\\u")
                let low = try self.fourHexDigits()
                guard (0xDC00..<0xE000).contains(low) else { throw Malformed() }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard code != 0, let scalar = Unicode.Scalar(code) else { throw Malformed() }
            return Array(String(scalar).utf8)
        default: throw Malformed()
        }
    }

    private mutating func fourHexDigits() throws(Malformed) -> UInt32 {
        guard self.index + 4 <= self.bytes.count else { throw Malformed() }
        var code: UInt32 = 0
        for byte in self.bytes[self.index..<self.index + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else { throw Malformed() }
            code = code << 4 | UInt32(digit)
        }
        self.index += 4
        return code
    }

    private mutating func number() throws(Malformed) -> Decimal {
        let start = self.index
        if self.next == UInt8(ascii: "-") { self.index += 1 }
        let firstDigit = self.next
        let whole = self.digits()
        guard whole > 0, whole == 1 || firstDigit != UInt8(ascii: "0") else { throw Malformed() }
        if self.next == UInt8(ascii: ".") {
            self.index += 1
            guard self.digits() > 0 else { throw Malformed() }
        }
        if self.next == UInt8(ascii: "e") || self.next == UInt8(ascii: "E") {
            self.index += 1
            if self.next == UInt8(ascii: "+") || self.next == UInt8(ascii: "-") { self.index += 1 }
            guard self.digits() > 0 else { throw Malformed() }
        }
        let text = String(decoding: self.bytes[start..<self.index], as: UTF8.self)
        // A number beyond Decimal is well-formed JSON; it stays out of every range that a field allows.
        guard let number = Decimal(string: text), number.isFinite else { return .greatestFiniteMagnitude }
        return number
    }

    private mutating func digits() -> Int {
        let start = self.index
        while let byte = self.next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { self.index += 1 }
        return self.index - start
    }
}
