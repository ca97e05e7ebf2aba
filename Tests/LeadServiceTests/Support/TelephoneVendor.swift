import Crypto
import Foundation
import HTTPTypes
import LeadService
import Leads
import Synchronization
import TestDatabase
import Testing

/// A telephone system, as strict about signature, clock, headers and shape as the page about it says.
struct TelephoneVendor: Sendable {
    let request: VendorServer.Request
    let secret: String

    /// - Returns: nil for a request that is to no telephone system.
    init?(_ request: VendorServer.Request, secret: String) {
        guard request.path == "/calls" else { return nil }
        self.request = request
        self.secret = secret
    }

    /// 401 for what is not signed with its secret about now, 422 for another shape, else 202 with the call.
    func judge(at now: Date) -> (status: Int, call: VendorServer.Taken?) {
        let headers = self.request.headers
        let (id, stamp) = (headers["webhook-id"] ?? "", headers["webhook-timestamp"] ?? "")
        guard let seconds = Double(stamp), abs(seconds - now.timeIntervalSince1970) <= 300,
            let key = Data(base64Encoded: String(self.secret.dropFirst(6)))
        else { return (401, nil) }
        let mac = HMAC<SHA256>.authenticationCode(
            for: Data("\(id).\(stamp).\(self.request.body)".utf8), using: SymmetricKey(data: key))
        guard headers["webhook-signature"] == "v1," + Data(mac).base64EncodedString() else { return (401, nil) }
        let json = (try? StrictJSON.read(Array(self.request.body.utf8))) ?? .null
        let names = Set(json.names)
        guard headers["content-type"] == "application/json", json["call_id"].string == id, UUID(uuidString: id) != nil,
            names.isSuperset(of: ["call_id", "adviser", "phone"]),
            names.isSubset(of: ["call_id", "adviser", "phone", "extension"]), !json["adviser"].string.isEmpty,
            json["phone"].string.wholeMatch(of: /\+86[1-9][0-9]{8,10}/) != nil,
            !names.contains("extension") || json["extension"].string.wholeMatch(of: /[0-9]{1,6}/) != nil
        else { return (422, nil) }
        return (
            202,
            VendorServer.Taken(
                id: id, phone: json["phone"].string, parameters: json["extension"].string,
                template: json["adviser"].string)
        )
    }
}

/// The service beside a telephone system.
struct TelephonePlace: Sendable {
    let service: TestService
    let vendor: VendorServer
    let secret: String

    /// Numbers and advisers of the calls that the system took.
    var taken: [VendorServer.Taken] { self.vendor.taken }

    func dial(_ task: SeededTask, _ colleague: Colleague, _ body: String = "{}") async throws -> Answer {
        try await self.service.call(.post, task.path + "/dial", body, token: colleague.token)
    }

    /// Claims, dials, and lets the worker ask; returns the call's id.
    func ring(_ task: SeededTask, _ colleague: Colleague) async throws -> String {
        let claimed = try await self.service.claim(colleague, #"{"lead_id":"\#(task.lead.text)"}"#)
        try #require(claimed.status == 200, "\(claimed.text)")
        let dialled = try await self.dial(task, colleague)
        try #require(dialled.status == 202, "\(dialled.text)")
        try await self.work()
        return dialled["call_id"].string
    }

    @discardableResult
    func work() async throws -> Int { try await self.service.services.calls.runOnce() }

    /// A report as the system signs it.
    @discardableResult
    func report(
        _ body: String, secret: String? = nil, token: String = "hook-token", skew: TimeInterval = 0
    ) async throws -> Answer {
        let stamp = String(Int(self.service.clock.now.timeIntervalSince1970 + skew))
        let key = try #require(Data(base64Encoded: String((secret ?? self.secret).dropFirst(6))))
        let mac = HMAC<SHA256>.authenticationCode(
            for: Data("r-1.\(stamp).\(body)".utf8), using: SymmetricKey(data: key))
        var headers = HTTPFields()
        for (name, value) in [
            ("id", "r-1"), ("timestamp", stamp), ("signature", "v1," + Data(mac).base64EncodedString()),
        ] { headers.append(HTTPField(name: try #require(HTTPField.Name("webhook-\(name)")), value: value)) }
        return try await self.service.call(.post, "/hooks/calls/\(token)", body, headers: headers)
    }

    /// Says that a call is in a state since so many seconds after the clock's now.
    @discardableResult
    func say(_ status: String, of call: String, in seconds: Double = 0, more: String = "") async throws -> Answer {
        let at = RFC3339.text(self.service.clock.now.addingTimeInterval(seconds))
        return try await self.report(#"{"call_id":"\#(call)","status":"\#(status)","at":"\#(at)"\#(more)}"#)
    }

    /// `state failure` of the newest call.
    func state() async throws -> String? {
        try await self.service.column(
            "SELECT concat_ws(' ', state, failure) FROM calls ORDER BY requested_at DESC, id DESC LIMIT 1")
    }

    /// The newest call in a card's history.
    func shown(_ task: SeededTask, to colleague: Colleague) async throws -> JSONValue {
        let card = try await self.service.call(.get, task.path, token: colleague.token)
        return card["history"].array.first { $0["kind"].string == "dialled" } ?? .null
    }
}

/// Runs `body` against the service with a telephone system switched on.
func withTelephone(
    _ environment: [String: String] = [:], _ body: @escaping @Sendable (TelephonePlace) async throws -> Void
) async throws {
    let clock = Mutex<TestClock?>(nil)
    let vendor = VendorServer(now: { clock.withLock { $0?.now ?? .distantPast } })
    let variables = ["WEBHOOK_PRIVATE_CIDRS": "127.0.0.0/8", "SMS_HOOK_TOKEN": "hook-token"].merging(environment) { $1 }
    try await vendor.running { url in
        try await withService(variables) { service in
            clock.withLock { $0 = service.clock }
            try await service.put("telephone_system", #"{"url":"\#(url)/calls","enabled":true}"#)
            let secret = try await service.services.telephoneSecrets.make(by: "test")
            vendor.give(secret: secret)
            try await body(TelephonePlace(service: service, vendor: vendor, secret: secret))
        }
    }
}

extension TestService {
    /// What fsck and the audit find, but for what a seeded task has by itself: no consent, and a made-up deadline.
    func unsoundness() async throws -> [String] {
        let seeded = ["inquiry_without_consent", "deadline_on_another_day", "due_at_another_time"]
        return try await self.soundness().filter { !seeded.contains($0) }
    }
}
