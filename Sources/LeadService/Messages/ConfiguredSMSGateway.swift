package import Foundation
package import Logging

extension ServiceConfiguration {
    /// The gateways this configuration names, in the order in which they are tried.
    package func smsGateways(
        sent: SentMessages, now: @escaping @Sendable () -> Date, randomBytes: @escaping @Sendable (Int) -> [UInt8],
        logger: Logger
    ) -> [any SMSGateway] {
        let client = VendorClient()
        return self.gateways.compactMap { name -> (any SMSGateway)? in
            switch name {
            case "console": return ConsoleSMSGateway(sent: sent, now: now, logger: logger)
            case "webhook":
                guard let url = self.webhookURL, let secret = self.webhookSecret else { return nil }
                return WebhookSMSGateway(url: url, secret: secret, client: client, now: now)
            case "aliyun":
                return self.vendors.aliyun.map {
                    AliyunSMSGateway(account: $0, client: client, now: now, randomBytes: randomBytes)
                }
            case "tencent":
                return self.vendors.tencent.map { TencentSMSGateway(account: $0, client: client, now: now) }
            default: return nil
            }
        }
    }
}
