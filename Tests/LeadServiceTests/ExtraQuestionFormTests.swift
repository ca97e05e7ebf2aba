import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// What the company asks on its form, from the settings' page to the erasure of its answers.
@Suite struct ExtraQuestionFormTests {
    static let questions =
        #"[{"key":"grade","label":"孩子几年级","kind":"choice","required":true,"options":["小学","初中"]},{"key":"years","label":"来沪几年","kind":"number","required":false},{"key":"work","label":"工作单位","kind":"text","required":false}]"#
    private static let person: [(String, String)] = [
        ("name", "王女士"), ("phone", "13800000031"), ("consent", "true"), ("notice_version", "2026-11"),
    ]

    private static func extra(_ json: String) -> String { #","extra":\#(json)"# }

    @Test func `an administrator's questions are on the form, in the frame and for programs, in their order`()
        async throws
    {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            #expect(try await service.call(.get, "/api/v1/extra-questions")["items"].array.isEmpty)
            let change = #"{"values":{"extra_questions":\#(Self.questions)},"seen":{"extra_questions":[]}}"#
            #expect(try await service.call(.patch, "/api/v1/settings", change, token: boss.token).status == 200)
            for path in ["/", "/embed/inquiry"] {
                let page = try await service.call(.get, path).text
                let places = [
                    #"<select id="extra.grade" name="extra.grade" required>"#, #"id="extra.years""#,
                    #"id="extra.work""#,
                ]
                .compactMap { page.range(of: $0)?.lowerBound }
                #expect(places.count == 3 && places == places.sorted(), "\(path)")
                #expect(page.contains("<option>小学</option>") && page.contains("来沪几年<small>可不填</small>"))
            }
            let items = try await service.call(.get, "/api/v1/extra-questions")["items"].array
            #expect(items.map { $0["key"].string } == ["grade", "years", "work"])
            #expect(items[0]["options"].array.map(\.string) == ["小学", "初中"] && items[0]["required"] == .bool(true))
        }
    }

