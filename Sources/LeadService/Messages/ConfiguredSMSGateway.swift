import AsyncHTTPClient
package import Foundation
package import Logging
import NIOCore

/// One client for the life of the process; it follows no redirects, so that a message goes where it was configured to.
private let client = HTTPClient(
    configuration: .init(redirectConfiguration: .disallow, timeout: .init(connect: .seconds(3), read: .seconds(10))))

extension ServiceConfiguration {
    /// The gateways this configuration names, in the order in which they are tried.
    package func smsGateways(
        sent: SentMessages, now: @escaping @Sendable () -> Date, logger: Logger
    ) -> [any SMSGateway] {
        self.gateways.compactMap { name -> (any SMSGateway)? in
            switch name {
            case "console": return ConsoleSMSGateway(sent: sent, now: now, logger: logger)
            case "webhook":
                guard let url = self.webhookURL, let secret = self.webhookSecret else { return nil }
                return WebhookSMSGateway(url: url, secret: secret, client: client, now: now)
            default: return nil
            }
        }
    }
}
