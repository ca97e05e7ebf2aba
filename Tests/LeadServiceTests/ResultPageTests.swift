import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// The stored result behind its link.
@Suite struct ResultPageTests {
    @Test func `without JavaScript a result is deleted in two presses, and reading it deletes nothing`() async throws {
        try await withService { service in
            let scored = try await service.form("/assessment", "birth_year=1992&birth_month=5")
            let path = try #require(scored.headers[.location])
            let html: HTTPFields = [.accept: "text/html"]
            let page = try await service.call(.get, path, headers: html)
            #expect(
                page.text.contains("<summary>删除这份测算</summary><form action=\"\(path)/delete\" method=\"post\">"))
            #expect(try await service.call(.get, path + "/delete", headers: html).status == 405)
            #expect(try await service.call(.get, path).status == 200)
            let done = try await service.post(path + "/delete", [])
            #expect(done.status == 200 && done.text.contains("这份测算已删除"), "\(done.text)")
            #expect(done.headers[.referrer] == "no-referrer" && done.headers[.cacheControl] == "no-store")
            #expect(try await service.count("SELECT count(*) FROM assessments") == 0)
            #expect(try await service.call(.get, path).status == 410)
            let again = try await service.post(path + "/delete", [])
            #expect(again.status == 410 && again.text.contains("删除了的不能恢复"))
            let foreign = LinkToken(keys: service.keys).token(.receipt, for: UUID())
            #expect(try await service.post("/a/\(foreign)/delete", []).status == 404)
        }
    }

    @Test func `whoever is scored is told the day, on the page, by the script and as a program`() async throws {
        try await withService { service in
            for isWithheld in ["false", "true"] {
                try await service.set("items_after_verification", isWithheld)
                let program = try await service.call(.post, "/api/v1/assessments", #"{"answers":{"age":30}}"#)
                let script = try await service.form(
                    "/assessment", "birth_year=1992&birth_month=5", accept: "application/json")
                for answer in [program, script] {
                    #expect(answer.status == 201 && answer["assessed_on"].string == "2026-11-25", "\(answer.text)")
                }
                let path = try #require(URL(string: script["result_url"].string)).path
                let page = try await service.call(.get, path, headers: [.accept: "text/html"]).text
                #expect(page.contains("<span data-d=\"assessed_on\">2026年11月25日（周三）</span>"))
                #expect(try await service.call(.get, path)["assessed_on"].string == "2026-11-25")
                #expect(try await service.call(.get, "/").text.contains("<span data-d=\"assessed_on\"></span>"))
            }
        }
    }
}
