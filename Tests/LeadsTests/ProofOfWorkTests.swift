import Crypto
import Foundation
import Leads
import Testing

@Suite struct `Proof of work` {
    private struct File: Decodable {
        struct Vector: Decodable {
            var id: String
            var payloadBase64: String
            var ourServer: String
        }
        var hmacKey: String
        var now: Double
        var v1: [Vector]
        var v2: [Vector]
    }

    private static let key = SymmetricKey(data: Data("a key of the tests".utf8))
    private static let now = Date(timeIntervalSince1970: 1_795_573_800.25)

    private static func vectors() throws -> File {
        try cases(in: "altcha.json")
    }

    @Test func `every ALTCHA v1 vector is answered as listed`() throws {
        let file = try Self.vectors()
        let key = SymmetricKey(data: Data(file.hmacKey.utf8))
        #expect(file.v1.count == 18)
        for vector in file.v1 {
            let proof = ProofOfWork.proof(
                in: vector.payloadBase64, action: nil, at: Date(timeIntervalSince1970: file.now), keys: [key])
            #expect((proof != nil) == (vector.ourServer == "accept"), "\(vector.id)")
        }
    }

    @Test func `a proof without the action asked for is refused, whatever else holds`() throws {
        let file = try Self.vectors()
        let key = SymmetricKey(data: Data(file.hmacKey.utf8))
        for vector in file.v1 {
            let proof = ProofOfWork.proof(
                in: vector.payloadBase64, action: "code", at: Date(timeIntervalSince1970: file.now), keys: [key])
            #expect(proof == nil, "\(vector.id)")
        }
    }

    @Test func `no ALTCHA v2 payload is taken`() throws {
        let file = try Self.vectors()
        let key = SymmetricKey(data: Data(file.hmacKey.utf8))
        #expect(file.v2.count == 29)
        for vector in file.v2 {
            let proof = ProofOfWork.proof(
                in: vector.payloadBase64, action: nil, at: Date(timeIntervalSince1970: file.now), keys: [key])
            #expect(proof == nil, "\(vector.id)")
        }
    }

    @Test func `a challenge of ours is solved by its number alone, within its time, for its action, under its key`() {
        let challenge = ProofOfWork.challenge(
            action: "code", nonce: Array(0..<12), number: 777, maxNumber: 1000, at: Self.now, key: Self.key)
        #expect(challenge.salt == "000102030405060708090a0b?expires=1795574100&action=code&")
        func holds(
            _ number: String = "777", salt: String? = nil, action: String = "code", after seconds: TimeInterval = 0,
            keys: [SymmetricKey] = [Self.key]
        ) -> Bool {
            let payload = Self.payload(challenge, number: number, salt: salt)
            return ProofOfWork.proof(
                in: payload, action: action, at: Self.now.addingTimeInterval(seconds), keys: keys) != nil
        }
        #expect(holds())
        #expect(holds(after: 300) && !holds(after: 301))
        #expect(!holds("778") && !holds("777.0") && !holds("7.77e2") && !holds("\"777\"") && !holds("-777"))
        #expect(!holds(action: "inquiry"))
        let other = SymmetricKey(data: Data("another".utf8))
        #expect(!holds(keys: [other]) && holds(keys: [other, Self.key]))
        #expect(!holds("77", salt: challenge.salt + "7"))
        #expect(!holds(salt: challenge.salt.replacing("1795574100", with: "1795574999")))
        #expect(!holds(salt: challenge.salt + "action=code&"))
        #expect(!holds(salt: String(challenge.salt.dropLast())))
    }

    @Test func `the same proof has the same key however it is spelled`() throws {
        let challenge = ProofOfWork.challenge(
            action: "code", nonce: Array(0..<12), number: 777, maxNumber: 1000, at: Self.now, key: Self.key)
        let spellings = [
            Self.payload(challenge, number: "777"), Self.payload(challenge, number: " 777 ", more: #","took":12.5"#),
            Self.payload(challenge, number: "777", salt: challenge.salt.replacing("&", with: #"\u0026"#)),
        ]
        let proofs = try spellings.map {
            try #require(ProofOfWork.proof(in: $0, action: "code", at: Self.now, keys: [Self.key]))
        }
        #expect(Set(proofs.map(\.key)).count == 1)
        #expect(proofs[0].expiresAt == Date(timeIntervalSince1970: 1_795_574_100))
        #expect(
            ProofOfWork.proof(in: spellings[0] + "\n", action: "code", at: Self.now, keys: [Self.key]) == nil,
            "base64 has no white space")
    }

    private static func payload(
        _ challenge: ProofOfWork.Challenge, number: String, salt: String? = nil, more: String = ""
    ) -> String {
        let json =
            #"{"algorithm":"SHA-256","challenge":"\#(challenge.challenge)","number":\#(number),"salt":"\#(salt ?? challenge.salt)","signature":"\#(challenge.signature)"\#(more)}"#
        return Data(json.utf8).base64EncodedString()
    }
}
