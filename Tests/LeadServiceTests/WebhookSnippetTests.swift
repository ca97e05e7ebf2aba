import Foundation
import LeadService
import Leads
import Testing

/// What receivers copy: the page and the article show it, and it tells right from wrong.
@Suite struct WebhookSnippetTests {
    private static let secret = [UInt8](repeating: 9, count: 32)
    private static let body = #"{"data":{"lead_id":"0"},"type":"lead.created"}"#

    /// Where an interpreter is, if it is.
    static func interpreter(_ name: String) -> URL? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
            .map { URL(fileURLWithPath: String($0)).appendingPathComponent(name) }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }

    /// What a snippet says of a body signed so many seconds ago, under that header.
    private func verdict(
        _ name: String, _ arguments: [String], age: Double = 0, body: String = Self.body, _ more: String = ""
    )
        throws -> String
    {
        let timestamp = String(Int(Date().timeIntervalSince1970 - age))
        let signature = WebhookSignature(secret: Self.secret)
            .header(id: "e-1", timestamp: timestamp, body: Array(Self.body.utf8))
        let process = Process()
        process.executableURL = Self.interpreter(name)
        process.currentDirectoryURL = Resources.folder.appendingPathComponent("snippets")
        process.arguments =
            arguments + ["whsec_" + Data(Self.secret).base64EncodedString(), timestamp, more + signature, body]
        process.environment = ProcessInfo.processInfo.environment.merging(["PYTHONDONTWRITEBYTECODE": "1"]) { $1 }
        let said = Pipe()
        process.standardOutput = said
        try process.run()
        let text = String(decoding: said.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text.trimmingCharacters(in: .whitespacesAndNewlines).lowercased()
    }

    private func check(_ name: String, _ arguments: [String]) throws {
        #expect(try self.verdict(name, arguments) == "true")
        #expect(try self.verdict(name, arguments, "v1,AAAA ") == "true", "a second signature, as during a rotation")
        #expect(try self.verdict(name, arguments, body: Self.body + " ") == "false")
        #expect(try self.verdict(name, arguments, age: 400) == "false")
        #expect(try self.verdict(name, arguments, "x") == "false")
    }

    @Test(.enabled(if: Self.interpreter("python3") != nil)) func `the Python snippet tells right from wrong`() throws {
        let program = """
            import sys
            from verify import verify
            s, t, g, b = sys.argv[1:5]
            print(verify(s, {"webhook-id": "e-1", "webhook-timestamp": t, "webhook-signature": g}, b.encode()))
            """
        try self.check("python3", ["-c", program])
    }

    @Test(.enabled(if: Self.interpreter("node") != nil)) func `the Node snippet tells right from wrong`() throws {
        let program = """
            import { verify } from "./verify.mjs";
            const [s, t, g, b] = process.argv.slice(1);
            console.log(verify(s, { "webhook-id": "e-1", "webhook-timestamp": t, "webhook-signature": g }, Buffer.from(b)));
            """
        try self.check("node", ["--input-type=module", "-e", program])
    }

    @Test func `the page and the article show every snippet as it is`() async throws {
        let texts = try WebhookSnippets(resources: Resources.folder).texts
        let article = try String(
            contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().appendingPathComponent("Sources/LeadService/LeadService.docc/Webhooks.md"),
            encoding: .utf8)
        try await HookReceiver.with { place in
            let page = try await place.service.call(
                .get, "/staff/webhooks", token: place.boss.token, headers: [.accept: "text/html"])
            #expect(texts.count == 4 && page.status == 200)
            for (language, text) in texts {
                #expect(article.contains(text), "\(language)")
                let escaped = text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(
                    of: "<", with: "&lt;"
                )
                .replacingOccurrences(of: ">", with: "&gt;").replacingOccurrences(of: "\"", with: "&quot;")
                .replacingOccurrences(of: "'", with: "&#39;")
                #expect(page.text.contains(escaped), "\(language)")
            }
        }
    }
}
