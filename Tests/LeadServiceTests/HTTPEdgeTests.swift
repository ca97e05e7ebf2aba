import Foundation
import HTTPTypes
import LeadService
import Testing

/// What addresses do with methods, types and cursors that were not meant for them.
@Suite struct HTTPEdgeTests {
    @Test(arguments: ["OPTIONS", "TRACE", "CONNECT", "PROPFIND", "QUERY"])
    func `a method that no address takes is 405 where there is something, and 404 where there is nothing`(
        name: String
    ) async throws {
        let method = try #require(HTTPRequest.Method(rawValue: name))
        try await withService { service in
            for (path, allow) in [
                ("/", "GET, HEAD"), ("/api/v1/inquiries", "POST"), ("/api/v1/callbacks/claim", "POST"),
                ("/api/v1/leads/export", "GET"), ("/a/xyz", "DELETE, GET, HEAD"),
            ] {
                let answer = try await service.call(method, path)
                #expect(answer.status == 405 && answer.code == "method_not_allowed", "\(path): \(answer.text)")
                #expect(answer.headers[.allow] == allow, "\(path)")
            }
            let page = try await service.call(method, "/", headers: [.accept: "text/html"])
            #expect(page.status == 405 && page.headers[.allow] == "GET, HEAD")
            let nowhere = try await service.call(method, "/nowhere")
            #expect(nowhere.status == 404 && nowhere.headers[.allow] == nil)
        }
    }

    @Test func `a preflight of a site with our form is answered all the same`() async throws {
        try await withService(["EMBED_ORIGINS": "https://partner.example"]) { service in
            let asked = HTTPField.Name("Access-Control-Request-Method")!
            let answer = try await service.call(
                .options, "/api/v1/inquiries", headers: [.origin: "https://partner.example", asked: "POST"])
            #expect(answer.status == 204, "\(answer.text)")
            #expect(answer.headers[.accessControlAllowOrigin] == "https://partner.example")
            let bare = try await service.call(
                .options, "/api/v1/inquiries", headers: [.origin: "https://partner.example"])
            #expect(bare.status == 405 && bare.headers[.allow] == "POST")
        }
    }

    @Test func `HEAD of an export exports nothing`() async throws {
        try await withService { service in
            _ = try await service.seed()
            let chief = try await service.colleague("chief", .administrator)
            let head = try await service.call(.head, "/api/v1/leads/export?format=csv", token: chief.token)
            #expect(head.status == 405 && head.headers[.allow] == "GET")
            #expect(try await service.count("SELECT count(*) FROM export_records") == 0)
            #expect(try await service.count("SELECT count(*) FROM audit_events WHERE action LIKE 'export%'") == 0)
            #expect(try await service.call(.head, "/api/v1/leads", token: chief.token).status == 200)
        }
    }

    @Test(arguments: [
        ("application/json; charset=gbk", 415), ("application/json;charset=\"GB18030\"", 415),
        ("application/json; charset=utf-8; charset=gbk", 415), ("application/json; charset=utf-16", 415),
        ("application/json; charset=UTF-8", 200), ("application/json;charset=\"utf-8\"", 200),
        ("Application/JSON; charset=utf8; q=1", 200),
    ])
    func `JSON is UTF-8, and whoever says otherwise is not misread`(type: String, status: Int) async throws {
        try await withService { service in
            let answer = try await service.call(
                .post, "/api/v1/permit-renewals", #"{"valid_until":"2026-12-31"}"#, headers: [.contentType: type])
            #expect(answer.status == status, "\(answer.text)")
            if status == 415 { #expect(answer.code == "unsupported_media_type") }
        }
    }

    @Test(arguments: [
        ("/assessment", "/#calc"), ("/inquiry", "/#contact"), ("/inquiry/code", "/#contact"),
        ("/inquiry/delivery", "/#contact"), ("/privacy/code", "/privacy#requests"),
        ("/privacy/requests", "/privacy#requests"),
    ])
    func `whoever opens the address of a page that was posted is led to its form`(
        path: String, form: String
    ) async throws {
        try await withService { service in
            let answer = try await service.call(.get, path, headers: [.accept: "text/html"])
            #expect(answer.status == 303 && answer.headers[.location] == form, "\(answer.text)")
            let parts = form.split(separator: "#", omittingEmptySubsequences: false).map(String.init)
            let page = try await service.call(.get, parts[0], headers: [.accept: "text/html"])
            #expect(page.status == 200 && page.text.contains("id=\"\(parts[1])\""), "\(form)")
        }
    }

    @Test func `a cursor goes with the filters of its list, and is 422 with others`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .supervisor)
            for number in 1...3 { _ = try await service.seed(TaskSeed(phone: "1380000900\(number)")) }
            let lists: [(path: String, own: String, others: [String])] = [
                (
                    "/api/v1/leads", "state=open&from=2026-11-01",
                    [
                        "", "state=open", "state=closed&from=2026-11-01", "state=open&to=2026-11-01",
                        "state=open&from=2026-11-01&source=open", "state=open&from=2026-11-01&q=9001",
                    ]
                ),
                ("/api/v1/leads", "q=%E6%AC%A7%E9%98%B3%E6%99%93", ["", "q=9001", "q=%E6%AC%A7%E9%98%B3"]),
                ("/api/v1/callbacks", "view=pool", ["view=mine", "view=overdue", "view=closed"]),
            ]
            for list in lists {
                let first = try await service.call(.get, "\(list.path)?\(list.own)&limit=2", token: chief.token)
                let cursor = first["next_cursor"].string
                try #require(!cursor.isEmpty, "\(first.text)")
                let second = try await service.call(
                    .get, "\(list.path)?\(list.own)&limit=50&cursor=\(cursor)", token: chief.token)
                #expect(second.status == 200 && second["items"].array.count == 1, "\(second.text)")
                for other in list.others {
                    let answer = try await service.call(
                        .get, "\(list.path)?\(other)&cursor=\(cursor)", token: chief.token)
                    #expect(answer.status == 422 && answer.code == "cursor_invalid", "\(other): \(answer.text)")
                    #expect(answer["errors"][0]["pointer"].string == "/cursor", "\(other)")
                }
                #expect(!Base64URL.text(cursor).contains("9001"))
            }
        }
    }
}

extension Base64URL {
    /// What a text stands for, as text.
    fileprivate static func text(_ encoded: String) -> String {
        String(decoding: self.decode(encoded) ?? [], as: UTF8.self)
    }
}
