package import AsyncHTTPClient
import Crypto
package import Foundation
import Leads
import NIOCore
import NIOHTTP1
import NIOPosix

/// Hands messages to an address of the operator's, signed as Standard Webhooks.
package struct WebhookSMSGateway: SMSGateway {
    package let name = "webhook"
    private let url: URL
    private let secret: SymmetricKey
    private let client: HTTPClient
    private let now: @Sendable () -> Date

    private static let totalTimeout: TimeAmount = .seconds(10)
    private static let longestAnswer = 16 * 1024

    /// - Parameters:
    ///   - secret: the bytes behind `whsec_`.
    ///   - now: the time that signs.
    package init(url: URL, secret: [UInt8], client: HTTPClient, now: @escaping @Sendable () -> Date) {
        self.url = url
        self.secret = SymmetricKey(data: secret)
        self.client = client
        self.now = now
    }

    package func send(_ message: OutgoingMessage) async -> SendOutcome {
        let body = JSONOutput.object([
            "message_id": .string(message.id), "phone": .string(message.phone), "template": .string(message.template),
            "parameters": .object(message.parameters.mapValues { .string($0) }),
        ]).text
        let timestamp = String(Int(self.now().timeIntervalSince1970))
        let signed = Data("\(message.id).\(timestamp).\(body)".utf8)
        let signature = Data(HMAC<SHA256>.authenticationCode(for: signed, using: self.secret)).base64EncodedString()
        var request = HTTPClientRequest(url: self.url.absoluteString)
        request.method = .POST
        request.headers = [
            "content-type": "application/json", "webhook-id": message.id, "webhook-timestamp": timestamp,
            "webhook-signature": "v1,\(signature)",
        ]
        request.body = .bytes(ByteBuffer(string: body))
        do {
            let response = try await self.client.execute(request, timeout: Self.totalTimeout)
            let answer = try? await response.body.collect(upTo: Self.longestAnswer)
            guard (200..<300).contains(response.status.code) else {
                let isCertain = (400..<500).contains(response.status.code)
                let failure = "status_\(response.status.code)"
                return isCertain ? .refused(failure: failure) : .unknown(failure: failure)
            }
            return .accepted(vendorID: answer.flatMap { Self.id(in: $0) })
        } catch {
            return Self.outcome(of: error)
        }
    }

    package func canConnect() async -> Bool {
        var components = URLComponents(url: self.url, resolvingAgainstBaseURL: false)
        components?.query = nil
        var request = HTTPClientRequest(url: components?.string ?? self.url.absoluteString)
        request.method = .HEAD
        return (try? await self.client.execute(request, timeout: .seconds(5))) != nil
    }

    /// A connection that was never made carried nothing; after that nobody knows.
    private static func outcome(of error: any Error) -> SendOutcome {
        if let error = error as? HTTPClientError, error == .connectTimeout {
            return .refused(failure: "connect_timeout")
        }
        if error is NIOConnectionError { return .refused(failure: "connect_failed") }
        if let error = error as? HTTPClientError, error == .deadlineExceeded || error == .readTimeout {
            return .unknown(failure: "timeout")
        }
        return .unknown(failure: "connection_broken")
    }

    private static func id(in answer: ByteBuffer) -> String? {
        guard case .object(let members)? = try? StrictJSON.read(answer.bytes), case .string(let id)? = members["id"]
        else { return nil }
        return id
    }
}
