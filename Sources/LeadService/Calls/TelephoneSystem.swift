package import Leads

/// The setting `telephone_system`: where calls are asked for, and whether they are.
package struct TelephoneSystem: Sendable, Equatable {
    var address: WebhookAddress?
    package var isEnabled = false

    package init() {}

    /// Reads `{"url": "https://pbx.example.com/calls", "enabled": true}`; an empty address is none.
    ///
    /// - Returns: nil for another shape, an address that is none, or a system that is enabled without one.
    package init?(_ value: JSONValue) {
        guard case .object(let members) = value, members.keys.allSatisfy({ $0 == "url" || $0 == "enabled" }),
            case .string(let text)? = members["url"] ?? .string(""),
            case .bool(let isEnabled)? = members["enabled"] ?? .bool(false)
        else { return nil }
        self.isEnabled = isEnabled
        guard !text.isEmpty else {
            if isEnabled { return nil }
            return
        }
        guard let address = try? WebhookAddress(parsing: text) else { return nil }
        self.address = address
    }

    static let standardValue: JSONValue = .object(["url": .string(""), "enabled": .bool(false)])
}
