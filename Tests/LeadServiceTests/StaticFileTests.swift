import Foundation
import HTTPTypes
import LeadService
import NIOCore
import Testing

/// What is the same for everybody travels as gzip to whoever takes it.
@Suite struct StaticFileTests {
    private static let takes: HTTPFields = [.acceptEncoding: "gzip, deflate, br, zstd"]

    @Test(arguments: ["/", "/assets/site.css", "/assets/form.js"])
    func `a browser gets fewer bytes, and out of them the same text`(path: String) async throws {
        try await withService { service in
            let plain = try await service.call(.get, path)
            #expect(plain.headers[.contentEncoding] == nil)
            #expect(plain.headers[.vary] == "Accept-Encoding")
            let packed = try await service.client.execute(uri: path, method: .get, headers: Self.takes, body: nil) {
                $0
            }
            #expect(packed.headers[.contentEncoding] == "gzip")
            #expect(packed.headers[.vary] == "Accept-Encoding")
            #expect(packed.body.readableBytes < plain.text.utf8.count / 2)
            let unpacked = try Self.unpacked(Data(packed.body.readableBytesView))
            #expect(unpacked == plain.text)
        }
    }

    @Test func `each form has its own tag, which is answered 304 for that form only`() async throws {
        try await withService { service in
            let plain = try #require(try await service.call(.get, "/").headers[.eTag])
            let packed = try #require(try await service.call(.get, "/", headers: Self.takes).headers[.eTag])
            #expect(plain != packed)
            let cases: [(String, HTTPFields, Int)] = [
                (plain, [:], 304), (packed, Self.takes, 304), (plain, Self.takes, 200), (packed, [:], 200),
            ]
            for (tag, offers, status) in cases {
                var headers = offers
                headers[.ifNoneMatch] = tag
                let answer = try await service.call(.get, "/", headers: headers)
                #expect(answer.status == status)
            }
        }
    }

    @Test(arguments: [
        ("", false), ("identity", false), ("br", false), ("gzip;q=0", false), ("gzip; q=0.000", false), ("GZIP", true),
        ("br;q=1, gzip;q=0.5", true),
    ])
    func `gzip is sent to whoever asks for it`(offer: String, isPacked: Bool) async throws {
        try await withService { service in
            let answer = try await service.call(.get, "/assets/site.css", headers: [.acceptEncoding: offer])
            #expect((answer.headers[.contentEncoding] == "gzip") == isPacked)
        }
    }

    @Test func `a page about somebody is never compressed`() async throws {
        try await withService { service in
            let found = try await service.call(
                .post, "/assessment", "birth_year=1986&birth_month=1",
                headers: [.contentType: "application/x-www-form-urlencoded"])
            let result = try await service.call(
                .get, try #require(found.headers[.location]),
                headers: [.accept: "text/html", .acceptEncoding: "gzip"])
            #expect(result.status == 200)
            #expect(result.headers[.contentEncoding] == nil)
        }
    }

    private static func unpacked(_ data: Data) throws -> String {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).gz")
        try data.write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let gzip = Process()
        let output = Pipe()
        gzip.executableURL = URL(fileURLWithPath: "/bin/gzip")
        gzip.arguments = ["-dc", file.path]
        gzip.standardOutput = output
        try gzip.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        gzip.waitUntilExit()
        return String(decoding: text, as: UTF8.self)
    }
}
