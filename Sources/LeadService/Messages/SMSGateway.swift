package import Foundation

/// A message on its way out, opened: it never leaves the worker and the gateway.
package struct OutgoingMessage: Sendable {
    /// The message's id, which the gateway may use to refuse a second copy.
    package var id: String
    /// The receiver in E.164.
    package var phone: String
    /// The template's name, for example `inquiry_code`.
    package var template: String
    package var parameters: [String: String]
    /// The vendor's own template for it, where settings name one.
    package var vendorTemplate: VendorTemplate?

    package init(
        id: String, phone: String, template: String, parameters: [String: String], vendorTemplate: VendorTemplate? = nil
    ) {
        self.id = id
        self.phone = phone
        self.template = template
        self.parameters = parameters
        self.vendorTemplate = vendorTemplate
    }
}

/// A text that a vendor has approved, and the parameters it has room for, in their order.
package struct VendorTemplate: Sendable, Equatable {
    /// The vendor's id of it; nil is the gateway's template for codes.
    package var id: String?
    package var parameters: [String]

    package init(id: String?, parameters: [String]) {
        self.id = id
        self.parameters = parameters
    }
}

/// Why a gateway did not take a message.
package enum Refusal: String, Sendable, CaseIterable {
    /// The vendor's limit for this number is reached.
    case numberThrottled = "number_throttled"
    /// The account's limit is reached.
    case accountThrottled = "account_throttled"
    case noFunds = "no_funds"
    case numberBad = "number_bad"
    /// The number asked the vendor for no more messages.
    case numberBlocked = "number_blocked"
    /// Signature, template, permission, clock, content: somebody has to repair it.
    case configBad = "config_bad"
    /// Nothing of the request was written: no connection could be made.
    case transient

    /// Whether another gateway may do better; with a number that is bad, blocked or throttled it would not.
    package var mayGoElsewhere: Bool {
        switch self {
        case .accountThrottled, .noFunds, .configBad, .transient: true
        case .numberThrottled, .numberBad, .numberBlocked: false
        }
    }

    /// Whether the same message may be taken a little later.
    var passes: Bool { self == .accountThrottled || self == .transient }
}

/// What a gateway answered.
package enum SendOutcome: Sendable, Equatable {
    /// The gateway took it; its own id and how many messages it bills, where it says so.
    case accepted(vendorID: String?, segments: Int? = nil)
    /// It certainly did not take it; `failure` is a short code without personal data, `rests` for how many seconds the
    /// gateway asked to be left alone.
    case refused(failure: String, as: Refusal = .configBad, rests: TimeInterval? = nil)
    /// Nobody knows; `isFault` when the gateway said itself that it failed.
    case unknown(failure: String, isFault: Bool = false)

    /// No template of the vendor's is known for the message's purpose; it was not asked.
    static let noTemplate = SendOutcome.refused(failure: "no_template")

    /// Whether another gateway may take the message: this one certainly did not, and it is not the number's fault.
    var mayGoElsewhere: Bool {
        if case .refused(_, let refusal, _) = self { refusal.mayGoElsewhere } else { false }
    }

    /// As in the attempt log and the metrics.
    package var className: String {
        switch self {
        case .accepted: "accepted"
        case .refused(_, let refusal, _): refusal.rawValue
        case .unknown(_, let isFault): isFault ? "transient" : "unknown"
        }
    }

    /// The vendor's code, for the log.
    var failure: String? {
        switch self {
        case .accepted: nil
        case .refused(let failure, _, _), .unknown(let failure, _): failure
        }
    }
}

/// What a vendor says about a message when asked.
package enum DeliveryAnswer: Sendable, Equatable {
    /// The phone has it, or it never will.
    case settled(DeliveryReport)
    /// The vendor took it and has no report yet.
    case accepted(vendorID: String?)
    /// The vendor does not know of it.
    case unknownThere
    /// It could not be asked.
    case unavailable
}

/// A message whose outcome is unknown, opened to ask its gateway about it.
package struct AskedMessage: Sendable {
    package var id: String
    package var phone: String
    package var sentAt: Date
}

/// Carries messages to phones.
package protocol SMSGateway: Sendable {
    /// As in `HUIFANG_SMS_GATEWAY`.
    var name: String { get }

    /// Hands over one message; never throws, because every failure is one of the outcomes.
    func send(_ message: OutgoingMessage) async -> SendOutcome

    /// Whether a connection can be made; nothing is sent.
    func canConnect() async -> Bool

    /// Whether it sends only texts that the vendor has approved, with the parameters they have room for.
    var needsTemplates: Bool { get }

    /// Whether the vendor can be asked what became of a message.
    var answersQueries: Bool { get }

    /// Asks what became of a message whose outcome is unknown.
    func delivery(of message: AskedMessage) async -> DeliveryAnswer
}

extension SMSGateway {
    package var needsTemplates: Bool { false }
    package var answersQueries: Bool { false }
    package func delivery(of message: AskedMessage) async -> DeliveryAnswer { .unavailable }
}
