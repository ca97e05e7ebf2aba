import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// What became of clicks on advertisements; the clock starts on Wednesday, 2026-11-25 at 10:30.
@Suite struct ConversionTests {
    private static func source(_ click: String) -> String { #","source":{"click_ids":{"bd_vid":"\#(click)"}}"# }

    private static func lines(_ service: TestService, _ token: String, _ days: String) async throws -> [String] {
        let file = try await service.call(.get, "/api/v1/conversions?" + days, token: token)
        try #require(file.status == 200, "\(file.text)")
        return file.text.split(separator: "\r\n").dropFirst().map { line in
            let cells = line.split(separator: ",").map { $0.trimmingCharacters(in: ["\""]) }
            return "\(cells[1]) \(cells[2]) \(cells[3].prefix(16))"
        }
    }

    @Test func `each event of a click is told on its day, invalid ones too, and nobody who said no`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            let anna = try await service.colleague("anna")
            func end(_ phone: String, _ result: String) async throws {
                let claimed = try await service.claim(anna, #"{"phone":"\#(phone)"}"#)
                let path = "/api/v1/callbacks/\(claimed["id"].string)/attempts"
                let ended = try await service.call(.post, path, result, token: anna.token)
                try #require(ended.status == 200, "\(ended.text)")
            }
            try await service.submit(phone: "13800000001", more: Self.source("one"))
            try await service.submit(phone: "13800000002", more: Self.source("spam"))
            try await service.submit(phone: "13800000003", more: Self.source("stopped"))
            try await service.submit(phone: "13800000004")
            try await service.submit(
                phone: "13800000005", more: Self.source("bot") + #","website":"http://spam.example""#)
            try await service.ask("stop_calls", phone: "13800000003")
            service.clock.set(try #require(RFC3339.date("2026-11-26T11:00:00+08:00")))
            try await end("13800000001", #"{"disposition":"converted","reference":"HT-1"}"#)
            try await end("13800000002", #"{"disposition":"spam"}"#)
            let list = try await service.call(.get, "/api/v1/quarantine", token: boss.token)
            let dismissed = try await service.call(
                .post, "/api/v1/quarantine/\(list["items"][0]["id"].string)/dismiss", token: boss.token)
            try #require(dismissed.status == 204, "\(dismissed.text)")
            #expect(
                try await Self.lines(service, boss.token, "from=2026-11-25&to=2026-11-25").sorted() == [
                    "one lead 2026-11-25T10:30", "spam lead 2026-11-25T10:30",
                ])
            #expect(
                try await Self.lines(service, boss.token, "from=2026-11-26&to=2026-11-26").sorted() == [
                    "bot invalid 2026-11-26T11:00", "one contacted 2026-11-26T11:00",
                    "one converted 2026-11-26T11:00", "one qualified 2026-11-26T11:00",
                    "spam invalid 2026-11-26T11:00",
                ])
            try await service.ask("erase", phone: "13800000001")
            #expect(
                try await !Self.lines(service, boss.token, "from=2026-11-25&to=2026-11-26").joined().contains("one"))
            let told = try await service.count("SELECT count(*) FROM audit_events WHERE action = 'conversions.export'")
            #expect(told == 3)
        }
    }

    @Test func `administrators take it, nobody else, and days that cannot be are refused`() async throws {
        try await withService { service in
            for role in Role.allCases {
                let somebody = try await service.colleague(role.rawValue, role)
                let answer = try await service.call(.get, "/api/v1/conversions", token: somebody.token)
                #expect(answer.status == (role == .administrator ? 200 : 403))
            }
            let boss = try await service.login("boss", .administrator)
            for days in ["from=2026-11-26&to=2026-11-25", "from=x", "days=7"] {
                #expect(try await service.call(.get, "/api/v1/conversions?" + days, token: boss).status == 422)
            }
        }
    }
}
