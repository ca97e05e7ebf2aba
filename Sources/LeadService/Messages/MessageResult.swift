import Foundation
import Leads

/// One line of the attempt log.
struct GatewayAttempt: Sendable {
    var gateway: String
    var networkOperator: String
    var outcome: String
    var code: String?
    var milliseconds: Int
    var at: Date
}

/// What is written of a message when the gateways have answered.
struct MessageResult: Sendable {
    var state: String
    var gateway: String?
    var vendorID: String?
    var failure: String?
    var segments: Int?
    var phoneIndex: [UInt8]?
    var networkOperator: String?
    /// When its gateway is asked for the first time what became of it.
    var queryAt: Date?
}

extension MessageResult {
    init(_ outcome: SendOutcome, gateway: String) {
        let failure = outcome.failure.map { String($0.prefix(128)) }
        switch outcome {
        case .accepted(let vendorID, let segments):
            self.init(
                state: "sent", gateway: gateway, vendorID: vendorID.map { String($0.prefix(128)) }, failure: nil,
                segments: segments ?? 1)
        case .refused: self.init(state: "failed", gateway: gateway, failure: failure)
        case .unknown: self.init(state: "unknown", gateway: gateway, failure: failure)
        }
    }
}
