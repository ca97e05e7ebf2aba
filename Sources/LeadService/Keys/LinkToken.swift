import Crypto
package import Foundation

/// The secret in a link (`/a/…`, `/r/…`, `/p/…`): the row's id and 128 bits of HMAC, so that nothing need be stored to check it.
package struct LinkToken: Sendable {
    /// What the link opens; a token of one kind is nothing to the other.
    package enum Kind: String, Sendable {
        case assessment, receipt, privacyRequest
    }

    private let keys: KeyRing

    package init(keys: KeyRing) {
        self.keys = keys
    }

    /// The token for a row: 43 characters of base64url.
    package func token(_ kind: Kind, for id: UUID) -> String {
        Base64URL.encode(id.bytes + self.mac(kind, id))
    }

    /// The id in a token, unless it is not one of ours.
    package func id(_ kind: Kind, in token: String) -> UUID? {
        guard token.utf8.count == 43, let bytes = Base64URL.decode(token), bytes.count == 32 else { return nil }
        let id = UUID(bytes: bytes[..<16])
        let expected = self.mac(kind, id)
        var difference: UInt8 = 0
        for (left, right) in zip(bytes[16...], expected) { difference |= left ^ right }
        return difference == 0 ? id : nil
    }

    /// A text without tokens: whoever reads an address of ours in it cannot open what it leads to.
    static func redacted(in text: String) -> String {
        text.replacing(/(\/[arp]\/)[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/) { String($0.1) }
    }

    private func mac(_ kind: Kind, _ id: UUID) -> [UInt8] {
        Array(self.keys.mac(.link, Data(kind.rawValue.utf8) + id.bytes).prefix(16))
    }
}

/// Base64 with the URL alphabet and without padding (RFC 4648 §5).
package enum Base64URL {
    package static func encode(_ bytes: some Sequence<UInt8>) -> String {
        Data(bytes).base64EncodedString()
            .replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
            .replacingOccurrences(of: "=", with: "")
    }

    package static func decode(_ text: String) -> [UInt8]? {
        guard !text.contains(where: { $0 == "+" || $0 == "/" || $0 == "=" }) else { return nil }
        let standard = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        let padded = standard + String(repeating: "=", count: (4 - standard.count % 4) % 4)
        return Data(base64Encoded: padded).map { Array($0) }
    }
}

extension UUID {
    /// The sixteen bytes, most significant first.
    package var bytes: [UInt8] {
        let u = self.uuid
        return [u.0, u.1, u.2, u.3, u.4, u.5, u.6, u.7, u.8, u.9, u.10, u.11, u.12, u.13, u.14, u.15]
    }

    /// In lower case, as ids are written everywhere: `uuidString` formats with `printf` and in capitals, which shows in long lists.
    package var text: String {
        func digit(_ value: UInt8) -> UInt8 { value < 10 ? 48 + value : 87 + value }
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for (index, byte) in self.bytes.enumerated() {
            if index == 4 || index == 6 || index == 8 || index == 10 { text.append(UInt8(ascii: "-")) }
            text.append(digit(byte >> 4))
            text.append(digit(byte & 15))
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// - Parameter bytes: sixteen bytes, most significant first.
    package init(bytes: some Collection<UInt8>) {
        let b = Array(bytes)
        self.init(
            uuid: (
                b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]
            ))
    }
}
