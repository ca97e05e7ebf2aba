/// A message on its way out, opened: it never leaves the worker and the gateway.
package struct OutgoingMessage: Sendable {
    /// The message's id, which the gateway may use to refuse a second copy.
    package var id: String
    /// The receiver in E.164.
    package var phone: String
    /// The template's name, for example `inquiry_code`.
    package var template: String
    package var parameters: [String: String]
}

/// What a gateway answered.
package enum SendOutcome: Sendable, Equatable {
    /// The gateway took it; its own id where it gave one.
    case accepted(vendorID: String?)
    /// It certainly did not take it; `failure` is a short code without personal data.
    case refused(failure: String)
    /// Nobody knows: the connection broke after the request was sent.
    case unknown(failure: String)
}

/// Carries messages to phones.
package protocol SMSGateway: Sendable {
    /// As in `HUIFANG_SMS_GATEWAY`.
    var name: String { get }

    /// Hands over one message; never throws, because every failure is one of the outcomes.
    func send(_ message: OutgoingMessage) async -> SendOutcome

    /// Whether a connection can be made; nothing is sent.
    func canConnect() async -> Bool
}
