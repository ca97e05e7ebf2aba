import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// The audit, the calendar and the terms of retention as administrators and auditors read them.
@Suite struct AuditListTests {
    @Test func `events come newest first, by who, what, which and when, and page by page`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            let exported = try await service.call(
                .get, "/api/v1/leads/export?format=csv&reason=%E5%B9%B4%E5%BA%A6%E6%A0%B8%E5%AF%B9", token: boss.token)
            #expect(exported.status == 200)
            service.clock.advance(by: 90_000)
            let draft = #"{"username":"newcomer","display_name":"新人","role":"adviser"}"#
            let auditor = try await service.colleague("auditor", .auditor)
            let chief = try await service.colleague("chief", .administrator)
            #expect(try await service.call(.post, "/api/v1/staff", draft, token: chief.token).status == 201)

            func items(_ query: String) async throws -> [JSONValue] {
                let answer = try await service.call(.get, "/api/v1/audit?" + query, token: auditor.token)
                #expect(answer.status == 200, "\(query): \(answer.text)")
                return answer["items"].array
            }
            let all = try await items("limit=200")
            let times = all.map { $0["at"].string }
            #expect(times == times.sorted(by: >) && all.count >= 2)
            let exports = try await items("action=export")
            let detail = try #require(exports.first)["detail"]
            #expect(detail["format"].string == "csv" && detail["phone"].string == "masked")
            #expect(detail["reason"].string == "年度核对")
            #expect(try await items("actor=chief&action=staff.add").count == 1)
            #expect(try await items("actor=chief&action=staf").isEmpty)
            let object = try #require(all.first)["object"].string
            #expect(try await items("object=\(object)").allSatisfy { $0["object"].string == object })
            let (first, last) = (try #require(times.last).prefix(10), try #require(times.first).prefix(10))
            #expect(first < last)
            #expect(try await items("from=\(last)").allSatisfy { $0["at"].string.hasPrefix(last) })
            #expect(try await items("to=\(first)").allSatisfy { $0["at"].string.hasPrefix(first) })

            var (found, cursor) = ([String](), "")
            repeat {
                let page = try await service.call(
                    .get, "/api/v1/audit?limit=1" + (cursor.isEmpty ? "" : "&cursor=\(cursor)"), token: auditor.token)
                found += page["items"].array.map { $0["id"].string }
                cursor = page["next_cursor"].string
            } while !cursor.isEmpty && found.count <= all.count
            #expect(found == all.map { $0["id"].string })
        }
    }

    @Test(arguments: [
        "limit=0", "cursor=x", "cursor=00000000-0000-7000-8000-000000000000", "from=2026-02-30",
        "from=2026-11-26&to=2026-11-25", "who=boss", "actor=a&actor=b",
    ])
    func `what is wrong with a filter is said`(query: String) async throws {
        try await withService { service in
            let auditor = try await service.colleague("auditor", .auditor)
            #expect(try await service.call(.get, "/api/v1/audit?" + query, token: auditor.token).status == 422)
            let page = try await service.call(
                .get, "/staff/audit?" + query, token: auditor.token, headers: [.accept: "text/html"])
            #expect(page.status == 422 && page.text.contains("role=\"alert\""))
        }
    }

    @Test func `a correction is told without what was there before`() async throws {
        try await withService { service in
            _ = try await service.submit(phone: "13800000001")
            _ = try await service.ask("correct", phone: "13800000001", more: #","name":"欧阳更正""#)
            let auditor = try await service.colleague("auditor", .auditor)
            let answer = try await service.call(.get, "/api/v1/audit?action=privacy.corrected", token: auditor.token)
            #expect(
                answer["items"].array.count == 1 && answer["items"].array.allSatisfy { $0["detail"] == .object([:]) })
            #expect(!answer.text.contains("欧阳"))
        }
    }

    @Test(arguments: Role.allCases, ["/api/v1/audit", "/api/v1/calendar", "/api/v1/retention", "/staff/audit"])
    func `administrators and auditors read it, nobody else`(role: Role, path: String) async throws {
        try await withService { service in
            let somebody = try await service.colleague("somebody", role)
            let answer = try await service.call(.get, path, token: somebody.token)
            #expect(answer.status == ([.administrator, .auditor].contains(role) ? 200 : 403), "\(role) \(path)")
        }
    }

    @Test func `the calendar says its years and notices, retention what is due`() async throws {
        try await withService { service in
            let first = try await service.colleague("first", .auditor)
            let calendar = try await service.call(.get, "/api/v1/calendar", token: first.token)
            let year = try #require(calendar["items"].array.first { $0["year"].int == 2026 })
            #expect(year["status"].string == "official" && year["off"]["2026-10-01"].string.isEmpty == false)
            #expect(calendar["company_days"].array.isEmpty && calendar["provisional_deadlines"].int == 0)

            _ = try await service.challenge(for: "13800000001")
            service.clock.advance(by: 8 * 86400)
            let later = try await service.colleague("later", .auditor)
            let retention = try await service.call(.get, "/api/v1/retention", token: later.token)
            let codes = try #require(retention["items"].array.first { $0["term"].string == "codes" })
            #expect(codes["due"].int == 1 && codes["unit"].string == "days")
        }
    }
}
