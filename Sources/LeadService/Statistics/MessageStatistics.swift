import Foundation
import Leads

extension Statistics {
    /// What became of messages, in the part of the period that they are kept for.
    struct Messages: Sendable {
        var from: ShanghaiDate
        var gateways: [GatewayStatistics]
        /// Yuan a segment, of the gateways whose price somebody has set.
        var prices: [String: Double]

        var json: JSONOutput {
            .object([
                "from": .string(self.from.description),
                "gateways": .array(self.gateways.map { $0.json(price: self.prices[$0.gateway]) }),
            ])
        }
    }

    /// What the page says beside the table.
    var messageNote: String? {
        guard let messages = self.messages else { return "这段日期的短信记录已经删除。" }
        if messages.from > self.period.from { return "更早的短信记录已经删除，从 \(messages.from.text)算起。" }
        return messages.gateways.isEmpty ? "这几天没有发出短信。" : nil
    }
}

extension GatewayStatistics {
    /// The delivered share in per cent, rounded.
    var percent: Int? { self.deliveredShare.map { Int(($0 * 100).rounded()) } }

    fileprivate func json(price: Double?) -> JSONOutput {
        .object([
            "gateway": .string(self.gateway), "operator": .string(self.networkOperator),
            "handed_over": .integer(self.handedOver), "unknown": .integer(self.unknown),
            "delivered": .integer(self.delivered), "failed": .integer(self.failed),
            "unreported": .integer(self.unreported), "delivered_percent": .optional(self.percent),
            "median_seconds": .optional(self.median),
            "refusals": .object(self.refusals.mapValues { .integer($0) }), "segments": .integer(self.segments),
            "cost_yuan": self.cost(at: price).map { .raw(String(format: "%.3f", $0)) } ?? .null,
        ])
    }

    /// How often the gateway did not take a message and why, the most frequent first.
    var refusalText: String {
        self.refusals.isEmpty
            ? "—"
            : self.refusals.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
                .map { "\(Self.reason($0.key)) \($0.value)" }.joined(separator: "，")
    }

    var title: String { Self.title(of: self.gateway) }

    /// What people call a gateway.
    static func title(of gateway: String) -> String {
        switch gateway {
        case "aliyun": "阿里云"
        case "tencent": "腾讯云"
        case "webhook": "自有网关"
        case "console": "控制台（测试）"
        default: gateway
        }
    }

    /// Why a gateway did not take a message.
    private static func reason(_ outcome: String) -> String {
        switch Refusal(rawValue: outcome) {
        case .numberThrottled: "号码限流"
        case .accountThrottled: "账号限流"
        case .noFunds: "余额不足"
        case .numberBad: "号码无效"
        case .numberBlocked: "号码拒收"
        case .configBad: "配置有误"
        case .transient: "网关故障"
        case nil: outcome
        }
    }
}
