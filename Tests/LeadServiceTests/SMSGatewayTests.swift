import Foundation
import LeadService
import Leads
import Testing

/// Our gateways against a strict vendor that fails in every way there is.
@Suite struct SMSGatewayTests {
    private static let clock = TestClock()
    private static let message = OutgoingMessage(
        id: "0192a000-0000-7000-8000-000000000001", phone: "+8613800000001", template: "inquiry_code",
        parameters: ["code": "004217", "minutes": "5"])

    /// The class of what each of the two gateways says when the vendor behaves so, and how often the vendor was asked.
    private static func outcomes(
        _ behaviour: VendorServer.Behaviour, skew: TimeInterval = 0, secret: String = VendorServer.secret
    ) async throws -> [SendOutcome] {
        var outcomes: [SendOutcome] = []
        for vendor in ["aliyun", "tencent"] {
            let server = VendorServer(now: { Self.clock.now })
            server.play { _ in behaviour }
            let (results, continuation) = AsyncStream<SendOutcome>.makeStream()
            try await server.running { url in
                let now: @Sendable () -> Date = { Self.clock.now.addingTimeInterval(skew) }
                let gateway: any SMSGateway =
                    vendor == "aliyun"
                    ? VendorServer.aliyun(url, now: now, secret: secret)
                    : VendorServer.tencent(url, now: now, secret: secret)
                continuation.yield(await gateway.send(Self.message))
                continuation.finish()
            }
            for await outcome in results { outcomes.append(outcome) }
            #expect(server.requests.count == 1)
            #expect(server.requests.allSatisfy { $0.path == "/" }, "a redirect was followed")
        }
        return outcomes
    }

    @Test func `a request in order is taken`() async throws {
        let outcomes = try await Self.outcomes(.accept)
        #expect(outcomes == [.accepted(vendorID: "90061^0"), .accepted(vendorID: "5000:1", segments: 1)])
    }

    @Test func `a wrong secret and a wrong clock are faults of ours`() async throws {
        let wrong = try await Self.outcomes(.accept, secret: "another")
        #expect(
            wrong == [.refused(failure: "SignatureDoesNotMatch"), .refused(failure: "AuthFailure.SignatureFailure")])
        let late = try await Self.outcomes(.accept, skew: 16 * 60)
        #expect(
            late == [.refused(failure: "InvalidTimeStamp.Expired"), .refused(failure: "AuthFailure.SignatureExpire")])
    }

    @Test func `an error inside an answer of 200 is no success`() async throws {
        let aliyun = #"{"Code":"isv.AMOUNT_NOT_ENOUGH","Message":"m","RequestId":"r"}"#
        #expect(try await Self.outcomes(.answer(200, aliyun))[0].className == "no_funds")
        let tencent = #"{"Response":{"Error":{"Code":"FailedOperation.PhoneNumberInBlacklist","Message":"m"}}}"#
        #expect(
            try await Self.outcomes(.answer(200, tencent, type: "application/json;charset=utf-8"))[1].className
                == "number_blocked")
        let inner = #"{"Response":{"SendStatusSet":[{"SerialNo":"","Code":"LimitExceeded.PhoneNumberDailyLimit"}]}}"#
        #expect(try await Self.outcomes(.answer(200, inner))[1].className == "number_throttled")
    }

    @Test(arguments: [
        "{}", "[]", #"{"Code":"OK"}"#, #"{"Response":{"SendStatusSet":[]}}"#, #"{"Response":{}}"#, "<html>ok</html>",
        "",
    ])
    func `an answer of 200 that is no success and no error is unknown`(body: String) async throws {
        #expect(try await Self.outcomes(.answer(200, body)).map(\.className) == ["unknown", "unknown"])
    }

    @Test func `statuses`() async throws {
        let html = "<html>blocked</html>"
        #expect(
            try await Self.outcomes(.answer(403, html, type: "text/html")).map(\.className) == [
                "config_bad", "config_bad",
            ])
        #expect(
            try await Self.outcomes(.answer(429, html)).map(\.className) == ["account_throttled", "account_throttled"])
        #expect(try await Self.outcomes(.answer(503, html)).map(\.className) == ["transient", "transient"])
        #expect(try await Self.outcomes(.answer(408, html)).map(\.className) == ["unknown", "unknown"])
        #expect(try await Self.outcomes(.redirect).map(\.className) == ["unknown", "unknown"])
        let throttled = #"{"Code":"Throttling.User","Message":"m"}"#
        #expect(try await Self.outcomes(.answer(400, throttled))[0].className == "account_throttled")
    }

    @Test func `how long a vendor that throttles asks for is read, and is never more than a minute`() async throws {
        func rests(_ header: String, _ status: Int = 429, _ body: String = "") async throws -> [TimeInterval?] {
            try await Self.outcomes(.answer(status, body, header: header)).map {
                guard case .refused(_, .accountThrottled, let rests) = $0 else { return -1 }
                return rests
            }
        }
        #expect(try await rests("retry-after: 7") == [7, 7])
        #expect(try await rests("retry-after: 86400") == [60, 60])
        for none in ["retry-after: 0", "retry-after: -1", "retry-after: soon", "x-acs-retry-after: 0"] {
            #expect(try await rests(none) == [nil, nil], "\(none)")
        }
        let throttled = #"{"Code":"Throttling.User","Message":"m"}"#
        #expect(try await rests("x-acs-retry-after: 1500", 400, throttled)[0] == 1.5)
    }

    @Test(arguments: [
        VendorServer.Behaviour.resetBeforeReading, .resetAfterReading, .silence, .halfAnswer, .stall, .dripping,
        .endless,
    ])
    func `what was written and not answered is unknown`(behaviour: VendorServer.Behaviour) async throws {
        let clock = ContinuousClock()
        let start = clock.now
        for outcome in try await Self.outcomes(behaviour) {
            guard case .unknown(_, let isFault) = outcome else {
                Issue.record("\(outcome)")
                continue
            }
            #expect(!isFault)
        }
        // Two calls of at most three seconds, among all other tests; one without an end would wait for ever.
        #expect(start.duration(to: clock.now) < .seconds(60))
    }

    @Test func `where nobody listens nothing was sent`() async throws {
        let url = URL(string: "http://127.0.0.1:1")!
        let gateways: [any SMSGateway] = [
            VendorServer.aliyun(url, now: { Self.clock.now }), VendorServer.tencent(url, now: { Self.clock.now }),
        ]
        for gateway in gateways {
            let outcome = await gateway.send(Self.message)
            #expect(outcome == .refused(failure: "connect_failed", as: .transient))
            #expect(await !gateway.canConnect())
        }
    }

    @Test func `an approved template of its own, and none`() async throws {
        let server = VendorServer(now: { Self.clock.now })
        try await server.running { url in
            let gateway = VendorServer.aliyun(url, now: { Self.clock.now })
            var message = Self.message
            message.parameters["reference"] = "A7"
            message.vendorTemplate = VendorTemplate(id: "SMS_2", parameters: ["code", "reference"])
            _ = await gateway.send(message)
            message.vendorTemplate = nil
            message.parameters = ["due": "18:00"]
            #expect(await gateway.send(message) == .refused(failure: "no_template"))
        }
        #expect(server.taken.map(\.template) == ["SMS_2"])
        #expect(server.taken.map(\.parameters) == [#"{"code":"004217","reference":"A7"}"#])
    }
}
