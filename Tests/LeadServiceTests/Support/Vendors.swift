import Foundation
import LeadService
import Leads
import Synchronization
import TestDatabase
import Testing

private let vendorEnvironment = [
    "SMS_GATEWAY": "aliyun,tencent", "SMS_ALIYUN_ACCESS_KEY_ID": "a", "SMS_ALIYUN_ACCESS_KEY_SECRET": "b",
    "SMS_ALIYUN_SIGN_NAME": "c", "SMS_ALIYUN_TEMPLATE_CODE": "SMS_1", "SMS_TENCENT_SECRET_ID": "d",
    "SMS_TENCENT_SECRET_KEY": "e", "SMS_TENCENT_SDK_APP_ID": "f", "SMS_TENCENT_SIGN_NAME": "g",
    "SMS_TENCENT_TEMPLATE_ID": "1", "SMS_HOOK_TOKEN": "hook-token", "BUDGET_FACTOR": "1000", "PROOF_OF_WORK": "off",
]

/// The service behind two vendors.
struct VendorPlace: Sendable {
    let service: TestService
    let aliyun: VendorServer
    let tencent: VendorServer

    func ask(_ phone: String) async throws -> String {
        let answer = try await self.service.call(
            .post, "/api/v1/verification-codes", #"{"phone":"\#(phone)","purpose":"inquiry"}"#)
        try #require(answer.status == 202, "\(answer.text)")
        return answer["challenge_id"].string
    }

    func send() async throws { try await self.service.services.outboxWorker.runOnce() }

    func report(_ gateway: String, _ body: String, token: String = "hook-token") async throws -> Answer {
        try await self.service.call(.post, "/hooks/sms/\(gateway)/\(token)", body)
    }

    /// A whole inquiry through whichever vendor carried the code.
    @discardableResult
    func inquire(_ phone: String, more: String = "") async throws -> Answer {
        let challenge = try await self.ask(phone)
        try await self.send()
        let sent = try #require((self.aliyun.taken + self.tencent.taken).last { $0.phone == "+86" + phone })
        let code = try #require(sent.parameters.firstMatch(of: /[0-9]{6}/)).output
        let answer = try await self.service.offer(String(code), challenge, phone: phone, more: more)
        try #require(answer.status == 201, "\(answer.text)")
        return answer
    }

    func texts(_ sql: String) async throws -> [String] {
        try await self.service.database.query(.init(unsafeSQL: sql)).map { try $0.decode(String.self) }
    }

    func delivery(_ challenge: String) async throws -> DeliveryReports.State {
        try await self.service.services.deliveries.state(of: try #require(UUID(uuidString: challenge)))
    }
}

/// Runs `body` against the service behind both vendors.
func withVendors(
    _ environment: [String: String] = [:], _ body: @escaping @Sendable (VendorPlace) async throws -> Void
) async throws {
    let clock = Mutex<TestClock?>(nil)
    let now: @Sendable () -> Date = { clock.withLock { $0?.now ?? .distantPast } }
    let (aliyun, tencent) = (VendorServer(now: now), VendorServer(now: now))
    try await aliyun.running { first in
        try await tencent.running { second in
            try await withService(
                vendorEnvironment.merging(environment) { $1 },
                gateways: { owned in
                    clock.withLock { $0 = owned }
                    return [
                        VendorServer.aliyun(first, now: { owned.now }),
                        VendorServer.tencent(second, now: { owned.now }),
                    ]
                }
            ) { service in
                try await body(VendorPlace(service: service, aliyun: aliyun, tencent: tencent))
            }
        }
    }
}
