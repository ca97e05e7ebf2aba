import HTTPTypes
import LeadService
import Leads
import Testing

/// Whose pages may call, and whose may frame the form.
@Suite struct SiteOriginTests {
    private static let foreign = [
        "null", "", "https://partner.example.evil.test", "https://evil-partner.example", "https://sub.partner.example",
        "http://partner.example", "https://partner.example:8443", "https://partner.example:443",
        "https://PARTNER.example", "https://partner.example.", "https://partner.example/", "https://partner.exämple",
        "https://partner.example, https://evil.test", "https://user@partner.example", "file://", "*",
    ]

    @Test func `pages of a site's origin may call with its key, and nobody else's`() async throws {
        try await withService { service in
            let key = try await service.addSite()
            let before = try await service.contents()
            for origin in Self.foreign {
                let answer = try await service.askForCode("13800000001", key: key, origin: origin)
                #expect(answer.status == 403 && answer.code == "origin_refused", "\(origin) \(answer.text)")
                #expect(answer.headers[.accessControlAllowOrigin] == nil, "\(origin)")
                #expect(answer.headers[.vary] == "Origin")
            }
            #expect(try await service.contents() == before)
            let answer = try await service.askForCode("13800000001", key: key, origin: "https://partner.example")
            #expect(answer.status == 202, "\(answer.text)")
            #expect(answer.headers[.accessControlAllowOrigin] == "https://partner.example")
            #expect(answer.headers[.vary] == "Origin")
            #expect(answer.headers[.accessControlAllowCredentials] == nil)
            // What went wrong is for that page to read, too.
            let wrong = try await service.askForCode("1380000000", key: key, origin: "https://partner.example")
            #expect(wrong.code == "phone_invalid")
            #expect(wrong.headers[.accessControlAllowOrigin] == "https://partner.example")
        }
    }

    @Test func `programs and our own pages need no permission`() async throws {
        try await withService { service in
            let key = try await service.addSite()
            #expect(try await service.askForCode("13800000001", key: key).status == 202)
            for (number, origin) in ["http://127.0.0.1:8080", "http://localhost:8080"].enumerated() {
                #expect(try await service.askForCode("1390000000\(number)", key: key, origin: origin).status == 202)
            }
            #expect(try await service.askForCode("13800000003", key: key, origin: "http://127.0.0.1").status == 403)
        }
    }

    @Test func `a preflight is answered for origins of sites, and carries nothing else`() async throws {
        try await withService(["EMBED_ORIGINS": "https://blog.example:8443"]) { service in
            _ = try await service.addSite()
            let asked: HTTPFields = [
                .accessControlRequestMethod: "POST", .accessControlRequestHeaders: "content-type,idempotency-key",
            ]
            for origin in ["https://partner.example", "https://blog.example:8443"] {
                for path in ["/api/v1/inquiries", "/api/v1/verification-codes", "/api/v1/form-token"] {
                    var headers = asked
                    headers[.origin] = origin
                    let answer = try await service.call(.options, path, headers: headers)
                    #expect(answer.status == 204 && answer.text == "", "\(answer.text)")
                    #expect(answer.headers[.accessControlAllowOrigin] == origin)
                    #expect(answer.headers[.accessControlAllowHeaders] == "Content-Type, Idempotency-Key")
                    #expect(answer.headers[.accessControlAllowMethods] == "GET, POST")
                    #expect(answer.headers[.accessControlMaxAge] == "600")
                    #expect(answer.headers[.accessControlAllowCredentials] == nil)
                    #expect(answer.headers[.vary] == "Origin")
                }
            }
            for origin in Self.foreign + ["https://blog.example"] {
                var headers = asked
                headers[.origin] = origin
                let answer = try await service.call(.options, "/api/v1/inquiries", headers: headers)
                #expect(answer.status == 403 && answer.headers[.accessControlAllowOrigin] == nil, "\(origin)")
            }
            // Nothing of the staff's, and nothing about somebody's data, is open to other origins.
            for path in ["/api/v1/session", "/api/v1/leads", "/api/v1/privacy-requests"] {
                var headers = asked
                headers[.origin] = "https://partner.example"
                let answer = try await service.call(.options, path, headers: headers)
                #expect(answer.status >= 404 && answer.headers[.accessControlAllowOrigin] == nil)
            }
        }
    }

