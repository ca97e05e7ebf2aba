import Foundation
import HTTPTypes
import LeadService
import Leads
import Postgres
import Testing

/// What visitors may have after their inquiry: offered, asked for, remembered, erased.
@Suite struct BenefitTests {
    private static let html: HTTPFields = [.accept: "text/html"]
    private static let form: HTTPFields = [.contentType: "application/x-www-form-urlencoded", .accept: "text/html"]
    private static let pdf = Array("%PDF-1.4\n% 攻略\n".utf8)
    private static let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00]

    /// A file, a picture, a group elsewhere, a page of ours and something an adviser sends.
    private static func offer(_ service: TestService) async throws {
        let list = BenefitList(
            database: service.services.database, dependencies: service.dependencies, settings: service.services.settings
        )
        try await service.set("benefits", .array([]), in: -1)
        try await list.add(id: "guide", title: "积分攻略", file: try BenefitFile(Self.pdf), url: nil, by: "test")
        try await list.add(id: "wechat", title: "交流群二维码", file: try BenefitFile(Self.png), url: nil, by: "test")
        try await list.add(id: "group", title: "交流群", file: nil, url: "https://qun.example.com/j?k=1", by: "test")
        try await list.add(id: "renewal", title: "签注时间", file: nil, url: "/permit-renewal", by: "test")
        try await list.add(id: "daily", title: "每日资讯", file: nil, url: nil, by: "test")
        try await service.services.settings.reload()
    }

    @Test func `what is offered stands in the 201 and on the receipt, and is served behind it alone`() async throws {
        try await withService { service in
            try await Self.offer(service)
            let accepted = try await service.submit(phone: "13800000001")
            let receipt = try service.receipt(of: accepted)
            let offered = accepted["benefits"].array
            #expect(offered.map(\.["title"].string) == ["积分攻略", "交流群二维码", "交流群", "签注时间", "每日资讯"])
            for (benefit, id) in zip(offered, ["guide", "wechat", "group", "renewal", "daily"]) {
                #expect(benefit["url"].string == "http://127.0.0.1:8080\(receipt)/benefits/\(id)")
            }
            let page = try await service.call(.get, receipt, headers: Self.html)
            #expect(
                page.text.contains(
                    "<form action=\"\(receipt)/benefits/guide\" method=\"post\"><button>积分攻略</button></form>"))

            let guide = try await service.call(.get, receipt + "/benefits/guide", headers: Self.html)
            #expect(guide.status == 200 && guide.text == String(decoding: Self.pdf, as: UTF8.self))
            #expect(guide.headers[.contentType] == "application/pdf")
            #expect(
                guide.headers[.contentDisposition]
                    == "attachment; filename*=UTF-8''%E7%A7%AF%E5%88%86%E6%94%BB%E7%95%A5.pdf")
            #expect(guide.headers[.xContentTypeOptions] == "nosniff" && guide.headers[.cacheControl] == "no-store")
            #expect(guide.headers[.referrer] == "no-referrer")
            let picture = try await service.call(
                .get, receipt + "/benefits/wechat", headers: [.accept: "image/*,*/*;q=0.8"])
            #expect(picture.headers[.contentType] == "image/png")
            #expect(picture.headers[.contentDisposition]?.hasPrefix("inline; ") == true)
            let shown = try await service.call(.get, receipt + "/benefits/wechat", headers: Self.html)
            #expect(shown.text.contains("<img class=\"picture\" src=\"\(receipt)/benefits/wechat\""))
            let group = try await service.call(.get, receipt + "/benefits/group", headers: Self.html)
            #expect(group.status == 200 && group.text.contains("<svg") && group.text.contains("qun.example.com"))
            let direct = try await service.call(.get, receipt + "/benefits/group")
            #expect(direct.status == 303 && direct.headers[.location] == "https://qun.example.com/j?k=1")
            let ours = try await service.call(.get, receipt + "/benefits/renewal", headers: Self.html)
            #expect(ours.status == 303 && ours.headers[.location] == "/permit-renewal")
            // Looking was not asking.
            #expect(try await service.count("SELECT count(*) FROM benefit_requests") == 0)

            for path in [
                receipt + "/benefits/none", receipt + "/benefits/..%2Fguide",
                "/r/\(String(repeating: "A", count: 43))/benefits/guide",
            ] {
                #expect(try await service.call(.get, path).status == 404, "\(path)")
                #expect(try await service.call(.post, path).status == 404, "\(path)")
            }
        }
    }

    @Test func `asking is remembered once, shown to visitor, adviser and export, and goes with an erasure`()
        async throws
    {
        try await withService { service in
            let adviser = try await service.colleague("lin")
            let chief = try await service.colleague("chief", .administrator)
            try await Self.offer(service)
            let accepted = try await service.submit(phone: "13800000001")
            let receipt = try service.receipt(of: accepted)
            let asked = try await service.call(.post, receipt + "/benefits/guide", "", headers: Self.form)
            #expect(asked.status == 303 && asked.headers[.location] == receipt + "/benefits/guide")
            service.clock.advance(by: 60)
            #expect(try await service.call(.post, receipt + "/benefits/guide").status == 303)
            let daily = try await service.call(.post, receipt + "/benefits/daily", "", headers: Self.form)
            #expect(daily.headers[.location] == receipt + "#benefits")
            #expect(try await service.count("SELECT count(*) FROM benefit_requests") == 2)
            #expect(try await service.count("SELECT count(*) FROM audit_events WHERE action = 'benefit.request'") == 2)
            let page = try await service.call(.get, receipt, headers: Self.html)
            #expect(page.text.contains("<small>11月25日（周三）10:30 已领取</small>"))
            #expect(page.text.contains("已登记，由顾问发给您"))

            let claimed = try await service.claim(adviser)
            let card = try await service.call(.get, "/api/v1/callbacks/" + claimed["id"].string, token: adviser.token)
            #expect(card["benefits"].array.map(\.["title"].string) == ["每日资讯", "积分攻略"])
            #expect(card["benefits"][1]["requested_at"].string == "2026-11-25T10:30:00+08:00")
            let export = try await service.call(
                .get, "/api/v1/leads/export?format=csv&columns=lead_id,benefits", token: chief.token)
            #expect(export.text.contains("\"线索编号\",\"领取的资料\"") && export.text.contains("\"积分攻略；每日资讯\""))
            let usual = try await service.call(.get, "/api/v1/leads/export?format=ndjson", token: chief.token)
            #expect(try StrictJSON.read(Array(usual.text.utf8))["benefits"] == .null)
            #expect(!(try StrictJSON.read(Array(usual.text.utf8)).names.contains("benefits")))

            let copy = try await service.result(of: try await service.ask("copy", phone: "13800000001"))
            #expect(copy["benefits"].array.map(\.["benefit"].string) == ["guide", "daily"])
            try await service.ask("erase", phone: "13800000001")
            #expect(try await service.count("SELECT count(*) FROM benefit_requests") == 0)
            for method in [HTTPRequest.Method.get, .post] {
                #expect(try await service.call(method, receipt + "/benefits/guide").status == 410)
            }
            #expect(try await service.count("SELECT count(*) FROM benefit_requests") == 0)
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `an installation that offers nothing of its own records wishes that its advisers bring`() async throws {
        try await withService { service in
            let adviser = try await service.colleague("lin")
            let accepted = try await service.submit(phone: "13800000001")
            let receipt = try service.receipt(of: accepted)
            let offered = accepted["benefits"].array
            #expect(offered.map(\.["title"].string) == ["免费领取攻略", "内部资料", "定制方案", "每日资讯"])
            for benefit in offered {
                let path = try #require(URL(string: benefit["url"].string)).path
                let page = try await service.call(.get, path, headers: Self.html)
                #expect(page.status == 200, "\(path)")
                #expect(page.text.contains("<form action=\"\(path)\" method=\"post\"><button"), "\(path)")
                let asked = try await service.call(.post, path, "", headers: Self.form)
                #expect(asked.status == 303 && asked.headers[.location] == receipt + "#benefits", "\(path)")
            }
            #expect(
                try await service.call(.get, receipt, headers: Self.html).text.matches(of: /已登记，由顾问发给您/).count == 4)
            let card = try await service.call(
                .get, "/api/v1/callbacks/" + (try await service.claim(adviser))["id"].string, token: adviser.token)
            #expect(
                Set(card["benefits"].array.map(\.["title"].string)) == ["免费领取攻略", "内部资料", "定制方案", "每日资讯"])
        }
    }

    @Test func `fifty who ask at once are one wish, and another person's is their own`() async throws {
        try await withService { service in
            try await Self.offer(service)
            let path = try service.receipt(of: try await service.submit(phone: "13800000001")) + "/benefits/guide"
            let other = try service.receipt(of: try await service.submit(phone: "13800000002")) + "/benefits/guide"
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<50 { group.addTask { try await service.call(.post, path).status } }
                return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
            }
            #expect(statuses == [303])
            #expect(try await service.call(.post, other).status == 303)
            #expect(try await service.count("SELECT count(*) FROM benefit_requests") == 2)
            #expect(try await service.count("SELECT count(*) FROM audit_events WHERE action = 'benefit.request'") == 2)
        }
    }

    @Test func `a repeated submit gets the same addresses although something else is offered by then`() async throws {
        try await withService { service in
            try await Self.offer(service)
            let (challenge, code) = try await service.challenge(for: "13800000001")
            let first = try await service.offer(code, challenge, phone: "13800000001", key: "one")
            try await service.set("benefits", .array([]))
            let again = try await service.offer(code, challenge, phone: "13800000001", key: "one")
            #expect(first.status == 201 && again.status == 201 && again.text == first.text)
            #expect(try await service.call(.get, try service.receipt(of: first) + "/benefits/guide").status == 404)
        }
    }

    @Test(arguments: [
        #"[{"title":"x","url":"javascript:alert(1)"}]"#, #"[{"title":"x","url":"//elsewhere.example"}]"#,
        #"[{"title":"x","url":"http://plain.example/"}]"#, #"[{"title":"x","url":"/\\elsewhere.example"}]"#,
        #"[{"title":"x","url":"/a b"}]"#, #"[{"title":"x"}]"#, #"[{"title":"","url":"/"}]"#,
        #"[{"id":"A","title":"x"}]"#,
        #"[{"id":"a","title":"x","file":"abc"}]"#, #"[{"id":"a","title":"x"},{"id":"a","title":"y"}]"#,
        #"[{"id":"a","title":"x","url":"/","file":"0000000000000000000000000000000000000000000000000000000000000000"}]"#,
        #"[{"title":"x","file":"0000000000000000000000000000000000000000000000000000000000000000"}]"#,
        #"[{"id":"a","title":"x","colour":"red"}]"#, #"{"title":"x"}"#,
    ])
    func `a list that does not fit is not taken, and what was offered stays`(json: String) async throws {
        try await withService { service in
            try await service.set(
                "benefits", .array([.object(["title": .string("旧"), "url": .string("/privacy")])]), in: -60)
            try await service.set("benefits", .raw(json))
            let accepted = try await service.submit(phone: "13800000001")
            #expect(accepted["benefits"].array.map(\.["title"].string) == ["旧"])
        }
    }

    @Test func `the database keeps a file under its own hash, of a known kind and size`() async throws {
        try await withService { service in
            for (hash, type, size, constraint) in [
                ("sha256('x')", "application/pdf", 10, "named_by_its_content"),
                ("sha256(c)", "text/html", 10, "benefit_files_type_check"),
                ("sha256(c)", "image/png", 4_194_305, "benefit_files_content_check"),
                ("sha256(c)", "image/png", 0, "benefit_files_content_check"),
            ] {
                let error = await #expect(throws: (any Error).self) {
                    try await service.services.database.autocommit {
                        try await $0.execute(
                            PostgresQuery(
                                unsafeSQL: """
                                    INSERT INTO benefit_files SELECT \(hash), '\(type)', c, 'test', '2026-11-25'
                                    FROM (SELECT convert_to(repeat('a', \(size)), 'UTF8') AS c) x
                                    """))
                    }
                }
                #expect((error as? PSQLError)?.serverInfo?[.constraintName] == constraint, "\(constraint)")
            }
        }
    }
}

