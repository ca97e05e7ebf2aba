import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// A browser without scripts whose button is pressed twice, or that went back and pressed again: the page on the screen is the
/// answer to the later request, and the code in the visitor's hand came of the first.
@Suite struct PressedTwiceTests {
    private static let typed = "name=%E7%8E%8B%E5%A5%B3%E5%A3%AB&consent=true&notice_version=2026-11&phone="

    private static func ask(_ phone: String, _ service: TestService, from address: String) async throws -> Answer {
        try await Self.post("/inquiry/code", Self.typed + phone, service, from: address)
    }

    private static func post(
        _ path: String, _ fields: String, _ service: TestService, from address: String
    ) async throws -> Answer {
        try await service.call(
            .post, path, fields,
            headers: [
                .contentType: "application/x-www-form-urlencoded", .accept: "text/html", .forwardedFor: address,
            ])
    }

    private static func hidden(_ name: String, in page: Answer) -> String? {
        page.text.matches(of: /<input type="hidden" name="([^"]+)" value="([^"]*)">/).first { $0.1 == name }
            .map { String($0.2) }
    }

    /// Everything the page's form would send, with a code.
    private static func filled(_ page: Answer, phone: String, code: String) -> String {
        let hidden = page.text.matches(of: /<input type="hidden" name="([^"]+)" value="([^"]*)">/).map {
            ($0.1.replacing(" ", with: "+"), $0.2.replacing(" ", with: "+"))
        }
        return
            (hidden.map { "\($0)=\($1)" } + [Self.typed.replacing("consent=true&", with: "") + phone, "code=\(code)"])
            .joined(separator: "&")
    }

    /// A page with what differs from one number to the next taken out.
    private static func shape(_ page: Answer) -> String {
        page.text.replacing(/value="[^"]*"/, with: "").replacing(/\d{3} \*{4} \d{4}/, with: "")
    }

    @Test func `the page of the second press takes the code of the first, however the two meet`() async throws {
        try await withService(TestService.behindProxy) { service in
            for number in 0..<6 {
                let (phone, address) = ("1380000010\(number)", "203.0.\(number).9")
                async let first = Self.ask(phone, service, from: address)
                async let second = Self.ask(phone, service, from: address)
                let pages = try await [first, second].sorted { $0.status < $1.status }
                #expect(pages.map(\.status) == [200, 429])
                let late = pages[1]
                #expect(late.headers[.retryAfter] == "60" && late.text.contains("短信如已收到，请直接填写验证码；同一号码 60 秒后可以再发"))
                #expect(Self.hidden("challenge_id", in: late) == Self.hidden("challenge_id", in: pages[0]))
                try await service.services.outboxWorker.runOnce()
                let code = try #require(service.sms.code(to: phone))
                let done = try await Self.post(
                    "/inquiry", Self.filled(late, phone: phone, code: code), service, from: address)
                #expect(done.status == 200 && done.text.contains("提交成功"), "\(done.text)")
            }
            #expect(try await service.count("SELECT count(*) FROM messages WHERE template = 'inquiry_code'") == 6)
        }
    }

    @Test func `a stranger sees the same page and gets a challenge that opens nothing and harms nothing`() async throws
    {
        try await withService(TestService.behindProxy) { service in
            let phone = "13800000041"
            let own = try await Self.ask(phone, service, from: "203.0.113.9")
            let again = try await Self.ask(phone, service, from: "203.0.113.9")
            let foreign = try await Self.ask(phone, service, from: "198.51.100.9")
            #expect(own.status == 200 && again.status == 429 && foreign.status == 429)
            #expect(Self.shape(again) == Self.shape(foreign))
            let challenge = try #require(Self.hidden("challenge_id", in: foreign))
            #expect(challenge != Self.hidden("challenge_id", in: own))
            #expect(Self.hidden("challenge_id", in: again) == Self.hidden("challenge_id", in: own))

            try await service.services.outboxWorker.runOnce()
            let code = try #require(service.sms.code(to: phone))
            for _ in 0..<6 {
                let tried = try await Self.post(
                    "/inquiry", Self.filled(foreign, phone: phone, code: TestService.wrong(code)), service,
                    from: "198.51.100.9")
                #expect(tried.status == 422)
            }
            let right = try await Self.post(
                "/inquiry", Self.filled(foreign, phone: phone, code: code), service, from: "198.51.100.9")
            #expect(right.status == 422)
            let done = try await Self.post(
                "/inquiry", Self.filled(again, phone: phone, code: code), service, from: "203.0.113.9")
            #expect(done.status == 200, "\(done.text)")
        }
    }

    @Test func `a code that was used or has expired is not carried any more`() async throws {
        try await withService(TestService.behindProxy.merging(["RESEND_SECONDS": "900"]) { $1 }) { service in
            let phone = "13800000042"
            let first = try await Self.ask(phone, service, from: "203.0.113.9")
            let challenge = try #require(Self.hidden("challenge_id", in: first))
            service.clock.advance(by: 299)
            #expect(
                Self.hidden("challenge_id", in: try await Self.ask(phone, service, from: "203.0.113.9")) == challenge)
            service.clock.advance(by: 2)
            #expect(
                Self.hidden("challenge_id", in: try await Self.ask(phone, service, from: "203.0.113.9")) != challenge)
        }
    }

    @Test func `a privacy request that is pressed twice goes on as well`() async throws {
        try await withService(TestService.behindProxy) { service in
            let fields = "phone=13800000043&kind=copy"
            let first = try await Self.post("/privacy/code", fields, service, from: "203.0.113.9")
            let second = try await Self.post("/privacy/code", fields, service, from: "203.0.113.9")
            #expect(first.status == 200 && second.status == 429)
            #expect(Self.hidden("challenge_id", in: second) == Self.hidden("challenge_id", in: first))
            #expect(second.text.contains(#"action="/privacy/requests""#) && second.text.contains("短信如已收到"))
            // The code for an inquiry is another one.
            let other = try await Self.ask("13800000043", service, from: "203.0.113.9")
            #expect(other.status == 429)
            #expect(Self.hidden("challenge_id", in: other) != Self.hidden("challenge_id", in: first))
        }
    }
}