    @Test func `one site's pages may use neither another's key nor the default form`() async throws {
        try await withService(["EMBED_ORIGINS": "https://blog.example"]) { service in
            let (key, other) = (
                try await service.addSite(), try await service.addSite("other", origins: ["https://other.example"])
            )
            let refused = [
                ("https://other.example", key), ("https://partner.example", other), ("https://blog.example", key),
                ("https://other.example", nil),
            ]
            for (origin, key) in refused {
                let answer = try await service.askForCode("13800000001", key: key, origin: origin)
                #expect(answer.code == "origin_refused", "\(origin)")
            }
            #expect(try await service.count("SELECT count(*) FROM messages") == 0)
            #expect(
                try await service.askForCode("13800000001", key: nil, origin: "https://blog.example").status == 202)
            #expect(
                try await service.askForCode("13900000001", key: other, origin: "https://other.example").status == 202)
        }
    }

    @Test func `a key that nobody has is refused and nothing is stored`() async throws {
        try await withService { service in
            _ = try await service.addSite()
            let before = try await service.contents()
            for key in ["AAAAAAAAAAAAAAAAAAAAAA", "x", "' OR 1=1 --", "ключ", String(repeating: "k", count: 4000)] {
                let answer = try await service.askForCode("13800000001", key: key)
                #expect(answer.status == 422 && answer.code == "form_key_unknown", "\(answer.text)")
                #expect(answer["errors"][0]["pointer"].string == "/form_key")
                let form = try await service.post(
                    "/inquiry/code", [("name", "王女士"), ("phone", "13800000001"), ("form_key", key)])
                #expect(form.status == 404 && form.text.contains("没有找到"), "\(form.status)")
            }
            #expect(try await service.call(.get, "/embed/inquiry?form=nobody").status == 404)
            #expect(try await service.contents() == before)
            let (challenge, code) = try await service.challenge(for: "13800000001")
            let submit = try await service.offer(code, challenge, phone: "13800000001", more: #","form_key":"nobody""#)
            #expect(submit.code == "form_key_unknown")
            // It cost neither the code nor a try.
            #expect(
                try await service.offer(code, challenge, phone: "13800000001", more: #","form_key":"""#).status == 201)
        }
    }

    @Test func `only a site's pages may frame its form, and the form's steps after it`() async throws {
        try await withService(["EMBED_ORIGINS": "https://blog.example http://127.0.0.1:9000"]) { service in
            let key = try await service.addSite(origins: [
                "https://partner.example", "https://www.partner.example:8443",
            ])
            let ancestors = "https://partner.example https://www.partner.example:8443"
            let page = try await service.call(.get, "/embed/inquiry?form=\(key)&utm_source=x")
            #expect(page.status == 200 && page.frameAncestors == ancestors)
            #expect(page.headers[.cacheControl] == "no-store")
            let fields = page.hiddenFields
            #expect(fields.contains { $0 == ("form_key", key) } && fields.contains { $0 == ("embedded", "1") })
            #expect(fields.contains { $0.0 == "form_token" && !$0.1.isEmpty })

            let person = [("name", "王女士"), ("phone", "13800000001"), ("consent", "true")]
            let again = try await service.post("/inquiry/code", fields + [("name", ""), ("phone", "1")])
            #expect(again.status == 422 && again.frameAncestors == ancestors)
            #expect(again.hiddenFields.contains { $0 == ("form_key", key) })
            service.clock.advance(by: 20)
            let code = try await service.post("/inquiry/code", fields + person)
            #expect(code.status == 200 && code.frameAncestors == ancestors, "\(code.text)")
            try await service.services.outboxWorker.runOnce()
            let digits = try #require(service.sms.code(to: "13800000001"))
            let wrong = try await service.post("/inquiry", code.hiddenFields + person + [("code", "")])
            #expect(wrong.status == 422 && wrong.frameAncestors == ancestors)
            let done = try await service.post("/inquiry", code.hiddenFields + person + [("code", digits)])
            #expect(done.status == 200 && done.text.contains("提交成功"), "\(done.text)")
            #expect(done.frameAncestors == ancestors)
            #expect(
                try await service.count("SELECT count(*) FROM inquiries WHERE site = 'partner' AND NOT quarantined")
                    == 1)

            #expect(
                try await service.call(.get, "/embed/inquiry").frameAncestors
                    == "https://blog.example http://127.0.0.1:9000")
            for path in ["/", "/privacy", "/staff/login", "/embed/inquiry?form=nobody"] {
                #expect(try await service.call(.get, path, headers: [.accept: "text/html"]).frameAncestors == "'none'")
            }
            #expect(try await service.post("/inquiry/code", [("name", ""), ("phone", "1")]).frameAncestors == "'none'")
        }
    }

    @Test func `the default form is framed by nobody unless somebody says so`() async throws {
        try await withService { service in
            let page = try await service.call(.get, "/embed/inquiry")
            #expect(page.status == 200 && page.frameAncestors == "'none'")
        }
    }

    @Test func `the widget's script is small and any page may load it`() async throws {
        try await withService { service in
            let script = try await service.call(.get, "/embed.js")
            #expect(script.status == 200 && script.text.utf8.count <= 6 * 1024, "\(script.text.utf8.count) bytes")
            #expect(script.headers[.contentType] == "text/javascript; charset=utf-8")
            #expect(script.headers[.crossOriginResourcePolicy] == "cross-origin")
            #expect(script.headers[.cacheControl] == "public, max-age=3600")
            let tag = try #require(script.headers[.eTag])
            #expect(try await service.call(.get, "/embed.js", headers: [.ifNoneMatch: tag]).status == 304)
        }
    }

    @Test(arguments: [
        ("https://www.example.com", "https://www.example.com"),
        ("HTTPS://WWW.Example.com:443/", "https://www.example.com"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"), ("http://example.com:80", "http://example.com"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"), ("https://例子.example", nil),
        ("https://*.example.com", nil), ("https://example.com/path", nil), ("https://user@example.com", nil),
        ("https://example.com:0", nil), ("https://example.com:65536", nil), ("ftp://example.com", nil), ("null", nil),
        ("example.com", nil), ("https://", nil), ("https://a b", nil), ("https://a..b", nil), ("https://a;b", nil),
    ])
    func `an origin is scheme, host and port`(_ text: String, _ expected: String?) {
        #expect((try? Origin(parsing: text))?.description == expected)
    }
}

extension HTTPField.Name {
    // swift-format-ignore: NeverForceUnwrap
    fileprivate static let crossOriginResourcePolicy = HTTPField.Name("Cross-Origin-Resource-Policy")!
}
