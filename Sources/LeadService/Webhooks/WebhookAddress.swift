import Foundation
import Leads

/// Where deliveries go, written so that every reader of it finds the same host.
struct WebhookAddress: Sendable, Equatable {
    let url: String
    /// A name in lower case, or an address.
    let host: String
    let isEncrypted: Bool
    /// The host, where it is an address already.
    let literal: IPAddress?

    /// Reads `https://host[:port]/path?query`; an address only in its one usual form, and nobody's password.
    init(parsing text: String) throws(ValidationFailure) {
        guard text.utf8.count <= 2048, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x5C }),
            let match = text.wholeMatch(
                of: /(?i)(https?):\/\/(\[[0-9a-f:.]+\]|[^\/?#:@\[\]]+)(:[0-9]{1,5})?(\/[^#]*|\?[^#]*)?/)
        else { throw Self.invalid }
        let (scheme, host, rest) = (match.1.lowercased(), match.2.lowercased(), String(match.4 ?? ""))
        let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        self.literal = IPAddress(bare)
        if self.literal == nil {
            guard !host.hasPrefix("["), Self.isName(host) else { throw Self.strange }
        }
        if let port = match.3, !(1...65535).contains(Int(port.dropFirst()) ?? 0) { throw Self.invalid }
        self.host = bare
        self.isEncrypted = scheme == "https"
        self.url = "\(scheme)://\(host)\(match.3 ?? "")" + (rest.hasPrefix("/") ? rest : "/" + rest)
        // The client reads it with Foundation: it must see the host that was checked.
        guard let seen = URL(string: self.url)?.host, seen == host || seen == bare else { throw Self.strange }
    }

    /// A host name, and none of the ways to write an address as a number.
    private static func isName(_ host: String) -> Bool {
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        guard host.utf8.count <= 253, let last = labels.last, last.wholeMatch(of: /[0-9]+|0x[0-9a-f]*/) == nil else {
            return false
        }
        return labels.allSatisfy { $0.wholeMatch(of: /[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?/) != nil }
    }

    private static let invalid = ValidationFailure(
        "webhook_url_invalid", "地址应为 https:// 开头的完整网址，不含用户名、密码和 #",
        english: "A whole https address without a user, a password or a fragment.")
    private static let strange = ValidationFailure(
        "webhook_host_invalid", "主机应为域名，或按通常写法的 IP 地址；不收十进制、八进制、十六进制写法",
        english:
            "The host is a name (punycode) or an address in its usual form, not a decimal, octal or hexadecimal one.")
}

/// Decides which addresses deliveries may go to: public ones, and those the operator named.
struct WebhookGuard: Sendable {
    let privateRanges: [AddressRange]
    let resolve: HostResolver

    /// Why nothing goes to a host now.
    enum Refusal: String, Error {
        case unknownHost = "host_unknown"
        case notPublic = "address_refused"
        case notEncrypted = "http_refused"

        var failure: ValidationFailure {
            switch self {
            case .unknownHost:
                ValidationFailure(
                    "webhook_host_unknown", "查不到这个域名的地址，请核对", english: "The host's name leads to no address.")
            case .notPublic:
                ValidationFailure(
                    "webhook_address_refused", "这个主机在内网、本机或保留地址上，不能作为接收地址",
                    english: "The host is at a private, local or reserved address.")
            case .notEncrypted:
                ValidationFailure(
                    "webhook_http_refused", "公网地址只能用 https",
                    english: "Only https, but for the operator's private ranges.")
            }
        }
    }

    /// Every address of the host, all of them allowed.
    ///
    /// What is connected to afterwards is one of these, not what the name means by then.
    func addresses(of target: WebhookAddress) async throws(Refusal) -> [IPAddress] {
        var addresses: [IPAddress] = []
        if let literal = target.literal {
            addresses = [literal]
        } else {
            do { addresses = try await self.resolve(target.host) } catch { throw .unknownHost }
        }
        guard !addresses.isEmpty else { throw .unknownHost }
        for address in addresses where !self.isPrivate(address) {
            guard address.isPublic else { throw .notPublic }
            guard target.isEncrypted else { throw .notEncrypted }
        }
        return addresses
    }

    private func isPrivate(_ address: IPAddress) -> Bool { self.privateRanges.contains { $0.contains(address) } }
}

extension IPAddress {
    /// Whether it is somebody's on the open internet, by the registries of special addresses.
    var isPublic: Bool {
        if self.isV4 { return !Self.special.contains { $0.contains(self) } }
        // Outside 2000::/3 there is nothing public: loopback, mapped, NAT64, local, link and multicast addresses.
        return Self.unicast.contains { $0.contains(self) } && !Self.special.contains { $0.contains(self) }
    }

    private static let unicast = ["2000::/3"].compactMap { AddressRange($0) }
    private static let special = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/3", "168.63.129.16",
        // Teredo and its like, documentation, 6to4.
        "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    ].compactMap { AddressRange($0) }
}
