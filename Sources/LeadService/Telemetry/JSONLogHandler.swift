package import Foundation
import Leads
package import Logging

/// Writes one JSON object per event and line: `ts`, `level`, `event`, then the metadata by name.
///
/// Values are cleaned here as a last defence: control characters are escaped and anything that looks like a mobile
/// number is replaced. An error is logged by its type only, because its description may quote what somebody sent.
package struct JSONLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    package var logLevel: Logger.Level = .info

    private let time: @Sendable () -> Date
    private let write: @Sendable (String) -> Void

    /// - Parameters:
    ///   - time: this machine's time, for `ts`.
    ///   - write: takes one line with its line feed.
    package init(time: @escaping @Sendable () -> Date, write: @escaping @Sendable (String) -> Void) {
        self.time = time
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var fields = self.metadataProvider?.get() ?? [:]
        fields.merge(self.metadata) { $1 }
        fields.merge(event.metadata ?? [:]) { $1 }
        if let error = event.error { fields["error"] = "\(String(describing: type(of: error)))" }
        var line =
            "{\"ts\":\"\(Self.timestamp(self.time()))\",\"level\":\"\(event.level)\",\"event\":\(Self.quoted("\(event.message)"))"
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
            line += ",\(Self.quoted(Self.name(key))):\(Self.json(value, key: key))"
        }
        self.write(line + "}\n")
    }

    /// The framework's name for the request's id is not the one our readers look for.
    private static func name(_ key: String) -> String {
        key == "hb.request.id" ? "request_id" : key
    }

    private static func json(_ value: Logger.MetadataValue, key: String) -> String {
        switch value {
        case .string(let text):
            if key == "ms" || key == "code", let number = Int(text) { return String(number) }
            return self.quoted(text)
        case .stringConvertible(let value): return self.quoted(value.description)
        case .array(let values): return "[" + values.map { self.json($0, key: "") }.joined(separator: ",") + "]"
        case .dictionary(let members):
            let pairs = members.sorted { $0.key < $1.key }.map {
                "\(self.quoted($0.key)):\(self.json($0.value, key: $0.key))"
            }
            return "{" + pairs.joined(separator: ",") + "}"
        }
    }

    /// RFC 3339 with milliseconds, in Shanghai's offset like every other time of ours.
    private static func timestamp(_ time: Date) -> String {
        let milliseconds = Int((time.timeIntervalSince1970 * 1000).rounded(.down))
        let text = RFC3339.text(Date(timeIntervalSince1970: Double(milliseconds) / 1000))
        let fraction = String(1000 + (milliseconds % 1000 + 1000) % 1000).dropFirst()
        return "\(text.prefix(19)).\(fraction)\(text.dropFirst(19))"
    }

    private static func quoted(_ text: String) -> String {
        if Self.isHarmless(text) { return "\"\(text)\"" }
        var result = "\""
        for scalar in PhoneNumber.redacted(in: text).unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _
            where scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
                || scalar.value == 0x2028 || scalar.value == 0x2029:
                result += Self.escape(scalar)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// Printable ASCII with nothing to escape and no run of digits as long as a number, as most of what is logged.
    private static func isHarmless(_ text: String) -> Bool {
        var digits = 0
        for byte in text.utf8 {
            guard (0x20...0x7E).contains(byte), byte != 0x22, byte != 0x5C else { return false }
            digits = (0x30...0x39).contains(byte) ? digits + 1 : 0
            if digits == 11 { return false }
        }
        return true
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        Array(String(scalar).utf16).map { unit in
            let hex = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        }.joined()
    }
}