/// `huifang benefit`.
@Suite struct BenefitCommandTests {
    @Test func `a file is offered, replaced and taken off the list, each in the audit`() async throws {
        try await Executable.withInstallation { huifang in
            let file = huifang.folder.appendingPathComponent("guide.html")
            try "%PDF-1.7 made up".write(to: file, atomically: true, encoding: .utf8)
            let added = try await huifang.run("benefit", "add", file.path, "--id", "guide", "--title", "积分攻略")
            #expect(added.code == 0 && added.output == "offered: guide", "\(added.errors)")
            let listed = try await huifang.run("benefit", "list")
            let list = try StrictJSON.read(Array(listed.output.utf8)).array
            // In the place of the shipped one of that name.
            #expect(list.count == 4)
            #expect(list.first?["title"].string == "积分攻略" && list.first?["file"].string.count == 64)
            let group = try await huifang.run(
                "benefit", "add", "--id", "guide", "--title", "交流群", "--url", "https://qun.example.com/1")
            #expect(group.code == 0, "\(group.errors)")
            let replaced = try StrictJSON.read(Array(try await huifang.run("benefit", "list").output.utf8)).array
            #expect(replaced.count == list.count && replaced.first?["url"].string == "https://qun.example.com/1")
            #expect(try await huifang.run("benefit", "remove", "guide").output == "offered no more: guide")
            #expect(try await huifang.run("benefit", "remove", "guide").code == 64)
            let events = try await huifang.database.query(
                "SELECT action FROM audit_events WHERE action LIKE 'benefit.%' AND actor = 'huifang benefit' ORDER BY id"
            ).map { try $0.decode(String.self) }
            #expect(events == ["benefit.add", "benefit.add", "benefit.remove"])
        }
    }

