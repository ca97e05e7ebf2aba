package import Foundation
package import Leads

/// The setting `telephone_system`: where calls are asked for, and whether they are.
package struct TelephoneSystem: Sendable, Equatable {
    package var url: URL?
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
        guard let url = WebhookAddress.url(text) else { return nil }
        self.url = url
    }

    static let standardValue: JSONValue = .object(["url": .string(""), "enabled": .bool(false)])
}

/// The addresses that signed requests of ours go to.
package enum WebhookAddress {
    /// An http or https address without a name, a password or a fragment in it.
    static func url(_ text: String) -> URL? {
        guard text.utf8.count <= 500, let parts = URLComponents(string: text), let url = parts.url,
            parts.scheme == "https" || parts.scheme == "http", let host = parts.host, !host.isEmpty,
            parts.user == nil, parts.password == nil, parts.fragment == nil
        else { return nil }
        return url
    }

    /// Whether we may connect to all of a host's addresses: over https to any that is public, over either to those that
    /// `HUIFANG_WEBHOOK_PRIVATE_CIDRS` names.
    package static func isAllowed(
        _ addresses: [IPAddress], isSecure: Bool, privateRanges: [AddressRange]
    ) -> Bool {
        !addresses.isEmpty
            && addresses.allSatisfy { address in
                privateRanges.contains { $0.contains(address) }
                    || (isSecure && !Self.notPublic.contains { $0.contains(address) })
            }
    }

    /// This machine, its networks, and what is nobody's (the IANA special-purpose registries).
    private static let notPublic: [AddressRange] = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3", "::/127", "64:ff9b::/96", "fc00::/7", "fe80::/10",
        "ff00::/8",
    ].compactMap { AddressRange($0) }
}
