import Crypto
import Foundation
import Leads
import Testing

/// Against the matrices of an independent encoder (Python's qrcode 8, level M, mask 0), as SHA-256 of their rows of 0 and 1.
@Suite struct `QR codes` {
    @Test(arguments: [
        (
            "A", 21,
            "3f594cfc1843904d93447f4958be7aa4114f4062fecb67b78c5ea20479846f04"
        ),
        (
            "tel:+8613800000001", 25,
            "8443d71c4852cb1a842193347ae9063e9ba907882259825454aa02da4362328a"
        ),
        (
            "https://example.com/", 25,
            "16553b3c0ca8e5967f5434fb80365b058858410a0326ab18af80b7bf137a41e6"
        ),
        (
            "http://127.0.0.1:8080/a/k7Qxk7Qxk7Qxk7Qxk7Qxk7Qxk7Qxk7Qxk7Qxk7Qxabc", 37,
            "02bb7c1bf11fad5c2f3130a6b68ff4b241be0aa880a92c9c1302ae23174270b6"
        ),
        (
            "https://huifang.example.com/a/Zz9_Zz9_Zz9_Zz9_Zz9_Zz9_Zz9_Zz9_Zz9_Zz9_x-y", 37,
            "93af3a72dc4802d7e981a44de4cbca8b5e9014d30e561c4d8a38a49c6eaea725"
        ),
        (
            "https://advice.shanghai-example.com/a/q1W-q1W-q1W-q1W-q1W-q1W-q1W-q1W-q1W-q1W-eRt", 37,
            "61dcb685403ec11f0daf999da6983f1dcbceea9e402bf1d878edb8f70d768837"
        ),
        (
            "https://advice.shanghai-residence-permit.example.com/a/q1W-q1W-q1W-q1W-q1W-q1W-q1W-q1W-q1W-q1W-eRt", 41,
            "ae6618151c3451a0d64b9fe2db4409c4f8668dd3cf630323bfffb48d7739899a"
        ),
        (
            "一网通办一网通办一网通办一网通办一网通办一网通办一网通办一网通办", 41,
            "2ccb2a11e649b1f36c475a1a37d9856e8b85b5091f2a636b6d8ebf0b841f25fb"
        ),
    ])
    func `are those of another encoder`(_ text: String, _ size: Int, _ sha256: String) throws {
        let code = try #require(QRCode(text))
        #expect(code.size == size)
        let rows = code.modules.map { $0 ? "1" : "0" }.joined()
        #expect(SHA256.hash(data: Data(rows.utf8)).map { String(format: "%02x", $0) }.joined() == sha256)
    }

    @Test func `hold 106 bytes and no more`() {
        #expect(QRCode(String(repeating: "a", count: 106))?.size == 41)
        #expect(QRCode(String(repeating: "a", count: 107)) == nil)
    }

    @Test func `draw every dark module once`() throws {
        let code = try #require(QRCode("https://example.com/"))
        let runs = code.svgPath.matches(of: /h([0-9]+)v/).compactMap { Int($0.1) }
        #expect(runs.reduce(0, +) == code.modules.count(where: { $0 }))
    }
}
