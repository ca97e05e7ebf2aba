import Foundation
import Leads
import NIOPosix

/// What the telephone system made of being asked for a call.
enum DialOutcome: Sendable, Equatable {
    case taken
    /// It certainly was not asked, or says that it cannot now.
    case later(failure: String)
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
    private let client = VendorClient()
    private let privateRanges: [AddressRange]

    init(privateRanges: [AddressRange]) {
        self.privateRanges = privateRanges
    }

    /// Whether we may connect to an address; looks its name up.
    func mayConnect(to url: URL) async -> Bool {
        guard let host = url.host?.trimmingCharacters(in: CharacterSet(charactersIn: "[]")) else { return false }
        let addresses: [IPAddress]
        if let literal = IPAddress(host) {
            addresses = [literal]
        } else {
            addresses = (try? await NIOThreadPool.singleton.runIfActive { Self.addresses(of: host) }) ?? []
        }
        return WebhookAddress.isAllowed(
            addresses, isSecure: url.scheme == "https", privateRanges: self.privateRanges)
    }

    func dial(_ call: OutgoingCall, at url: URL, secret: [UInt8], now: Date) async -> DialOutcome {
        guard await self.mayConnect(to: url) else { return .refused(failure: "address_refused") }
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
        switch await self.client.post(url.absoluteString, headers, body) {
        case .answered(200..<300, _, _): return .taken
        case .answered(let status, _, _) where status == 429 || status == 503:
            return .later(failure: "status_\(status)")
        // A redirect is never followed: where it leads is not where somebody configured numbers to go.
        case .answered(let status, _, _): return .refused(failure: "status_\(status)")
        case .notSent(let failure): return .later(failure: failure)
        case .lost(let failure): return .unknown(failure: failure)
        }
    }

    /// Every address of a name; blocks while it is looked up.
    private static func addresses(of host: String) -> [IPAddress] {
        var found: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(host, nil, nil, &found) == 0 else { return [] }
        defer { unsafe freeaddrinfo(found) }
        var addresses: [IPAddress] = []
        var next = unsafe found
        while let info = unsafe next {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let isRead = unsafe getnameinfo(
                info.pointee.ai_addr, info.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
            let name = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if isRead == 0, let address = IPAddress(name) { addresses.append(address) }
            unsafe next = info.pointee.ai_next
        }
        return addresses
    }
}
