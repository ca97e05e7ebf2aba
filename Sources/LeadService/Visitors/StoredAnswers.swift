import Foundation
import Leads

extension AssessedAnswers {
    /// The stored answers as the fields of the form, to be changed; noughts are left empty.
    var form: FormFields {
        guard case .object(let members)? = try? StrictJSON.read(Array(self.answers.utf8)) else {
            return FormFields([:])
        }
        var fields: [String: String] = [:]
        for (name, value) in members {
            if case .object(let inner) = value {
                for (member, value) in inner { fields["\(name).\(member)"] = Self.text(value) }
            } else {
                fields[name] = Self.text(value)
            }
        }
        return FormFields(fields)
    }

    private static func text(_ value: JSONValue) -> String? {
        switch value {
        case .string(let text): text
        case .bool(let flag): flag ? "true" : "false"
        case .number(let number): number == 0 ? nil : "\(number)"
        case .array(let values): values.last.flatMap { self.text($0) }
        default: nil
        }
    }
}
