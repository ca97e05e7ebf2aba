import Foundation
import Testing

@testable import Leads

@Suite struct TOTPTests {
    /// RFC 6238, appendix B, the SHA-1 rows cut to six digits.
    @Test(arguments: [
        (59, "287082"), (1_111_111_109, "081804"), (1_111_111_111, "050471"), (1_234_567_890, "005924"),
        (2_000_000_000, "279037"), (20_000_000_000, "353130"),
    ])
    func `the table of RFC 6238`(seconds: Int, code: String) {
        let totp = TOTP(secret: Array("12345678901234567890".utf8))
        let time = Date(timeIntervalSince1970: Double(seconds))
        #expect(totp.code(at: TOTP.step(at: time)) == code)
        #expect(totp.step(of: code, at: time) == TOTP.step(at: time))
    }

    @Test func `a code is good for its half minute, the one before and the one after`() {
        let totp = TOTP(secret: Array("12345678901234567890".utf8))
        let time = Date(timeIntervalSince1970: 1_111_111_109)
        for (seconds, isGood) in [(-60.0, false), (-30, true), (0, true), (30, true), (61, false)] {
            #expect((totp.step(of: "081804", at: time.addingTimeInterval(seconds)) != nil) == isGood, "\(seconds)")
        }
    }

    @Test(arguments: [
        ("081804", true), (" 081 804 ", true), ("０８１８０４", true), ("81804", false), ("0818040", false),
        ("08180a", false), ("", false), ("٠٨١٨٠٤", false),
    ])
    func `blanks and full-width digits are taken, nothing else`(typed: String, isGood: Bool) {
        let totp = TOTP(secret: Array("12345678901234567890".utf8))
        let found = totp.step(of: typed, at: Date(timeIntervalSince1970: 1_111_111_109))
        #expect((found != nil) == isGood)
    }

    /// RFC 4648 §10, without the padding.
    @Test(arguments: [
        ("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("fooba", "MZXW6YTB"),
        ("foobar", "MZXW6YTBOI"),
    ])
    func `a secret is written in base32`(plain: String, text: String) {
        #expect(TOTP.text(of: Array(plain.utf8)) == text)
    }
}