    @Test func `what is no file of ours and no safe address is refused, and nothing is stored`() async throws {
        try await Executable.withInstallation { huifang in
            let file = huifang.folder.appendingPathComponent("guide.pdf")
            let large = "%PDF-" + String(repeating: "a", count: BenefitFile.largest)
            for (text, said) in [
                ("<html>", "is no PDF, PNG or JPEG"), ("", "is empty"), (large, "is larger than 4 MiB"),
            ] {
                try text.write(to: file, atomically: true, encoding: .utf8)
                let refused = try await huifang.run("benefit", "add", file.path, "--id", "guide", "--title", "攻略")
                #expect(refused.code == 65 && refused.errors == "huifang: \(file.path) \(said)\n")
            }
            try "%PDF-".write(to: file, atomically: true, encoding: .utf8)
            for arguments in [
                ["--id", "Guide", "--title", "攻略"], ["--id", "guide", "--title", String(repeating: "字", count: 41)],
                ["--id", "guide", "--title", "攻略", "--url", "javascript:alert(1)"],
                ["--id", "guide", "--title", "攻略", "--url", "/", file.path], ["--id", "guide"],
            ] {
                let refused = try await huifang.start(["benefit", "add"] + arguments).end()
                #expect(refused.code == 64 && !refused.errors.isEmpty, "\(arguments)")
            }
            for number in 0..<4 {
                #expect(try await huifang.run("benefit", "add", "--id", "n\(number)", "--title", "资料").code == 0)
            }
            let ninth = try await huifang.run("benefit", "add", "--id", "n9", "--title", "资料")
            #expect(ninth.code == 78 && ninth.errors == "huifang: eight are offered already; remove one first\n")
            let stored = try await huifang.database.query("SELECT count(*) FROM benefit_files")
            #expect(try stored.first?.decode(Int.self) == 0)
        }
    }
}
