package import Foundation
package import Leads

/// A form that visitors use: the default one, or that of a site under its form key.
package struct Site: Sendable, Equatable {
    /// The word for it in logs, budgets and lists.
    package var name: String
    /// What its pages and requests carry; nil for the default form.
    package var formKey: String?
    package var origins: [Origin]
    package var isActive = true
    /// The last day on which inquiries are taken.
    package var closesOn: ShanghaiDate?
    package var quota: Int?
    /// How many of the quota are used.
    package var taken = 0
    package var closedText: String?

    /// The form without a key.
    package static let defaultName = "default"

    package init(name: String, formKey: String?, origins: [Origin]) {
        self.name = name
        self.formKey = formKey
        self.origins = origins
    }

    /// The name that an inquiry keeps; nil for the default form.
    var storedName: String? { self.formKey == nil ? nil : self.name }

    /// Whether inquiries are taken at an instant.
    package func isOpen(at now: Date) -> Bool {
        self.isActive && (self.closesOn.map { ShanghaiDate(now) <= $0 } ?? true)
            && (self.quota.map { self.taken < $0 } ?? true)
    }

    /// All that is kept of it, for whoever manages it.
    package var json: JSONOutput {
        .object([
            "name": .string(self.name), "form_key": .optional(self.formKey), "active": .bool(self.isActive),
            "origins": .array(self.origins.map { .string($0.description) }),
            "closes_on": .optional(self.closesOn?.description), "quota": .optional(self.quota),
            "taken": self.quota == nil ? .null : .integer(self.taken), "closed_text": .optional(self.closedText),
        ])
    }
}

/// Scheme, host and port as a browser writes them into `Origin`.
package struct Origin: Sendable, Hashable, CustomStringConvertible {
    package let description: String

    /// Reads `https://www.example.com`, as people write it: capitals, the default port and a final slash do not matter.
    ///
    /// - Throws: `origin_invalid`; also for a path, a wildcard, a user, or a host in other letters than ASCII's.
    package init(parsing text: String) throws(ValidationFailure) {
        let lowered = text.trimmed.lowercased()
        guard
            let match = lowered.wholeMatch(
                of: /(https?):\/\/([a-z0-9][a-z0-9.-]*|\[[0-9a-f:]+\])(?::([0-9]{1,5}))?\/?/),
            !match.2.contains(".."), match.3.map({ (1...65535).contains(Int($0) ?? 0) }) ?? true
        else {
            throw ValidationFailure(
                "origin_invalid", "来源应写成 https://www.example.com，不带路径和通配符",
                english: "An origin is scheme, host and port, such as https://www.example.com; no path, no wildcard.")
        }
        let standard = match.1 == "https" ? 443 : 80
        let port = match.3.flatMap { Int($0) }.flatMap { $0 == standard ? nil : ":\($0)" } ?? ""
        self.description = "\(match.1)://\(match.2)\(port)"
    }

    /// Whether a request's `Origin` is this one: byte by byte, as browsers write it.
    package func matches(_ header: String) -> Bool { self.description == header }

    /// Reads several, separated by commas or spaces.
    ///
    /// - Returns: nil when one of them is none.
    static func list(_ text: String) -> [Origin]? {
        let parts = text.split { $0 == "," || $0.isWhitespace }
        let origins = parts.compactMap { try? Origin(parsing: String($0)) }
        return origins.count == parts.count ? origins : nil
    }
}
