import Foundation
import Leads

/// What the telephone system made of being asked for a call.
enum DialOutcome: Sendable, Equatable {
    case taken
    /// It certainly was not asked, or says that it cannot now, and may say for how many seconds it wants to be left alone.
    case later(failure: String, rests: TimeInterval? = nil)
    /// It will not make the call.
    case refused(failure: String)
    /// It may have been asked, and nobody said so: it is not asked again, because a phone would ring twice.
    case unknown(failure: String)
}

/// A call on its way to the telephone system, opened: it never leaves the worker and the gateway.
struct OutgoingCall: Sendable {
    var id: UUID
    var adviser: String
    var phone: String
    var extensionDigits: String?
}

/// Asks a telephone system for a call, signed as Standard Webhooks.
struct TelephoneGateway: Sendable {
    private let guardian: WebhookGuard

    init(privateRanges: [AddressRange], resolve: @escaping HostResolver) {
        self.guardian = WebhookGuard(privateRanges: privateRanges, resolve: resolve)
    }

    /// Whether we may connect to an address now; looks its name up.
    func mayConnect(to address: WebhookAddress) async -> Bool {
        (try? await self.guardian.addresses(of: address)) != nil
    }

    func dial(_ call: OutgoingCall, at address: WebhookAddress, secret: [UInt8], now: Date) async -> DialOutcome {
        guard let place = try? await self.guardian.addresses(of: address).first else {
            return .refused(failure: "address_refused")
        }
        let client = VendorClient(host: address.host, at: place, total: VendorLimits.total)
        let outcome = await self.dial(call, at: address, through: client, secret: secret, now: now)
        await client.shutDown()
        return outcome
    }

    private func dial(
        _ call: OutgoingCall, at address: WebhookAddress, through client: VendorClient, secret: [UInt8], now: Date
    ) async -> DialOutcome {
        var members: [String: JSONOutput] = [
            "call_id": .string(call.id.uuidString.lowercased()), "adviser": .string(call.adviser),
            "phone": .string(call.phone),
        ]
        if let digits = call.extensionDigits { members["extension"] = .string(digits) }
        let body = Array(JSONOutput.object(members).text.utf8)
        let (id, timestamp) = (call.id.uuidString.lowercased(), String(Int(now.timeIntervalSince1970)))
        let headers = [
            ("content-type", "application/json"), ("webhook-id", id), ("webhook-timestamp", timestamp),
            ("webhook-signature", WebhookSignature(secret: secret).header(id: id, timestamp: timestamp, body: body)),
        ]
        switch await client.post(address.url, headers, body) {
        case .answered(200..<300, _, _): return .taken
        case .answered(let status, _, let rests) where status == 429 || status == 503:
            return .later(failure: "status_\(status)", rests: rests)
        // A redirect is never followed: where it leads is not where somebody configured numbers to go.
        case .answered(let status, _, _): return .refused(failure: "status_\(status)")
        case .notSent(let failure): return .later(failure: failure)
        case .lost(let failure): return .unknown(failure: failure)
        }
    }
}
