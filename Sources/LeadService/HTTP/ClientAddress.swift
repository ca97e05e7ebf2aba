import NIOCore

/// The address of a visitor, found behind the proxies we trust.
package struct ClientAddress: Sendable, Equatable, CustomStringConvertible {
    private let address: IPAddress

    /// The peer itself; one that cannot be read counts as the loopback.
    package init(peer: String) {
        self.address = IPAddress(peer) ?? IPAddress(bytes: [127, 0, 0, 1])
    }

    /// Walks `X-Forwarded-For` from the right over trusted hops and takes the first one that is not.
    ///
    /// An entry that is no address stops the walk at the last good hop; nothing is believed unless the peer is trusted.
    package init(peer: String, forwardedFor lines: [String], trusted: [AddressRange]) {
        var current = IPAddress(peer) ?? IPAddress(bytes: [127, 0, 0, 1])
        let hops = lines.joined(separator: ",").split(separator: ",", omittingEmptySubsequences: true)
        for hop in hops.reversed() {
            guard trusted.contains(where: { $0.contains(current) }), let next = IPAddress(String(hop).trimmed) else {
                break
            }
            current = next
        }
        self.address = current
    }

    package var description: String { self.address.description }

    /// What one household or one server counts as: an IPv4 address, or an IPv6 /64.
    package var household: String {
        self.address.isV4 ? self.address.description : self.address.prefix(bits: 64)
    }

    /// The network around it: IPv4 /24, IPv6 /48.
    package var network: String {
        self.address.prefix(bits: self.address.isV4 ? 24 : 48)
    }
}

/// An IPv4 or IPv6 address as bytes; an IPv4 address in IPv6 clothes is an IPv4 address.
package struct IPAddress: Sendable, Equatable, CustomStringConvertible {
    fileprivate let bytes: [UInt8]

    fileprivate init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    package init?(_ text: String) {
        guard text.utf8.count <= 45, let address = try? SocketAddress(ipAddress: text, port: 0) else { return nil }
        switch address {
        case .v4:
            let parts = text.split(separator: ".").compactMap { UInt8($0) }
            guard parts.count == 4 else { return nil }
            self.bytes = parts
        case .v6:
            guard let canonical = address.ipAddress, let bytes = Self.parseV6(canonical) else { return nil }
            let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
            self.bytes = Array(bytes.prefix(12)) == mapped ? Array(bytes.suffix(4)) : bytes
        default: return nil
        }
    }

    var isV4: Bool { self.bytes.count == 4 }

    package var description: String {
        if self.isV4 { return self.bytes.map(String.init).joined(separator: ".") }
        let groups = stride(from: 0, to: 16, by: 2).map {
            String(UInt16(self.bytes[$0]) << 8 | UInt16(self.bytes[$0 + 1]), radix: 16)
        }
        return groups.joined(separator: ":")
    }

    /// The network of so many bits, as text.
    func prefix(bits: Int) -> String {
        IPAddress(bytes: self.masked(bits: bits)).description + "/\(bits)"
    }

    fileprivate func masked(bits: Int) -> [UInt8] {
        self.bytes.enumerated().map { index, byte in
            let kept = min(8, max(0, bits - index * 8))
            return kept == 0 ? 0 : byte & ~UInt8(truncatingIfNeeded: 0xFF >> kept)
        }
    }

    private static func parseV6(_ text: String) -> [UInt8]? {
        let halves = text.split(separator: "::", omittingEmptySubsequences: false)
        func groups(_ half: Substring) -> [UInt8]? {
            var bytes: [UInt8] = []
            for part in half.split(separator: ":") {
                if part.contains(".") {
                    let v4 = part.split(separator: ".").compactMap { UInt8($0) }
                    guard v4.count == 4 else { return nil }
                    bytes += v4
                } else {
                    guard let group = UInt16(part, radix: 16) else { return nil }
                    bytes += [UInt8(group >> 8), UInt8(truncatingIfNeeded: group)]
                }
            }
            return bytes
        }
        guard let head = groups(halves[0]) else { return nil }
        guard halves.count == 2 else { return head.count == 16 ? head : nil }
        guard let tail = groups(halves[1]), head.count + tail.count <= 16 else { return nil }
        return head + Array(repeating: 0, count: 16 - head.count - tail.count) + tail
    }
}

/// A range of addresses in CIDR notation, or one address.
package struct AddressRange: Sendable, Equatable {
    private let network: [UInt8]
    private let bits: Int

    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1)
        guard let first = parts.first, let address = IPAddress(String(first).trimmed) else { return nil }
        let longest = address.bytes.count * 8
        guard let bits = parts.count == 2 ? Int(parts[1]) : longest, (0...longest).contains(bits) else { return nil }
        self.bits = bits
        self.network = address.masked(bits: bits)
    }

    package func contains(_ address: IPAddress) -> Bool {
        address.bytes.count == self.network.count && address.masked(bits: self.bits) == self.network
    }
}
