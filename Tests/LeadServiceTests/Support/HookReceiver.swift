import Crypto
import Foundation
import LeadService
import Leads
import Synchronization
import TestDatabase
import Testing

/// The service with a receiver of webhooks on the loopback, which the operator has named.
struct HookReceiver: Sendable {
    let service: TestService
    let vendor: VendorServer
    let url: URL
    let boss: Colleague

    static let ranges = [AddressRange("127.0.0.0/8")].compactMap(\.self)

    static func with(_ body: @escaping @Sendable (HookReceiver) async throws -> Void) async throws {
        let vendor = VendorServer(now: { .distantPast })
        vendor.play { _ in .answer(200, "ok") }
        try await vendor.running { url in
            try await withService(["WEBHOOK_PRIVATE_CIDRS": "127.0.0.0/8"]) { service in
                let boss = try await service.colleague("boss", .administrator)
                try await body(HookReceiver(service: service, vendor: vendor, url: url, boss: boss))
            }
        }
    }

    func make(_ events: String..., path: String = "/hook") async throws -> (id: String, secret: String) {
        let list = events.map { "\"\($0)\"" }.joined(separator: ",")
        let made = try await self.service.call(
            .post, "/api/v1/webhooks", #"{"url":"\#(self.url.absoluteString)\#(path)","events":[\#(list)]}"#,
            token: self.boss.token)
        try #require(made.status == 201, "\(made.text)")
        return (made["id"].string, made["secret"].string)
    }

    func sample(_ id: String, _ type: String = "lead.created") async throws -> String {
        let made = try await self.service.call(
            .post, "/api/v1/webhooks/\(id)/test", #"{"type":"\#(type)"}"#, token: self.boss.token)
        try #require(made.status == 201, "\(made.text)")
        return made["id"].string
    }

    @discardableResult
    func send() async throws -> Int { try await self.service.services.webhooks.runOnce() }

    func item(_ id: String) async throws -> JSONValue {
        let list = try await self.service.call(.get, "/api/v1/webhooks", token: self.boss.token)
        return try #require(list["items"].array.first { $0["id"].string == id })
    }

    func log(_ id: String, more: String = "") async throws -> [JSONValue] {
        let path = "/api/v1/webhooks/\(id)/deliveries?limit=200\(more)"
        return try await self.service.call(.get, path, token: self.boss.token)["items"].array
    }

    func change(_ id: String, _ body: String) async throws -> Answer {
        try await self.service.call(.patch, "/api/v1/webhooks/\(id)", body, token: self.boss.token)
    }

    /// The types that arrived, in order.
    var types: [String] {
        self.vendor.requests.map { ((try? StrictJSON.read(Array($0.body.utf8))) ?? .null)["type"].string }
    }

    var ids: [String] { self.vendor.requests.map { $0.headers["webhook-id"] ?? "" } }
}

extension VendorServer.Request {
    /// The signature as its receiver computes it, from the documented rule alone.
    func isSigned(by secret: String) -> Bool {
        guard let key = Data(base64Encoded: String(secret.dropFirst("whsec_".count))),
            let id = self.headers["webhook-id"],
            let time = self.headers["webhook-timestamp"]
        else { return false }
        let mac = HMAC<SHA256>.authenticationCode(
            for: Data((id + "." + time + "." + self.body).utf8), using: SymmetricKey(data: key))
        return (self.headers["webhook-signature"] ?? "").split(separator: " ")
            .contains { $0 == "v1," + Data(mac).base64EncodedString() }
    }
}
