package import Foundation
import Leads

/// Hands messages to an address of the operator's, signed as Standard Webhooks.
package struct WebhookSMSGateway: SMSGateway {
    package let name = "webhook"
    private let url: URL
    private let signature: WebhookSignature
    private let client: VendorClient
    private let now: @Sendable () -> Date

    /// - Parameters:
    ///   - secret: the bytes behind `whsec_`.
    ///   - now: the time that signs.
    package init(url: URL, secret: [UInt8], client: VendorClient, now: @escaping @Sendable () -> Date) {
        self.url = url
        self.signature = WebhookSignature(secret: secret)
        self.client = client
        self.now = now
    }

    package func send(_ message: OutgoingMessage) async -> SendOutcome {
        let body = Array(
            JSONOutput.object([
                "message_id": .string(message.id), "phone": .string(message.phone),
                "template": .string(message.template),
                "parameters": .object(message.parameters.mapValues { .string($0) }),
            ]).text.utf8)
        let timestamp = String(Int(self.now().timeIntervalSince1970))
        let headers = [
            ("content-type", "application/json"), ("webhook-id", message.id), ("webhook-timestamp", timestamp),
            ("webhook-signature", self.signature.header(id: message.id, timestamp: timestamp, body: body)),
        ]
        let outcome = await self.client.post(self.url.absoluteString, headers, body)
        // Any 2xx is accepted, whatever its body.
        // The relay understood it and does not take this number or text; another would not help, and nothing is broken.
        if case .answered(422, _, _) = outcome { return .refused(failure: "status_422", as: .numberBad) }
        guard case .answered(200..<300, let answer, _) = outcome else { return outcome.sending { _, _ in nil } }
        return .accepted(vendorID: (try? StrictJSON.read(answer))?[member: "id"]?.asText)
    }

    package func canConnect() async -> Bool { await self.client.canConnect(self.url) }
}
