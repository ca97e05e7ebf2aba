import Foundation
import HTTPTypes
import LeadService
import Leads
import NIOCore
import Postgres
import Testing

/// A further line in the key file: what was known is known, and what is new is sealed under the new key.
@Suite struct KeyRotationTests {
    private static let second = "2:" + Data(repeating: 2, count: 32).base64EncodedString() + "\n"
    private static let phone = "13800000001"

    @Test func `a number is known, found and joined as before`() async throws {
        try await withService { service in
            let first = try await service.submit(phone: Self.phone)
            try await service.beside(keyText: service.keyText + Self.second) { rotated in
                let boss = try await rotated.login("boss", .supervisor)
                for q in [Self.phone, "0001", "欧阳晓"] {
                    let found = try await rotated.call(.post, "/api/v1/leads/search", #"{"q":"\#(q)"}"#, token: boss)
                    #expect(found["items"].array.count == 1, "\(q): \(found.text)")
                }
                let adviser = try await rotated.colleague("lin")
                let claimed = try await rotated.claim(adviser, #"{"phone":"\#(Self.phone)"}"#)
                #expect(claimed.status == 200 && claimed["name"].string == "欧阳晓", "\(claimed.text)")
                rotated.clock.advance(by: 61)
                try await rotated.submit(phone: Self.phone)
                #expect(try await rotated.count("SELECT count(*) FROM leads") == 1)
                #expect(try await rotated.count("SELECT count(*) FROM callback_tasks WHERE state = 'open'") == 1)
                let copy = try await rotated.result(of: try await rotated.ask("copy", phone: Self.phone))
                #expect(copy["inquiries"].array.count == 2, "\(copy.text)")
                #expect(
                    copy["inquiries"].array.contains { $0["inquiry_id"].string == first["inquiry_id"].string })
            }
        }
    }

    @Test func `links, repeats and a code on its way hold`() async throws {
        try await withService { service in
            let (challenge, code) = try await service.challenge(for: Self.phone)
            let key: HTTPFields = [.idempotency: "k-1"]
            let body = service.inquiry(phone: Self.phone, challenge: challenge, code: code)
            let first = try await service.call(.post, "/api/v1/inquiries", body, headers: key)
            try #require(first.status == 201, "\(first.text)")
            let assessed = try await service.call(.post, "/api/v1/assessments", #"{"answers":{}}"#)
            let result = try #require(URL(string: assessed["result_url"].string)).path
            let token = try await service.call(.get, "/api/v1/form-token")["form_token"].string
            let waiting = try await service.challenge(for: "13800000002")
            service.clock.advance(by: 10)
            try await service.beside(keyText: service.keyText + Self.second) { rotated in
                #expect(try await rotated.call(.get, try rotated.receipt(of: first)).status == 200)
                #expect(try await rotated.call(.get, result).status == 200)
                let again = try await rotated.call(.post, "/api/v1/inquiries", body, headers: key)
                #expect(again.status == 201 && again.text == first.text, "\(again.text)")
                let accepted = try await rotated.offer(
                    waiting.code, waiting.id, phone: "13800000002", more: #","form_token":"\#(token)""#)
                #expect(accepted.status == 201, "\(accepted.text)")
                #expect(try await rotated.count("SELECT count(*) FROM quarantined_inquiries") == 0)
            }
        }
    }

    @Test func `new values are sealed under the new key, old ones open, and nothing is broken`() async throws {
        try await withService { service in
            try await service.submit(phone: Self.phone)
            try await service.services.auditChain.runOnce()
            try await service.beside(keyText: service.keyText + Self.second) { rotated in
                try await rotated.submit(phone: "13800000002")
                let sealed = try await rotated.column(
                    "SELECT string_agg(get_byte(phone_sealed, 1)::text || phone_index_key, ' ' ORDER BY get_byte(phone_sealed, 1)) FROM leads"
                )
                #expect(sealed == "11 21")
                let boss = try await rotated.colleague("boss", .supervisor)
                let list = try await rotated.call(.get, "/api/v1/leads", token: boss.token)
                #expect(
                    Set(list["items"].array.map { $0["phone_masked"].string }) == ["138****0001", "138****0002"])
                try await rotated.services.auditChain.runOnce()
                #expect(try await rotated.soundness() == [])
            }
        }
    }

    @Test func `lines go up`() throws {
        let first = KeyRing.newText([UInt8](repeating: 1, count: 32))
        #expect(throws: KeyRing.Failure.outOfOrder(line: 2)) { try KeyRing(text: Self.second + first) }
        #expect(throws: KeyRing.Failure.outOfOrder(line: 2)) { try KeyRing(text: first + first) }
        #expect(throws: KeyRing.Failure.malformed(line: 2)) { try KeyRing(text: first + "x" + Self.second) }
        #expect(try KeyRing(text: first + Self.second).current == 2)
    }
}
