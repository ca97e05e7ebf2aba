import Leads
import Testing

struct VectorFile: Decodable, Sendable {
    struct Phone: Decodable, Sendable {
        var input: String
        var normalised: String?
    }
    struct Mask: Decodable, Sendable {
        var phone: String?
        var name: String?
        var display: String
    }
    struct Cell: Decodable, Sendable {
        var input: String
        var cell: String
    }
    struct CodeMAC: Decodable, Sendable {
        var keyHex: String
        var challengeId: String
        var purpose: String
        var phone: String
        var code: String
        var messageHex: String
        var hmacSha256Hex: String
    }

    var phone: [Phone]
    var mask: [Mask]
    var csvCell: [Cell]
    var otpMac: [CodeMAC]

    static let vectors: VectorFile? = try? cases(in: "vectors.json")
}

@Suite struct `Phone numbers` {
    @Test(arguments: VectorFile.vectors?.phone ?? []) func `a spelling is one number or refused`(
        _ vector: VectorFile.Phone
    ) {
        #expect((try? PhoneNumber(parsing: vector.input))?.e164 == vector.normalised)
    }

    @Test func `every vector was read`() throws {
        #expect(try #require(VectorFile.vectors).phone.count == 33)
    }

    @Test(arguments: [
        ("1380000000", "手机号少 1 位，请核对"), ("138000", "手机号少 5 位，请核对"), ("138000000001", "手机号多 1 位，请核对"),
        ("+86 138 0000 000", "手机号少 1 位，请核对"), ("", "请填写手机号"), ("  ", "请填写手机号"),
        ("021-12345678", "请填写中国大陆手机号，以 1 开头"), ("+85261234567", "请填写中国大陆手机号，以 1 开头"),
        ("12800000000", "没有以 12 开头的手机号，请核对"), ("1380000000a", "手机号只能是数字，请核对"),
        ("\u{200B}13800000000", "手机号只能是数字，请核对"),
    ])
    func `a refusal says what to do`(_ input: String, _ detail: String) {
        let failure = #expect(throws: ValidationFailure.self) { try PhoneNumber(parsing: input) }
        #expect(failure?.code == "phone_invalid")
        #expect(failure?.detail == detail)
        #expect(failure?.detailInEnglish.isEmpty == false)
    }

    @Test func `a trunk zero in front is dropped`() throws {
        #expect(try PhoneNumber(parsing: "013800000000").national == "13800000000")
    }

    @Test(arguments: 3...9) func `every second digit from 3 to 9 is accepted`(_ digit: Int) throws {
        #expect(try PhoneNumber(parsing: "1\(digit)000000000").e164 == "+861\(digit)000000000")
    }

    @Test func `only the named properties reveal it`() throws {
        let phone = try PhoneNumber(parsing: "138 0000 1234")
        #expect(phone.masked == "138****1234")
        #expect(phone.maskedForPages == "138 **** 1234")
        #expect("\(phone)" == "138****1234")
        #expect(phone.lastFour == "1234")
        #expect(phone.national == "13800001234")
        #expect(phone.e164 == "+8613800001234")
    }

    @Test(
        arguments: [
            ("打 13800001234 找我", "打 [number] 找我"), ("+86 138 0000 1234", "+86 [number]"),
            ("138-0000-1234.", "[number]."),
            ("１３８００００１２３４", "[number]"), ("86138 0000 1234", "[number]"), ("1380000 1234", "[number]"),
            ("合同 2026-1101 13800001234", "合同 2026-1101 [number]"), ("13800001234 13900001234", "[number] [number]"),
            ("2026-11-26 18:00", "2026-11-26 18:00"), ("138 00 00 12 34", "138 00 00 12 34"),
            ("138000012345", "138000012345"), ("138  0000 1234", "138  0000 1234"), ("12800001234", "12800001234"),
            ("", ""),
        ])
    func `a number in a text is taken out, however its groups are parted`(text: String, kept: String) {
        #expect(PhoneNumber.redacted(in: text) == kept)
    }

    @Test func `masks are the given ones`() throws {
        let masks = try #require(VectorFile.vectors).mask.filter { $0.phone != nil }
        #expect(!masks.isEmpty)
        for mask in masks { #expect(try PhoneNumber(parsing: mask.phone ?? "").masked == mask.display) }
    }

    @Test func `any spelling of any number is that number`() throws {
        var generator = SeededGenerator("spellings")
        for _ in 0..<1000 {
            let national =
                "1\(Int.random(in: 3...9, using: &generator))"
                + String((0..<9).map { _ in "0123456789".randomElement(using: &generator) ?? "0" })
            var spelling = ""
            for digit in national {
                if Int.random(in: 0..<4, using: &generator) == 0 {
                    spelling += [" ", "-", "　"].randomElement(using: &generator) ?? ""
                }
                let wide = digit.wholeNumberValue.flatMap { Unicode.Scalar(0xFF10 + UInt32($0)) }.map {
                    String(Character($0))
                }
                spelling += Bool.random(using: &generator) ? String(digit) : wide ?? ""
            }
            let prefix = ["", "+86", "0086", "86", "(+86)", "+86 ", "＋86"].randomElement(using: &generator) ?? ""
            #expect(try PhoneNumber(parsing: prefix + spelling).national == national, "\(prefix + spelling)")
        }
    }
}