    @Test func `without JavaScript answers travel through the code step, and what is missing is asked in place`()
        async throws
    {
        try await withService { service in
            try await service.put("extra_questions", Self.questions)
            let refused = try await service.post(
                "/inquiry/code", Self.person + [("extra.years", "三"), ("extra.work", "甲公司")])
            #expect(refused.status == 422 && refused.text.contains("请选择“孩子几年级”"))
            #expect(refused.text.contains(##"href="#extra.years""##) && refused.text.contains(#"value="甲公司""#))
            #expect(!refused.hiddenFields.contains { $0.0.hasPrefix("extra.") })

            let step = try await service.post(
                "/inquiry/code",
                Self.person + [
                    ("extra.grade", "初中"), ("extra.years", "３"), ("extra.work", "甲公司"), ("extra.other", "x"),
                ])
            try #require(step.status == 200, "\(step.text)")
            #expect(
                step.hiddenFields.filter { $0.0.hasPrefix("extra.") }.map(\.0) == [
                    "extra.grade", "extra.years", "extra.work",
                ])
            try await service.services.outboxWorker.runOnce()
            service.clock.advance(by: 10)
            let code = try #require(service.sms.code(to: "13800000031"))
            let typed = step.hiddenFields + Self.person + [("code", code)]
            // Another option since: it is asked again on the step of the code, and costs no try.
            try await service.put("extra_questions", Self.questions.replacing("初中", with: "高中"))
            let again = try await service.post("/inquiry", typed)
            #expect(again.status == 422 && again.text.contains("请从列出的选项里选“孩子几年级”"))
            #expect(again.text.contains("<option>高中</option>") && again.text.contains(#"value="甲公司""#))
            let done = try await service.post(
                "/inquiry", typed.filter { $0.0 != "extra.grade" } + [("extra.grade", "高中")])
            #expect(done.status == 200, "\(done.text)")
            let boss = try await service.colleague("boss", .administrator)
            let line = try await service.export("format=ndjson", boss).text
            #expect(line.contains(#""extra":{"grade":"高中","work":"甲公司","years":3}"#), "\(line)")
        }
    }

    @Test(
        arguments: [
            (#"{}"#, "/extra/grade", "required"), (#"{"grade":"大学"}"#, "/extra/grade", "extra_answer_invalid"),
            (#"{"grade":1}"#, "/extra/grade", "type_mismatch"),
            (#"{"grade":"小学","years":"很久"}"#, "/extra/years", "extra_answer_invalid"),
        ])
    func `an answer that cannot be is 422 at its question and stores nothing`(
        _ json: String, _ pointer: String, _ code: String
    ) async throws {
        try await withService { service in
            try await service.put("extra_questions", Self.questions)
            let (challenge, right) = try await service.challenge(for: "13800000001")
            let refused = try await service.offer(right, challenge, phone: "13800000001", more: Self.extra(json))
            #expect(refused.status == 422 && refused.code == code && refused["errors"][0]["pointer"].string == pointer)
            #expect(refused["errors"][0]["detail"].string.contains("“"))
            let both = try await service.offer(
                right, challenge, phone: "13800000001", more: Self.extra(json) + #","remark":5"#)
            #expect(both["errors"].array.map { $0["pointer"].string } == ["/remark", pointer])
            #expect(try await service.count("SELECT count(*) FROM leads") == 0)
            #expect(
                try await service.offer(right, challenge, phone: "13800000001", more: Self.extra(#"{"grade":"小学"}"#))
                    .status == 201)
        }
    }

    @Test func `the same inquiry again gets the first answer, whatever is asked by then`() async throws {
        try await withService { service in
            try await service.put("extra_questions", Self.questions)
            let (challenge, code) = try await service.challenge(for: "13800000001")
            let more = Self.extra(#"{"grade":"小学","channel":"门店"}"#)
            let first = try await service.offer(code, challenge, phone: "13800000001", more: more, key: "k")
            #expect(first.status == 201)
            try await service.put("extra_questions", Self.questions.replacing("小学", with: "幼儿园"))
            let again = try await service.offer(code, challenge, phone: "13800000001", more: more, key: "k")
            #expect(again.status == 201 && again["inquiry_id"] == first["inquiry_id"])
            let other = try await service.offer(code, challenge, phone: "13800000001", more: more, key: "l")
            #expect(other.code == "extra_answer_invalid")
        }
    }

    @Test func `the card and the person's copy say the question, also when it is asked no more, and erasure takes all`()
        async throws
    {
        try await withService { service in
            try await service.put("extra_questions", Self.questions)
            let more = Self.extra(#"{"grade":"小学","work":"甲公司 310101199003074530","years":3,"channel":"门店"}"#)
            try await service.submit(phone: "13800000001", more: more)
            let adviser = try await service.colleague("lin")
            let boss = try await service.colleague("boss", .administrator)
            let change = #"{"values":{"extra_questions":[]},"seen":{"extra_questions":\#(Self.questions)}}"#
            #expect(try await service.call(.patch, "/api/v1/settings", change, token: boss.token).status == 200)
            let task = try await service.claim(adviser)
            let path = "/api/v1/callbacks/" + task["id"].string
            let card = try await service.call(.get, path, token: adviser.token)
            let said = card["inquiries"][0]["extra"].array.map { "\($0["label"].string)：\($0["text"].string)" }
            #expect(said.sorted() == ["channel：门店", "孩子几年级：小学", "工作单位：甲公司 （证件号已隐去）", "来沪几年：3"].sorted())
            let other = try await service.colleague("wu")
            #expect(try await service.call(.get, path, token: other.token)["inquiries"][0]["extra"].array.isEmpty)

            let asked = try await service.ask("copy", phone: "13800000001")
            let copy = try await service.result(of: asked)
            #expect(
                copy["inquiries"][0]["extra"]["孩子几年级"].string == "小学" && copy["inquiries"][0]["extra"]["来沪几年"].int == 3)
            let page = try await service.call(
                .get, try #require(URL(string: asked["result_url"].string)).path, headers: [.accept: "text/html"])
            #expect(page.text.contains("孩子几年级：小学"))
            try await service.ask("erase", phone: "13800000001")
            #expect(try await service.count("SELECT count(*) FROM inquiries WHERE extra_sealed IS NOT NULL") == 0)
        }
    }

    @Test
    func `a file has a column for each question under its words, whoever answered, and keeps what was asked once`()
        async throws
    {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            try await service.put("extra_questions", Self.questions)
            try await service.submit(phone: "13800000001", more: Self.extra(#"{"grade":"小学","来沪几年":"五"}"#))
            let header = try await service.export("columns=phone,extra", boss).text.split(separator: "\r\n")
            #expect(header[0].hasSuffix(#""孩子几年级","来沪几年（years）","工作单位","来沪几年""#), "\(header[0])")
            #expect(header[1].hasSuffix(#""小学","","","五""#), "\(header[1])")
            let change =
                #"{"values":{"extra_questions":[{"key":"need","label":"最急的事","kind":"text"}]},"seen":{"extra_questions":\#(Self.questions)}}"#
            #expect(try await service.call(.patch, "/api/v1/settings", change, token: boss.token).status == 200)
            let later = try await service.export("columns=phone,extra", boss).text.split(separator: "\r\n")
            #expect(later[0].hasSuffix(#""最急的事","孩子几年级","来沪几年""#), "\(later[0])")
            #expect(later[1].hasSuffix(#""","小学","五""#), "\(later[1])")
        }
    }

    @Test func `who writes an inquiry down may leave answers out, and gives none that cannot be`() async throws {
        try await withService { service in
            try await service.put("extra_questions", Self.questions)
            let adviser = try await service.colleague("lin")
            func enter(_ phone: String, _ more: String) async throws -> Answer {
                let body =
                    #"{"name":"王女士","phone":"\#(phone)","consent":{"basis":"call_in","evidence":"来电"}\#(more)}"#
                return try await service.call(.post, "/api/v1/leads", body, token: adviser.token)
            }
            #expect(try await enter("13800000001", "").status == 201)
            #expect(try await enter("13800000002", Self.extra(#"{"years":"4"}"#)).status == 201)
            let refused = try await enter("13800000003", Self.extra(#"{"grade":"大学"}"#))
            #expect(refused.status == 422 && refused["errors"][0]["pointer"].string == "/extra/grade")
        }
    }

    @Test func `what cannot be asked is said in words, and a key that had another question is not given away`()
        async throws
    {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            func change(_ from: String, _ to: String) async throws -> Answer {
                service.clock.advance(by: 1)
                return try await service.call(
                    .patch, "/api/v1/settings",
                    #"{"values":{"extra_questions":\#(to)},"seen":{"extra_questions":\#(from)}}"#,
                    token: boss.token)
            }
            let bare = try await change("[]", #"[{"key":"grade","label":"孩子几年级","kind":"choice","options":["小学"]}]"#)
            #expect(bare.code == "setting_invalid" && bare["errors"][0]["detail"].string == "“孩子几年级”请写 2–20 个选项")
            #expect(try await change("[]", Self.questions).status == 200)
            #expect(try await change("[]", "[]").code == "setting_changed")
            #expect(try await change(Self.questions, "[]").status == 200)
            let taken = try await change("[]", #"[{"key":"grade","label":"楼层","kind":"number"}]"#)
            #expect(taken.code == "question_key_used" && taken["errors"][0]["detail"].string.contains("孩子几年级"))
            #expect(try await change("[]", Self.questions).status == 200)
        }
    }
}
