import Foundation
import HTTPTypes
import LeadService
import Leads
import Postgres
import Testing

/// What administrators are told in the product when no more codes go out.
@Suite struct SendAlertTests {
    private func told(_ kind: String, _ service: TestService, _ token: String) async throws -> [String] {
        let list = try await service.call(.get, "/api/v1/alerts", token: token)
        return list["items"].array.filter { $0["kind"].string == kind }.map { $0["text"].string }
    }

    @Test(arguments: [
        (#"{"message_price":0.045,"money_per_day":0.23}"#, "今天的短信费用"), (#"{"sends_per_day":5}"#, "今天全站的验证码"),
    ])
    func `administrators alone are told once a day that its codes or its money are nearly and wholly used up`(
        _ settings: String, _ what: String
    ) async throws {
        try await withService { service in
            try await service.set(settings)
            let (chief, boss) = (
                try await service.colleague("chief", .administrator), try await service.colleague("boss", .supervisor)
            )
            func send(_ count: Int) async throws {
                for number in 0..<count {
                    let sent = try await service.sendCode("139\(number)0000000")
                    #expect(sent.status == 202, "\(sent.text)")
                }
                for _ in 0..<2 { try await service.services.sendWatch.runOnce() }
            }
            try await send(3)
            #expect(try await self.told("budget_full", service, chief.token) == [])
            let most = "\(what)已用去八成（上限 5 条），请核对是否刷量"
            let all = "\(what)已用完（5 条），暂时发不出验证码，请核对是否刷量，再调整设置"
            service.clock.advance(by: 61)
            try await send(1)
            #expect(try await self.told("budget_full", service, chief.token) == [most])
            service.clock.advance(by: 61)
            try await send(1)
            #expect(try await self.told("budget_full", service, chief.token) == [all, most])
            #expect(try await self.told("budget_full", service, boss.token) == [])
            service.clock.advance(by: 86400)
            try await send(4)
            #expect(try await service.count("SELECT count(*) FROM staff_alerts WHERE kind = 'budget_full'") == 3)
        }
    }

    @Test func `administrators are told of a stop once a day, and it is told after a process that stopped dies`()
        async throws
    {
        try await withService([
            "SENDS_PER_DAY": "1000000", "SENDS_PER_MINUTE": "1000000", "TRUSTED_PROXIES": "127.0.0.1/32",
        ]) { service in
            let chief = try await service.colleague("chief", .administrator)
            func flood(_ network: Int) async throws {
                for number in 0..<60 {
                    let address = "\(network).0.\(number % 6).\(number + 1)"
                    let sent = try await service.sendCode("138\(1000 + number)0000", address: address)
                    #expect(sent.status == 202, "\(sent.text)")
                }
                service.clock.advance(by: 120)
            }
            try await flood(203)
            // The process that stopped sending died before it told anybody.
            let until = service.clock.now.addingTimeInterval(900)
            try await service.database.query(
                "INSERT INTO send_breaker (id, raised_until, stopped_until) VALUES (1, \(until), \(until))")
            for _ in 0..<2 { try await service.services.sendWatch.runOnce() }
            let text = "发出的验证码几乎没有人用上，像是刷量，已暂停发送 15 分钟；今天再次暂停不再提醒，请核对"
            #expect(try await self.told("sending_stopped", service, chief.token) == [text])
            service.clock.advance(by: 86400)
            try await flood(198)
            for _ in 0..<2 { try await service.services.sendWatch.runOnce() }
            #expect(try await self.told("sending_stopped", service, chief.token) == [text, text])
        }
    }
}
