package import Crypto
package import Foundation

/// Proof of work as ALTCHA v1 spells it: find the number whose SHA-256 behind a salt is the challenge.
///
/// Everything a challenge promises (its end, what it is good for) rides in the salt, which the challenge and its signature
/// cover; nothing is stored until a proof is used.
package enum ProofOfWork {
    /// A question to a browser.
    package struct Challenge: Sendable, Equatable {
        package let challenge: String
        package let salt: String
        package let signature: String
        package let maxNumber: Int
    }

    /// A proof that holds; `key` is the same however the payload was spelled.
    package struct Proof: Sendable, Equatable {
        package let key: [UInt8]
        package let expiresAt: Date
    }

    /// No challenge is harder.
    package static let largestNumber = 500_000
    /// How long a challenge may be answered.
    package static let lifetime: TimeInterval = 300

    /// - Parameters:
    ///   - action: what the proof will be good for: letters, digits, dots and hyphens.
    ///   - nonce: twelve random bytes.
    ///   - number: the secret, from 0 to `maxNumber`.
    package static func challenge(
        action: String, nonce: [UInt8], number: Int, maxNumber: Int, at now: Date, key: SymmetricKey
    ) -> Challenge {
        let expires = Int(now.timeIntervalSince1970) + Int(self.lifetime)
        // Without the last "&" digits could move from the end of the salt into the number.
        let salt = "\(self.hex(nonce))?expires=\(expires)&action=\(action)&"
        let challenge = self.hex(self.digest(salt, number))
        return Challenge(
            challenge: challenge, salt: salt, signature: self.signature(of: challenge, key), maxNumber: maxNumber)
    }

    /// The proof in a payload, unless it is forged, expired, for another action, or not ALTCHA v1.
    ///
    /// - Parameters:
    ///   - payload: what the browser sent: base64 of a JSON object, without white space.
    ///   - action: what the proof must be good for; nil asks nothing.
    ///   - keys: the current key and those before it.
    package static func proof(
        in payload: String, action: String?, at now: Date, keys: [SymmetricKey]
    ) -> Proof? {
        guard payload.utf8.count <= 2048, let json = Data(base64Encoded: payload),
            let answer = try? JSONDecoder().decode(Answer.self, from: json), answer.algorithm == "SHA-256",
            (0...self.largestNumber).contains(answer.number), self.isWhole(answer.number, in: json),
            let parameters = self.parameters(of: answer.salt),
            let expires = parameters["expires"].flatMap({ Int($0) }),
            expires >= Int(now.timeIntervalSince1970.rounded(.down)),
            action == nil || parameters["action"] == action
        else { return nil }
        let digest = self.digest(answer.salt, answer.number)
        guard self.isEqual(self.hex(digest), answer.challenge),
            keys.contains(where: { self.isEqual(self.signature(of: answer.challenge, $0), answer.signature) })
        else { return nil }
        return Proof(key: digest, expiresAt: Date(timeIntervalSince1970: TimeInterval(expires)))
    }

    /// Further members, such as the widget's `took`, say nothing and are let through.
    private struct Answer: Decodable {
        var algorithm: String
        var challenge: String
        var number: Int
        var salt: String
        var signature: String
    }

    /// Whether the number is written as one, with its digits and nothing else: the decoder also takes 4242.0.
    private static func isWhole(_ number: Int, in json: Data) -> Bool {
        let name = Data("\"number\"".utf8)
        guard let found = json.range(of: name), json[found.upperBound...].range(of: name) == nil else { return false }
        let rest = json[found.upperBound...].drop { self.isSpace($0) }
        guard rest.first == UInt8(ascii: ":") else { return false }
        let written = rest.dropFirst().drop { self.isSpace($0) }
        let text = Data(String(number).utf8)
        guard written.starts(with: text), let next = written.dropFirst(text.count).first else { return false }
        return next == UInt8(ascii: ",") || next == UInt8(ascii: "}") || self.isSpace(next)
    }

    private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }

    /// The parameters behind the `?` of a salt that ends with `&`; none is given twice.
    private static func parameters(of salt: String) -> [String: String]? {
        guard salt.utf8.last == UInt8(ascii: "&") else { return nil }
        let parts = salt.utf8.dropLast().split(separator: UInt8(ascii: "?"), omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        var parameters: [String: String] = [:]
        for pair in parts[1].split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false) {
            let sides = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(Substring(sides[0]))
            guard sides.count == 2, parameters[name] == nil else { return nil }
            parameters[name] = String(Substring(sides[1]))
        }
        return parameters
    }

    private static func digest(_ salt: String, _ number: Int) -> [UInt8] {
        Array(SHA256.hash(data: Data((salt + String(number)).utf8)))
    }

    private static func signature(of challenge: String, _ key: SymmetricKey) -> String {
        self.hex(HMAC<SHA256>.authenticationCode(for: Data(challenge.utf8), using: key))
    }

    /// Compares without stopping at the first difference.
    private static func isEqual(_ left: String, _ right: String) -> Bool {
        guard left.utf8.count == right.utf8.count else { return false }
        return zip(left.utf8, right.utf8).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
