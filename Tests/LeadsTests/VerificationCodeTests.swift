import Crypto
import Foundation
import Leads
import Testing

@Suite struct `Verification codes` {
    @Test(arguments: ["004217", "004 217", "004-217", " 004217 ", "００４２１７", "0 0 4 2 1 7"])
    func `what people paste is read`(_ text: String) throws {
        #expect(try VerificationCode(parsing: text).digits == "004217")
    }

    @Test(arguments: ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "123456\n", "12345\u{200B}6", "+123456"])
    func `anything else is a malformed code`(_ text: String) {
        let failure = #expect(throws: ValidationFailure.self) { try VerificationCode(parsing: text) }
        #expect(failure?.code == "code_malformed")
    }

    @Test func `the message and its HMAC are the given ones`() throws {
        let vectors = try #require(VectorFile.vectors).otpMac
        #expect(vectors.count == 4)
        for vector in vectors {
            let message = VerificationCode.message(
                challenge: try #require(UUID(uuidString: vector.challengeId)), purpose: vector.purpose,
                phone: try PhoneNumber(parsing: vector.phone), code: try VerificationCode(parsing: vector.code))
            #expect(message.map { String(format: "%02x", $0) }.joined() == vector.messageHex)
            let mac = HMAC<SHA256>.authenticationCode(
                for: message, using: SymmetricKey(data: Self.bytes(vector.keyHex)))
            #expect(mac.map { String(format: "%02x", $0) }.joined() == vector.hmacSha256Hex)
        }
    }

    @Test func `numbers above the last whole million are drawn again`() {
        var draws: [[UInt8]] = [[0xFF, 0xFF, 0xFF], [0xF4, 0x24, 0x00], [0xF4, 0x23, 0xFF]]
        let code = VerificationCode.random { _ in draws.removeFirst() }
        #expect(draws.isEmpty)
        #expect(code.digits == "999999")
        #expect(VerificationCode.random { _ in [0, 0, 7] }.digits == "000007")
    }

    @Test func `codes are uniform at every position`() {
        var generator = SeededGenerator("uniform codes", seed: 20_261_124)
        var counts = [[Int]](repeating: [Int](repeating: 0, count: 10), count: 6)
        let draws = 200_000
        for _ in 0..<draws {
            let code = VerificationCode.random { count in
                (0..<count).map { _ in .random(in: 0...255, using: &generator) }
            }
            for (position, digit) in code.digits.utf8.enumerated() { counts[position][Int(digit) - 48] += 1 }
        }
        let expected = Double(draws) / 10
        for position in counts {
            let chiSquare = position.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
            #expect(chiSquare < 27.88, "9 degrees of freedom, p > 0.001")
        }
    }

    @Test func `a code is not printed`() throws {
        #expect("\(try VerificationCode(parsing: "004217"))" == "******")
    }

    private static func bytes(_ hex: String) -> Data {
        let digits = Array(hex)
        return Data(
            stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...($0 + 1)]), radix: 16) })
    }
}

@Suite struct `CSV fields` {
    @Test(arguments: VectorFile.vectors?.csvCell ?? []) func `a cell is no formula`(_ vector: VectorFile.Cell) {
        #expect(CSVField.cell(vector.input) == vector.cell)
    }

    @Test func `every vector was read`() throws {
        #expect(try #require(VectorFile.vectors).csvCell.count == 22)
    }
}
