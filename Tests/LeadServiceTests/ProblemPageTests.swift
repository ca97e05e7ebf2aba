import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// `type` of a problem is an address, and what is there explains it.
@Suite struct ProblemPageTests {
    private static let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Sources")

    /// What only commands and made-up pages say.
    private static let elsewhere: Set<String> = [
        "account_unknown", "benefit_file_unknown", "calendar_invalid", "effective_at_past",
        "effective_at_repeated", "made_up", "notice_published", "origin_invalid", "robot_address_invalid",
        "robot_name_invalid", "robot_secret_invalid", "robot_taken", "robots_full", "rules_invalid", "setting_invalid",
        "setting_unknown", "site_name_invalid", "site_taken",
    ]

    private static func explained() throws -> JSONValue {
        let file = Self.sources.appendingPathComponent("LeadService/Resources/problems.json")
        return try StrictJSON.read(Array(try Data(contentsOf: file)))
    }

    @Test func `every code that the program can answer with is explained, and no other`() throws {
        var said: Set<String> = []
        for target in ["LeadService", "Leads", "Server"] {
            let files = FileManager.default.enumerator(
                at: Self.sources.appendingPathComponent(target), includingPropertiesForKeys: nil)
            for case let file as URL in files ?? .init() where file.pathExtension == "swift" {
                let text = try String(contentsOf: file, encoding: .utf8)
                for match in text.matches(of: /Problem\(\s*\.?\w+,\s*"([a-z_]+)"/) { said.insert(String(match.1)) }
                for match in text.matches(of: /(ValidationFailure|\.fail)\(\s*"([a-z_]+)"/) {
                    said.insert(String(match.2))
                }
                // A note of an assessment has a code too.
                for match in text.matches(of: /(\w+)\((\s*status: [.\w]+,)?[^()]*code: (String = )?"([a-z_]+)"/)
                where match.1 != "Note" {
                    said.insert(String(match.4))
                }
            }
        }
        let explained = Set(try Self.explained().names)
        #expect(said.count > 70)
        #expect(said.subtracting(explained).subtracting(Self.elsewhere).sorted() == [], "explain them in problems.json")
        #expect(explained.subtracting(said).sorted() == [], "nobody says these")
    }

    @Test func `the page of each code names it, its status and what to do, in the reader's language`() async throws {
        let explained = try Self.explained()
        try await withService { service in
            for code in explained.names.sorted() {
                let chinese = try await service.call(.get, "/problems/\(code)")
                let english = try await service.call(
                    .get, "/problems/\(code)", headers: [.acceptLanguage: "en-GB,zh;q=0.5"])
                for (answer, language) in [(chinese, "zh-CN"), (english, "en")] {
                    #expect(answer.status == 200, "\(code)")
                    #expect(answer.headers[.contentType] == "text/html; charset=utf-8")
                    #expect(answer.headers[.contentLanguage] == language && answer.headers[.vary] == "Accept-Language")
                    #expect(
                        answer.text.contains("<html lang=\"\(language)\">") && answer.text.contains(code), "\(code)")
                    for status in explained[code]["status"].array {
                        #expect(answer.text.contains("\(status.int)"), "\(code)")
                    }
                }
                #expect(chinese.text != english.text)
                let han = english.text.unicodeScalars.filter { (0x4E00...0x9FFF).contains($0.value) }
                #expect(han.isEmpty, "\(code): \(String(String.UnicodeScalarView(han)))")
            }
            for unknown in ["nope", "CURSOR_INVALID", "cursor_invalid%20", "%3Cscript%3E", "..%2Fopenapi.yaml"] {
                #expect(try await service.call(.get, "/problems/\(unknown)").status == 404, "\(unknown)")
            }
            let refused = try await service.call(.get, "/api/v1/leads")
            #expect(try await service.call(.get, refused["type"].string).status == 200)
        }
    }
}
