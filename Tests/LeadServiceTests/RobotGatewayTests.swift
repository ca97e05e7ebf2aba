import Foundation
import LeadService
import Leads
import Testing

/// What goes to a robot and what its answers mean, without a database.
@Suite struct RobotGatewayTests {
    private static let now = Date(timeIntervalSince1970: 1_795_573_804.9)

    // Computed apart from this program: base64 of HMAC-SHA256, as each vendor describes it.
    @Test func `the signature of dingtalk goes into the query, in milliseconds`() throws {
        let address = try #require(URL(string: "https://oapi.dingtalk.com/robot/send?access_token=t-1"))
        let now = Date(timeIntervalSince1970: 1_795_573_804)
        let request = DingTalkRobotGateway().request(
            "两条\n回访", to: address, secret: "SECtest-secret-0123456789", at: now)
        let sign = "0vhLdgnv3GZmHwkvxJ17NwIp%2FvO1UZ1y%2BWQ6i3TiyR8%3D"
        #expect(
            request.url
                == "https://oapi.dingtalk.com/robot/send?access_token=t-1&sign=\(sign)&timestamp=1795573804000")
        #expect(request.body == #"{"msgtype":"text","text":{"content":"两条\n回访"}}"#)
    }

    @Test func `the signature of feishu goes into the body, in seconds`() throws {
        let address = try #require(URL(string: "https://open.feishu.cn/open-apis/bot/v2/hook/t-1"))
        let now = Date(timeIntervalSince1970: 1_795_573_800.9)
        let request = FeishuRobotGateway().request("两条", to: address, secret: "feishu-secret-0123456789", at: now)
        #expect(request.url == address.absoluteString)
        #expect(
            request.body
                == #"{"content":{"text":"两条"},"msg_type":"text","sign":"SIEehO4Hf+F+YZiVGE8NloKcMUSJguwhZfWurqwovq8=","timestamp":"1795573800"}"#
        )
    }

    @Test func `wecom signs nothing`() throws {
        let address = try #require(URL(string: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=t-1"))
        let request = WeComRobotGateway().request("两条", to: address, secret: "", at: Self.now)
        #expect(request.url == address.absoluteString)
        #expect(request.body == #"{"msgtype":"text","text":{"content":"两条"}}"#)
    }

    @Test(arguments: [
        (RobotKind.wecom, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=0a1b-2c", true),
        (.dingtalk, "https://oapi.dingtalk.com/robot/send?access_token=0a1b2c", true),
        (.feishu, "https://open.feishu.cn/open-apis/bot/v2/hook/0a1b-2c", true),
        (.feishu, "http://127.0.0.1:9/open-apis/bot/v2/hook/0a1b-2c", true),
        (.wecom, "http://localhost:9/cgi-bin/webhook/send?key=k", true),
        (.wecom, "http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k", false),
        (.wecom, "https://oapi.dingtalk.com/robot/send?access_token=k", false),
        (.wecom, "https://qyapi.weixin.qq.com.example.com/cgi-bin/webhook/send?key=k", false),
        (.wecom, "https://qyapi.weixin.qq.com@example.com/cgi-bin/webhook/send?key=k", false),
        (.wecom, "https://user:pw@qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k", false),
        (.wecom, "https://qyapi.weixin.qq.com:8443/cgi-bin/webhook/send?key=k", false),
        (.wecom, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=", false),
        (.wecom, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k&debug=1", false),
        (.wecom, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k#x", false),
        (.wecom, "https://qyapi.weixin.qq.com/cgi-bin/webhook/../send?key=k", false),
        (.dingtalk, "https://oapi.dingtalk.com/robot/send", false),
        (.feishu, "https://open.feishu.cn/open-apis/bot/v2/hook/", false),
        (.feishu, "https://open.feishu.cn/open-apis/bot/v2/hook/a/b", false),
        (.feishu, "https://open.feishu.cn/open-apis/bot/v2/hook/a?x=1", false),
        (.feishu, "http://127.0.0.1/", false),
        (.feishu, "http://169.254.169.254/open-apis/bot/v2/hook/a", false),
        (.feishu, "https://127.0.0.1/open-apis/bot/v2/hook/a", false),
        (.feishu, "file:///open-apis/bot/v2/hook/a", false), (.feishu, "", false), (.feishu, "机器人", false),
    ]) func `only an address as the vendor gives them out is called`(kind: RobotKind, text: String, isTaken: Bool) {
        #expect((kind.address(text) != nil) == isTaken)
    }

    /// Posts once to a vendor that plays a behaviour.
    private static func outcome(
        _ kind: RobotKind, secret: String = RobotVendor.secret, key: String = "test-key", late: TimeInterval = 0,
        _ behaviour: VendorServer.Behaviour
    ) async throws -> (outcome: RobotOutcome, requests: Int, taken: [String]) {
        let vendor = VendorServer(now: { Self.now })
        vendor.play { _ in behaviour }
        let result = Holder<RobotOutcome>()
        try await vendor.running { url in
            let address = try #require(kind.address(RobotVendor.address(kind, at: url, key: key)))
            let now = Self.now.addingTimeInterval(late)
            await result.set(
                kind.gateway.post("【回访】2 条", to: address, secret: kind.signs ? secret : "", VendorClient(), at: now))
        }
        return (try #require(await result.value), vendor.requests.count, vendor.taken.map(\.parameters))
    }

    private actor Holder<Value: Sendable> {
        private(set) var value: Value?
        func set(_ value: Value) { self.value = value }
    }

    @Test(arguments: RobotKind.allCases) func `a strict vendor takes it, and refuses another key, secret or clock`(
        kind: RobotKind
    ) async throws {
        let taken = try await Self.outcome(kind, .accept)
        #expect(taken.outcome == .taken && taken.taken == ["【回访】2 条"])
        let strange = try await Self.outcome(kind, key: "other", .accept)
        let codes: [RobotKind: String] = [.wecom: "code_93000", .dingtalk: "code_300005", .feishu: "code_19001"]
        #expect(strange.outcome == .refused(failure: codes[kind] ?? "") && strange.taken.isEmpty)
        guard kind.signs else { return }
        let unsigned = kind == .dingtalk ? "code_310000" : "code_19021"
        #expect(try await Self.outcome(kind, secret: "wrong", .accept).outcome == .refused(failure: unsigned))
        #expect(try await Self.outcome(kind, late: 3700, .accept).outcome == .refused(failure: unsigned))
        #expect(try await Self.outcome(kind, late: -3700, .accept).outcome == .refused(failure: unsigned))
    }

    @Test(arguments: [
        (RobotKind.wecom, #"{"errcode":45009,"errmsg":"freq"}"#, RobotOutcome.later(failure: "code_45009", after: 60)),
        (.wecom, #"{"errcode":-1,"errmsg":"busy"}"#, .later(failure: "code_-1", after: 10)),
        (.wecom, #"{"errcode":40058,"errmsg":"no"}"#, .refused(failure: "code_40058")),
        (.dingtalk, #"{"errcode":130101,"errmsg":"fast"}"#, .later(failure: "code_130101", after: 600)),
        (.dingtalk, #"{"errcode":410100,"errmsg":"fast"}"#, .later(failure: "code_410100", after: 600)),
        (.dingtalk, #"{"errcode":400101,"errmsg":"no"}"#, .refused(failure: "code_400101")),
        (.feishu, #"{"code":11232,"msg":"fast"}"#, .later(failure: "code_11232", after: 60)),
        (.feishu, #"{"code":19024,"msg":"no"}"#, .refused(failure: "code_19024")),
        (.feishu, #"{"StatusCode":0,"StatusMessage":"success"}"#, .taken),
        (.feishu, #"{"msg":"success"}"#, .later(failure: "unreadable_answer")),
        (.wecom, "<html>登录</html>", .later(failure: "unreadable_answer")),
        (.wecom, "", .later(failure: "unreadable_answer")),
        (.wecom, "[]", .later(failure: "unreadable_answer")),
    ]) func `an answer of 200 is a success only with the vendor's own code`(
        kind: RobotKind, body: String, expected: RobotOutcome
    ) async throws {
        #expect(try await Self.outcome(kind, .answer(200, body)).outcome == expected)
    }

    @Test(arguments: [
        (429, RobotOutcome.later(failure: "status_429", after: 60)), (404, .refused(failure: "status_404")),
        (403, .refused(failure: "status_403")), (408, .later(failure: "status_408")),
        (502, .later(failure: "status_502")),
    ]) func `another status says whether it is worth another try`(status: Int, expected: RobotOutcome) async throws {
        #expect(try await Self.outcome(.wecom, .answer(status, "{}")).outcome == expected)
        // A zero beside another status is no success.
        let zero = try await Self.outcome(.wecom, .answer(status, #"{"errcode":0}"#))
        #expect(zero.outcome == expected)
    }

    @Test func `a redirect is not followed`() async throws {
        let result = try await Self.outcome(.feishu, .redirect)
        #expect(result.outcome == .refused(failure: "status_302") && result.requests == 1)
    }

    @Test func `silence, a broken connection and an endless answer are worth another try`() async throws {
        #expect(try await Self.outcome(.dingtalk, .silence).outcome == .later(failure: "timeout"))
        #expect(try await Self.outcome(.dingtalk, .halfAnswer).outcome == .later(failure: "unreadable_answer"))
        #expect(try await Self.outcome(.dingtalk, .endless).outcome == .later(failure: "unreadable_answer"))
        let broken = try await Self.outcome(.dingtalk, .resetAfterReading).outcome
        #expect(broken == .later(failure: "connection_broken"))
    }
}
