import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import LeadService
import Leads
import NIOCore
import Testing

/// What no program of ours sends: each is a 4xx problem with a stable code, and leaves every table as it was.
@Suite struct BadInputTests {
    /// The public operations that take JSON, each with a body it would take.
    enum Operation: String, CaseIterable {
        case codes = "verification-codes"
        case inquiries, assessments
        case renewals = "permit-renewals"

        var path: String { "/api/v1/\(self.rawValue)" }

        var members: [(String, String)] {
            switch self {
            case .codes: [("phone", #""13800000021""#), ("purpose", #""inquiry""#)]
            case .inquiries:
                [
                    ("name", #""欧阳晓""#), ("phone", #""13800000021""#),
                    ("challenge_id", #""0198c0de-0000-7000-8000-000000000001""#), ("code", #""123456""#),
                    ("consent", #"{"notice_version":"2026-11","accepted":true}"#),
                ]
            case .assessments: [("answers", #"{"age":44}"#)]
            case .renewals: [("valid_until", #""2026-12-31""#)]
            }
        }

        /// The body with some members given another value, or taken away.
        func body(_ changes: [String: String?] = [:]) -> String {
            var members = self.members.filter { changes[$0.0] == nil }
            for (name, value) in changes.sorted(by: { $0.key < $1.key }) {
                if let value { members.append((name, value)) }
            }
            return "{" + members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
        }
    }

    @Test(arguments: Operation.allCases)
    func `what is no JSON of ours is refused whatever the operation, and nothing is stored`(
        operation: Operation
    ) async throws {
        let valid = operation.body()
        let open = String(valid.dropLast())
        let malformed: [String] = [
            "", " ", "{", open, valid + "x", valid + valid, "[1,]", open + ",}", "{'phone':1}", "// x\n" + valid,
            "{\"x\":NaN}", "{\"x\":01}", "{\"x\":.5}", "{\"x\":+1}", "{\"x\":1.}", "{\"x\":0x10}", "{\"x\":Infinity}",
            "{\"x\":tru}", "{x:1}", "\u{FEFF}" + valid, open + ",\"x\":1,\"x\":2}",
            open + ",\"x\":{\"a\":1,\"\\u0061\":1}}",
            open + ",\"x\":" + String(repeating: "[", count: 40) + String(repeating: "]", count: 40) + "}",
            String(repeating: "[", count: 60_000), String(repeating: "{\"x\":", count: 10_000),
            open + ",\"x\":\"\\u0000\"}", open + ",\"x\":\"a\u{0}b\"}", open + ",\"\\u0000\":1}",
            open + ",\"x\":\"\\ud800\"}", open + ",\"x\":\"\\udc00\"}", open + ",\"x\":\"\\udc00\\ud800\"}",
            open + ",\"x\":\"\\ud800\\u0041\"}", open + ",\"x\":\"\u{1}\"}", open + ",\"x\":\"a\nb\"}",
            open + ",\"x\":\"\\q\"}", open + ",\"x\":\"\\u12\"}", open + ",\"x\":\"\\u１２３４\"}",
        ]
        let illegal: [[UInt8]] = [[0xFF, 0xFE, 0x7B], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80]]
        var cases = malformed.map {
            (bytes: Array($0.utf8), headers: HTTPFields(), status: 400, code: "malformed_json")
        }
        cases += illegal.map { (Array((open + ",\"x\":\"").utf8) + $0 + Array("\"}".utf8), [:], 400, "malformed_json") }
        cases += ["[]", "null", "5", "\"x\"", "true"].map { (Array($0.utf8), [:], 422, "type_mismatch") }
        cases += [
            "\"is_admin\":true", "\"\":1", "\"__proto__\":{}", "\"x\":1e400", "\"x\":-1e400", "\"x\":1e-400",
            "\"x\":1e99999999999999999999", "\"x\":\(String(repeating: "9", count: 50_000))",
        ].map { (Array((open + "," + $0 + "}").utf8), [:], 422, "unknown_member") }
        cases += [
            "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp",
            "application/json-patch+json", "", "application/xml",
        ].map { (Array(valid.utf8), [.contentType: $0], 415, "unsupported_media_type") }
        cases += ["gzip", "br", "identity", "deflate, gzip"].map {
            (Array(valid.utf8), [.contentEncoding: $0], 415, "unsupported_media_type")
        }
        let long = open + String(repeating: " ", count: 65 * 1024) + "}"
        cases.append((Array(long.utf8), [:], 413, "too_large"))
        let all = cases

        try await withService { service in
            let before = try await service.contents()
            for each in all {
                let answer = try await Self.send(each.bytes, to: operation.path, each.headers, service)
                let said = "\(String(decoding: each.bytes.prefix(120), as: UTF8.self)) \(each.headers): \(answer.text)"
                #expect(answer.status == each.status && answer.code == each.code, "\(said)")
                Self.check(answer, said)
                #expect(answer.text.utf8.count < 1000, "\(said)")
            }
            #expect(try await service.contents() == before)
        }
    }

    @Test func `a value that no field takes is a field error with its pointer, and nothing is stored`() async throws {
        let id = #""0198c0de-0000-7000-8000-00000000000""#
        let huge = "1e400"
        let phones =
            [
                #""""#, #""1380000002""#, #""138000000210""#, #""12800000021""#, #""+1 5550000021""#, #""٣٨00000021""#,
                #""13800000021x""#, #""0756-1234567""#, #""１３８０００００２１""#, #""1380000002१""#, #""138\u200b00000021""#,
                #""tel:13800000021""#,
            ].map { ("phone", $0, "phone_invalid") } + [
                ("phone", "13800000021", "type_mismatch"), ("phone", "null", "required"),
            ]
        let inquiry: [(String, String, String)] =
            [
                #""""#, #""王\u202e女士""#, #""王\u200b女士""#, #""\u200f王女士""#, #""王\ufeff女士""#, #""王\u2066女士""#,
                #""http://a.cn/x""#, #""www.example""#, #""加微信abc.com""#, #""123""#, #""!!!""#, #""\ue000王""#,
                #""王\n女士""#,
                "\"\(String(repeating: "王", count: 51))\"", "\"王\(String(repeating: "\\u0301", count: 9))\"",
            ].map { ("name", $0, "name_invalid") }
            + phones
            + [#""""#, #""12345""#, #""1234567""#, #""abcdef""#, #""１２３４５""#, #""١٢٣٤٥٦""#, #""12345\u200b6""#].map {
                ("code", $0, "code_malformed")
            }
            + ["code", "name", "challenge_id", "id", "assessment_id", "remark", "website", "form_token", "form_key"]
            .flatMap {
                name in ["5", "[]", "{}", "true", "-1", huge].map { (name, $0, "type_mismatch") }
            }
            + ["challenge_id", "id", "assessment_id"].flatMap { name in
                [
                    #""1""#, id, #""0198c0de-0000-7000-8000-00000000000g""#, #""{0198c0de-0000-7000-8000-0000000000}""#,
                    #""' OR 1=1""#,
                ].map {
                    (name, $0, "malformed_id")
                }
            }
            + [
                ("assessment_id", #""0198c0de-0000-7000-8000-0000000000ff""#, "assessment_unknown"),
                ("challenge_id", "null", "required"), ("name", "null", "required"), ("code", "null", "required"),
                ("preferred_window", #""night""#, "window_unavailable"),
                ("preferred_window", #""evening""#, "window_unavailable"), ("preferred_window", "5", "type_mismatch"),
                ("remark", "\"\(String(repeating: "长", count: 501))\"", "remark_invalid"),
                ("remark", "\"\(String(repeating: "a", count: 2001))\"", "too_long"),
                ("remark", #""\u202e""#, "remark_invalid"), ("remark", #""a\u0007b""#, "remark_invalid"),
                ("website", "\"\(String(repeating: "a", count: 5000))\"", "too_long"),
                ("consent", "null", "consent_required"), ("consent", "true", "type_mismatch"),
                ("consent", #"{"notice_version":"2026-11"}"#, "consent_required"),
                ("consent", #"{"notice_version":"2026-11","accepted":false}"#, "consent_required"),
                ("consent", #"{"notice_version":"2026-11","accepted":null}"#, "consent_required"),
                ("consent", #"{"notice_version":"2026-11","accepted":"true"}"#, "type_mismatch"),
                ("consent", #"{"notice_version":"2026-11","accepted":1}"#, "type_mismatch"),
                ("consent", #"{"accepted":true}"#, "required"),
                ("consent", #"{"notice_version":"1999-01","accepted":true}"#, "consent_outdated"),
                ("consent", #"{"notice_version":"2026-11","accepted":true,"all":true}"#, "unknown_member"),
                ("consent", #"{"notice_version":"2026-11","accepted":true,"marketing":"yes"}"#, "type_mismatch"),
                ("consent", #"{"notice_version":"2026-11","accepted":true,"recipients":"a"}"#, "type_mismatch"),
                ("consent", #"{"notice_version":"2026-11","accepted":true,"recipients":["a b"]}"#, "recipient_unknown"),
                (
                    "consent", #"{"notice_version":"2026-11","accepted":true,"reminder":{"valid_until":"2026-02-30"}}"#,
                    "date_invalid"
                ),
                ("consent", #"{"notice_version":"2026-11","accepted":true,"reminder":{}}"#, "required"),
            ]
        let answers: [(String, String, String)] = [
            ("answers", "null", "required"), ("answers", "[]", "type_mismatch"), ("answers", "5", "type_mismatch"),
            ("answers", #"{"agee":44}"#, "unknown_member"), ("answers", #"{"age":-1}"#, "answer_invalid"),
            ("answers", #"{"age":121}"#, "answer_invalid"), ("answers", #"{"age":44.5}"#, "answer_invalid"),
            ("answers", #"{"age":"44"}"#, "answer_invalid"), ("answers", #"{"age":\#(huge)}"#, "answer_invalid"),
            ("answers", #"{"age":-\#(huge)}"#, "answer_invalid"),
            ("answers", #"{"education":"phd"}"#, "answer_invalid"),
            ("answers", #"{"age":true}"#, "answer_invalid"), ("answers", #"{"13800000021":1}"#, "unknown_member"),
        ]
        let dates = [
            #""""#, #""2026-02-29""#, #""2026-13-01""#, #""2026-00-10""#, #""0000-00-00""#, #""9999-12-31""#,
            #""2026-1-1""#,
            #""２０２６-12-31""#, #""2026-12-31T00:00:00Z""#, #""-2026-12-31""#, #""31.12.2026""#,
        ]
        var cases: [(Operation, String, String, String)] = inquiry.map { (.inquiries, $0.0, $0.1, $0.2) }
        cases += answers.map { (.assessments, $0.0, $0.1, $0.2) }
        cases += answers.dropFirst().map { (.inquiries, $0.0, $0.1, $0.2) }
        cases += phones.map { (.codes, $0.0, $0.1, $0.2) }
        cases += [#""login""#, #""""#, #""INQUIRY""#].map { (.codes, "purpose", $0, "purpose_invalid") }
        cases += ["5", "[]", "true"].map { (.codes, "purpose", $0, "type_mismatch") }
        cases.append((.codes, "purpose", "null", "required"))
        for name in ["valid_until", "on"] {
            cases += dates.map { (.renewals, name, $0, "date_invalid") }
            cases += ["20261231", "true", "{}", huge].map { (.renewals, name, $0, "type_mismatch") }
        }
        let all = cases

        try await withService { service in
            let before = try await service.contents()
            for (operation, member, value, code) in all {
                let answer = try await service.call(.post, operation.path, operation.body([member: value]))
                let said = "\(operation) \(member)=\(value.prefix(80)): \(answer.text)"
                #expect(answer.status == 422 && answer.code == code, "\(said)")
                Self.check(answer, said)
                #expect(answer["errors"].array.contains { $0["code"].string == code }, "\(said)")
                #expect(
                    answer["errors"].array.allSatisfy {
                        $0["pointer"].string.hasPrefix("/\(member)") && !$0["detail"].string.isEmpty
                    }, "\(said)")
                let pointers = answer["errors"].array.map(\.["pointer"].string)
                #expect(Set(pointers).count == pointers.count, "\(said)")
                #expect(!answer.text.contains("13800000021"), "\(said)")
            }
            #expect(try await service.contents() == before)
        }
    }

    @Test func `links, methods, hosts and keys that are not ours are refused, and nothing is stored`() async throws {
        try await withService { service in
            let before = try await service.contents()
            let token = String(repeating: "A", count: 43)
            var answers: [(Answer, Int, String)] = []
            for path in [
                "/a/x", "/r/x", "/a/\(token)", "/r/\(token)", "/api/v1/privacy-notice/nope", "/nowhere", "/a/%00",
            ] {
                answers.append((try await service.call(.get, path), 404, "not_found"))
            }
            answers.append((try await service.call(.delete, "/a/\(token)"), 404, "not_found"))
            let posted = try await service.call(.post, "/a/\(token)")
            #expect(posted.headers[.allow] == "DELETE, GET, HEAD")
            answers.append((posted, 405, "method_not_allowed"))
            for operation in Operation.allCases {
                for method in [HTTPRequest.Method.get, .put, .patch, .delete] {
                    let answer = try await service.call(method, operation.path)
                    #expect(answer.headers[.allow] == "POST", "\(operation.path)")
                    answers.append((answer, 405, "method_not_allowed"))
                }
            }
            answers.append(
                (try await service.call(.get, "/?q=" + String(repeating: "a", count: 9000)), 414, "target_too_long"))
            let name = HTTPField.Name("Idempotency-Key")!
            for key in ["", "\"\"", "a b", "a,b c", "键", "\"a", "a\"b", String(repeating: "k", count: 129)] {
                answers.append(
                    (
                        try await service.call(
                            .post, "/api/v1/inquiries", Operation.inquiries.body(), headers: [name: key]),
                        400, "idempotency_key_invalid"
                    ))
            }
            var twice = HTTPFields()
            twice.append(HTTPField(name: name, value: "a"))
            twice.append(HTTPField(name: name, value: "a"))
            answers.append(
                (
                    try await service.call(.post, "/api/v1/inquiries", Operation.inquiries.body(), headers: twice),
                    400, "idempotency_key_invalid"
                ))
            for (answer, status, code) in answers {
                #expect(answer.status == status && answer.code == code, "\(answer.text)")
                Self.check(answer, answer.text)
            }
            #expect(try await service.contents() == before)
        }
    }

    @Test func `what belongs to another number is refused, and nothing of it is touched`() async throws {
        try await withService { service in
            let id = #","id":"0198c0de-0000-7000-8000-0000000000aa""#
            try await service.submit(phone: "13800000022", more: id)
            let (challenge, code) = try await service.challenge(for: "13800000023")
            let leads =
                "SELECT count(*) + (SELECT count(*) FROM inquiries) + (SELECT count(*) FROM callback_tasks) FROM leads"
            let before = try await service.count(leads)
            let stolen = try await service.offer(code, challenge, phone: "13800000022")
            #expect(stolen.status == 422 && stolen.code == "code_invalid", "\(stolen.text)")
            let bound = try await service.offer(code, challenge, phone: "13800000023", more: id)
            #expect(bound.status == 409 && bound.code == "idempotency_conflict", "\(bound.text)")
            #expect(try await service.count(leads) == before)
            #expect(try await service.count("SELECT sum(tries) FROM verification_counters") == 0)
            #expect(try await service.offer(code, challenge, phone: "13800000023").status == 201)
        }
    }

    @Test func `a number in the address of the page is not kept in the clear`() async throws {
        try await withService { service in
            let source =
                #","source":{"page_url":"https://a.example/?tel=13800000024","utm":{"１３８００００００２４":"+8613800000024"}}"#
            try await service.submit(phone: "13800000024", more: source)
            let stored = try #require(try await service.column("SELECT source::text FROM inquiries"))
            #expect(stored.contains("https://a.example/?tel=[number]"), "\(stored)")
            #expect(!stored.contains("13800000024") && !stored.contains("１３８"), "\(stored)")
        }
    }

    // MARK: -

    private static func send(
        _ bytes: [UInt8], to path: String, _ headers: HTTPFields, _ service: TestService
    ) async throws -> Answer {
        var headers = headers
        if headers[.contentType] == nil { headers[.contentType] = "application/json" }
        return try await service.client.execute(
            uri: path, method: .post, headers: headers, body: ByteBuffer(bytes: bytes)
        ) {
            Answer(status: $0.status.code, headers: $0.headers, text: String(buffer: $0.body))
        }
    }

    /// Problem JSON with everything a client goes by.
    private static func check(_ answer: Answer, _ said: String) {
        #expect(answer.headers[.contentType] == "application/problem+json; charset=utf-8", "\(said)")
        #expect(answer["status"].int == answer.status && answer["type"].string == "/problems/\(answer.code)", "\(said)")
        #expect(!answer["title"].string.isEmpty && !answer["detail"].string.isEmpty, "\(said)")
    }
}
