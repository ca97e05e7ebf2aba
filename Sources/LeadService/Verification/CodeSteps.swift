import Foundation
import Leads

/// What a form may say of a code it has asked for: what became of it, its reference, and the ways out.
///
/// Nothing depends on the number: a code that no gateway gets looks like one whose report never comes.
struct CodeSteps: Sendable {
    let reports: DeliveryReports
    let settings: SettingsStore
    let gateways: [any SMSGateway]

    /// After so many codes that nobody used, the telephone is offered first.
    static let patience = 2

    /// Whether a code that is asked for again takes another way.
    var hasSecondGateway: Bool { self.gateways.count > 1 }

    /// Whether somebody who wants to be reminded can be.
    var offersReminders: Bool { self.settings.current.canCarry(.permitReminder, among: self.gateways) }

    /// What programs are told of a challenge.
    func json(of challenge: UUID) async throws -> JSONOutput {
        let state = try await self.reports.state(of: challenge)
        let isSaid = self.settings.current.saysReference(among: self.gateways)
        return .object([
            "state": .string(state.rawValue),
            "reference": .optional(isSaid ? MessageReference.text(for: challenge) : nil),
        ])
    }

    /// What a page of the code step says.
    ///
    /// - Parameters:
    ///   - challenge: as the form carries it; one that is none says nothing.
    ///   - sends: how many codes the form has asked for.
    ///   - isBusy: the page says that there was no room: it comes even if nobody can say what has become of the message.
    func context(of challenge: String?, sends: Int, isBusy: Bool) async throws -> [String: Any] {
        var context: [String: Any] = [
            "second_gateway": self.hasSecondGateway, "call_us": sends >= Self.patience, "sends": sends,
        ]
        guard let challenge = challenge.flatMap({ UUID(uuidString: $0) }) else { return context }
        if self.settings.current.saysReference(among: self.gateways) {
            context["reference"] = MessageReference.text(for: challenge)
        }
        do {
            switch try await self.reports.state(of: challenge) {
            case .delivered: context["delivered"] = true
            case .refused: context["refused"] = true
            case .unknown: break
            }
        } catch  where isBusy {}
        return context
    }

    /// What the code step says of a code that is not sent.
    ///
    /// - Parameters:
    ///   - again: whether the form has asked for one before, as far as it knows; otherwise its message may be there all the
    ///     same, because somebody pressed twice.
    ///   - place: what of the page asks again, where `again`.
    static func tooMany(retryAfter seconds: Int, again: Bool, at place: String = "/phone") -> ValidationFailure {
        ValidationFailure(
            "too_many_requests", at: again ? place : "/code",
            again ? "同一号码请在 \(seconds) 秒后再发" : "短信如已收到，请直接填写验证码；同一号码 \(seconds) 秒后可以再发",
            english: "Too many requests.")
    }

    /// How many codes a form has asked for, as it says itself; it is a matter of words only.
    static func sends(_ text: String?) -> Int { min(9, max(0, text.flatMap { Int($0) } ?? 0)) }
}
