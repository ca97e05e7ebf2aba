import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// Whose pages may post the visitor's forms: a code costs a message, whoever's browser asks for it.
@Suite struct CrossSiteFormTests {
    private static let form: HTTPFields = [
        .contentType: "application/x-www-form-urlencoded", .accept: "application/json",
    ]

    private static func headers(_ site: String?, _ origin: String?) throws -> HTTPFields {
        var headers = Self.form
        if let site { headers[try #require(HTTPField.Name("Sec-Fetch-Site"))] = site }
        if let origin { headers[.origin] = origin }
        return headers
    }

    private static let typed = "name=%E7%8E%8B&consent=true&notice_version=2026-11&kind=copy&preferred_window=morning"

    @Test(
        arguments: [
            ("cross-site", "https://evil.example"), ("cross-site", nil), ("cross-site", "null"),
            ("same-site", "http://127.0.0.1:9090"), (nil, "https://evil.example"), (nil, "null"), (nil, ""),
            (nil, "http://127.0.0.1"), (nil, "https://partner.example.evil.example"),
        ] as [(String?, String?)])
    func `a form that a foreign page posts is refused, sends nothing and stores nothing`(
        _ site: String?, _ origin: String?
    ) async throws {
        try await withService { service in
            _ = try await service.addSite()
            let receipt = try service.receipt(of: try await service.submit(phone: "13800000001"))
            let sent = service.sms.messages.count
            let before = try await service.contents()
            for path in [
                "/inquiry/code", "/inquiry/delivery", "/inquiry", "/privacy/code", "/privacy/requests", "/assessment",
                "/permit-renewal", receipt + "/window", receipt + "/cancel", "/a/x/delete",
            ] {
                let answer = try await service.call(
                    .post, path, Self.typed + "&phone=13800000002", headers: try Self.headers(site, origin))
                #expect(answer.status == 403 && answer.code == "cross_site", "\(path) \(answer.text)")
            }
            let json = try await service.call(
                .post, receipt + "/cancel", "{}", headers: [.origin: "https://evil.example"])
            #expect(json.code == "cross_site")
            try await service.services.outboxWorker.runOnce()
            #expect(service.sms.messages.count == sent)
            #expect(try await service.contents() == before)
        }
    }

    @Test(
        arguments: [
            (nil, nil), ("same-origin", "http://127.0.0.1:8080"), ("same-origin", "null"), ("same-origin", nil),
            ("none", nil),
            (nil, "http://127.0.0.1:8080"), ("cross-site", "http://localhost:8080"),
            ("cross-site", "https://partner.example"), (nil, "https://blog.example"),
        ] as [(String?, String?)])
    func `our own pages, sites with our form, and clients that say neither go on`(
        _ site: String?, _ origin: String?
    ) async throws {
        try await withService(["EMBED_ORIGINS": "https://blog.example"]) { service in
            let key = try await service.addSite()
            let receipt = try service.receipt(of: try await service.submit(phone: "13800000001"))
            let headers = try Self.headers(site, origin)
            let fields = Self.typed + "&phone=13800000002"
            if origin == "https://partner.example" {
                // Its own form, and no other one.
                let other = try await service.call(.post, "/inquiry/code", fields, headers: headers)
                #expect(other.status == 403 && other.code == "origin_refused", "\(other.text)")
            }
            let own = origin == "https://partner.example" ? "&form_key=\(key)" : ""
            let code = try await service.call(.post, "/inquiry/code", fields + own, headers: headers)
            #expect(code.status == 200, "\(code.text)")
            try await service.services.outboxWorker.runOnce()
            #expect(service.sms.code(to: "13800000002") != nil)
            let found = try await service.call(
                .post, "/assessment", "birth_year=1992&birth_month=5", headers: headers)
            #expect(found.status == 201)
            let moved = try await service.call(
                .post, receipt + "/window", "preferred_window=morning&on=2026-11-26", headers: headers)
            #expect(moved.status == 303)
        }
    }
}
