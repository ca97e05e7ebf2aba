import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// A picture made of what a PNG must have and nothing else; nobody decodes it here.
enum PictureText {
    static func chunk(_ kind: String, _ data: [UInt8]) -> [UInt8] {
        self.number(data.count) + Array(kind.utf8) + data + [0, 0, 0, 0]
    }

    static func png(width: Int, height: Int, pixels: Int = 20, more: [UInt8] = []) -> [UInt8] {
        [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
            + self.chunk("IHDR", self.number(width) + self.number(height) + [8, 6, 0, 0, 0])
            + self.chunk("IDAT", Array(repeating: 7, count: pixels)) + self.chunk("IEND", []) + more
    }

    private static func number(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(value >> (24 - $0 * 8) & 255) } }
}

/// How the company looks on its pages.
@Suite struct CompanyLookTests {
    private static func body(_ bytes: [UInt8]) -> String { #"{"file":"\#(Data(bytes).base64EncodedString())"}"# }

    @Test func `a picture is kept, shown on every visitor's page at its size, and served as nothing but a picture`()
        async throws
    {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            let bytes = PictureText.png(width: 300, height: 60)
            let logo = try await service.call(.post, "/api/v1/logos", Self.body(bytes), token: boss.token)
            #expect(logo.status == 201 && logo["width"].int == 300 && logo["height"].int == 60)
            #expect(
                try await service.call(.post, "/api/v1/logos", Self.body(bytes), token: boss.token).text == logo.text)
            let change = #"{"values":{"company_logo":\#(logo.text)},"seen":{"company_logo":null}}"#
            #expect(try await service.call(.patch, "/api/v1/settings", change, token: boss.token).status == 200)
            let path = "/logo/\(logo["sha256"].string).png"
            for page in ["/", "/permit-renewal", "/privacy"] {
                let text = try await service.call(.get, page, headers: [.accept: "text/html"]).text
                #expect(text.contains(#"<img src="\#(path)" alt="" width="140" height="28">"#), "\(page)")
            }
            let served = try await service.client.execute(uri: path, method: .get, headers: [:], body: nil) { $0 }
            #expect(Array(served.body.readableBytesView) == bytes)
            #expect(served.headers[.contentType] == "image/png")
            #expect(served.headers[.xContentTypeOptions] == "nosniff")
            #expect(served.headers[.cacheControl] == "public, max-age=31536000, immutable")
            #expect(served.headers[.contentSecurityPolicy]?.contains("default-src 'none'") == true)
            for other in [
                "/logo/\(String(repeating: "0", count: 64)).png", "/logo/x.png", "/logo/\(logo["sha256"].string)",
            ] {
                #expect(try await service.call(.get, other).status == 404)
            }
            let unknown = change.replacing(logo["sha256"].string, with: String(repeating: "0", count: 64))
                .replacing(#""seen":{"company_logo":null}"#, with: #""seen":{"company_logo":\#(logo.text)}"#)
            #expect(
                try await service.call(.patch, "/api/v1/settings", unknown, token: boss.token).code == "logo_unknown")
        }
    }

    @Test func `what is no whole PNG of that size is refused by its bytes, whatever it is called`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            let whole = PictureText.png(width: 100, height: 100)
            let wrong: [[UInt8]] = [
                Array("<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>".utf8),
                [0xFF, 0xD8, 0xFF, 0xE0],
                Array(whole.dropLast(3)), whole + Array("<script>".utf8), Array(whole.prefix(8)), [],
                PictureText.png(width: 2000, height: 10), PictureText.png(width: 0, height: 10),
                PictureText.png(width: 100, height: 100, pixels: 48_000),
                Array(whole.prefix(8)) + PictureText.chunk("IDAT", [1]) + Array(whole.dropFirst(8)),
                Array(whole.prefix(8)) + [0xFF, 0xFF, 0xFF, 0xFF] + Array(whole.dropFirst(12)),
            ]
            for bytes in wrong {
                let refused = try await service.call(.post, "/api/v1/logos", Self.body(bytes), token: boss.token)
                #expect(refused.status == 422, "\(bytes.prefix(12)) \(refused.text)")
                #expect(["logo_invalid", "too_long", "required"].contains(refused.code), "\(refused.text)")
            }
            #expect(try await service.count("SELECT count(*) FROM company_logos") == 0)
            let most = PictureText.png(width: 1024, height: 1024, pixels: 48_000 - 57)
            #expect(most.count == 48_000)
            #expect(try await service.call(.post, "/api/v1/logos", Self.body(most), token: boss.token).status == 201)
        }
    }

    @Test func `a colour is on the pages when it can be read on white, and refused with its contrast when not`()
        async throws
    {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            #expect(try await !service.call(.get, "/").text.contains("/brand.css"))
            func change(_ colour: String) async throws -> Answer {
                try await service.call(
                    .patch, "/api/v1/settings",
                    ##"{"values":{"company_colour":"\##(colour)"},"seen":{"company_colour":"#0b5848"}}"##,
                    token: boss.token)
            }
            let light = try await change("#ff8800")
            #expect(light.code == "setting_invalid", "\(light.text)")
            #expect(light["errors"][0]["detail"].string.contains("对比度只有 2.39:1"), "\(light.text)")
            #expect(try await change("red").code == "setting_invalid")
            // #767676 is the lightest grey that may be; two steps more are 4.42.
            #expect(try await change("#787878").code == "setting_invalid")
            #expect(try await change("#767676").status == 200)
            #expect(try await service.call(.get, "/").text.contains(#"<link rel="stylesheet" href="/brand.css">"#))
            let style = try await service.call(.get, "/brand.css")
            #expect(style.text.contains("--accent:#767676"))
            #expect(style.headers[.contentType] == "text/css; charset=utf-8")
        }
    }
}
