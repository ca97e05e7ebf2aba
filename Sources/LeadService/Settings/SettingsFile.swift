package import Foundation
package import Leads

/// What people edit, as one file to read, to edit and to load again.
///
///     {
///       "company_name": "沪上明泽人才咨询有限公司",
///       "opening_hours": "09:00-18:00",
///       "later": [{"effective_at": "2026-12-01T00:00:00+08:00", "opening_hours": "08:30-17:30"}]
///     }
///
/// `effective_at` beside the keys says from when on they count; without it they count at once. Keys that are not named stay as
/// they are. `null` means the standard value again. `later`, where it stands, is all that is to come.
package struct SettingsFile: Sendable, Equatable {
    /// Values from an instant on.
    package struct Part: Sendable, Equatable {
        /// Nil for at once.
        package var from: Date?
        package var values: [String: JSONValue]
    }

    package var main: Part
    /// No time twice; nil for a file that leaves what is to come as it is.
    package var later: [Part]?

    /// All parts in order of time.
    var parts: [Part] {
        ([self.main] + (self.later ?? [])).sorted { ($0.from ?? .distantPast) < ($1.from ?? .distantPast) }
    }

    /// Reads a file.
    ///
    /// - Throws: a 422 problem that names every key nobody knows, every value that does not fit its key and every time that has passed.
    package init(_ json: JSONValue, at now: Date) throws {
        var failures: [ValidationFailure] = []
        guard case .object(var members) = json else {
            throw Problem(failures: [
                ValidationFailure("type_mismatch", "此处应为一个对象", english: "This must be an object.")
            ])
        }
        let later = members.removeValue(forKey: "later")
        self.main = Self.part(members, at: "", now, &failures)
        switch later {
        case nil: self.later = nil
        case .array(let parts):
            var read: [Part] = []
            for (index, part) in parts.enumerated() {
                let pointer = "/later/\(index)"
                guard case .object(let members) = part, members["effective_at"] != nil else {
                    failures.append(
                        ValidationFailure(
                            "required", at: pointer + "/effective_at", "请写明生效时间", english: "This is required."))
                    continue
                }
                let part = Self.part(members, at: pointer, now, &failures)
                if ([self.main] + read).contains(where: { $0.from == part.from }), part.from != nil {
                    failures.append(
                        ValidationFailure(
                            "effective_at_repeated", at: pointer + "/effective_at", "生效时间重复，请合并为一项",
                            english: "This time stands twice; put its values together."))
                }
                read.append(part)
            }
            self.later = read
        default:
            self.later = nil
            failures.append(ValidationFailure("type_mismatch", at: "/later", "此处应为列表", english: "This must be a list."))
        }
        guard failures.isEmpty else { throw Problem(failures: failures) }
    }

    private static func part(
        _ members: [String: JSONValue], at pointer: String, _ now: Date, _ failures: inout [ValidationFailure]
    ) -> Part {
        var part = Part(from: nil, values: members)
        if let time = part.values.removeValue(forKey: "effective_at") {
            part.from = time.asText.flatMap { RFC3339.date($0) }
            let pointer = pointer + "/effective_at"
            switch part.from {
            case nil:
                failures.append(
                    ValidationFailure(
                        "malformed_time", at: pointer, "时间应写成 2026-11-26T15:00:00+08:00",
                        english: "This must be an RFC 3339 time such as 2026-11-26T15:00:00+08:00."))
            case let from? where from <= now:
                failures.append(
                    ValidationFailure(
                        "effective_at_past", at: pointer, "生效时间已过，请改为将来的时间或去掉",
                        english: "This time has passed; name a later one, or leave it out for at once."))
            default: break
            }
        }
        for (key, value) in part.values.sorted(by: { $0.key < $1.key }) where !Settings.takes(value, for: key) {
            let pointer = "\(pointer)/\(key.prefix(64))"
            if let failure = Settings.failure(of: value, for: key) {
                failures.append(
                    ValidationFailure("setting_invalid", at: pointer, failure.detail, english: failure.detailInEnglish))
            } else if let standard = Settings.standardValue(of: key) {
                let example = standard == .null ? "null" : JSONOutput(standard).text
                failures.append(
                    ValidationFailure(
                        "setting_invalid", at: pointer, "不能使用这个值，请参照默认值 \(example) 的写法",
                        english: "This value cannot be used; the standard value is \(example)."))
            } else {
                failures.append(
                    ValidationFailure("setting_unknown", at: pointer, "没有这个设置项", english: "There is no such setting."))
            }
        }
        return part
    }

    /// What is stored, every key with its value.
    init(rows: [SettingRow], at now: Date) {
        let stored = Settings.values(of: rows.filter { $0.effectiveAt <= now })
        self.main = Part(
            values: Dictionary(
                uniqueKeysWithValues: Settings.standardValues.map { ($0.key, stored[$0.key] ?? $0.value) }))
        let coming = rows.filter { $0.effectiveAt > now && Settings.takes($0.value, for: $0.key) }
        self.later = Dictionary(grouping: coming, by: \.effectiveAt).sorted { $0.key < $1.key }.map { time, rows in
            Part(from: time, values: Dictionary(rows.map { ($0.key, $0.value) }) { $1 })
        }
    }

    /// The file's text, always in the same order.
    package var text: String {
        var lines = Self.lines(of: self.main, indent: 2)
        if let later {
            let parts = later.map { "    {\n" + Self.lines(of: $0, indent: 6).joined(separator: ",\n") + "\n    }" }
            lines.append("  \"later\": [" + (parts.isEmpty ? "]" : "\n" + parts.joined(separator: ",\n") + "\n  ]"))
        }
        return "{\n" + lines.joined(separator: ",\n") + "\n}\n"
    }

    private static func lines(of part: Part, indent: Int) -> [String] {
        let time = part.from.map { ["\"effective_at\": \"\(RFC3339.text($0))\""] } ?? []
        let values = Settings.standardValues.compactMap { key, _ in
            part.values[key].map { "\"\(key)\": " + Self.text($0, indent: indent) }
        }
        return (time + values).map { String(repeating: " ", count: indent) + $0 }
    }

    /// A value on one line where it fits there, else member by member.
    private static func text(_ value: JSONValue, indent: Int = 2) -> String {
        let flat = JSONOutput(value).text
        guard flat.count > 80 else { return flat }
        let (outer, inner) = (String(repeating: " ", count: indent), String(repeating: " ", count: indent + 2))
        switch value {
        case .array(let values):
            let items = values.map { inner + Self.text($0, indent: indent + 2) }
            return "[\n" + items.joined(separator: ",\n") + "\n\(outer)]"
        case .object(let members):
            let items = members.sorted { $0.key < $1.key }.map { name, value in
                "\(inner)\(JSONOutput.string(name).text): " + Self.text(value, indent: indent + 2)
            }
            return "{\n" + items.joined(separator: ",\n") + "\n\(outer)}"
        default: return flat
        }
    }
}
