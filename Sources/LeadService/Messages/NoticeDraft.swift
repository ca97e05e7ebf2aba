import Foundation
import Leads

/// A message that is no code, on its way into the outbox, sealed, with the windows it counts in.
struct NoticeDraft: Sendable {
    var message: UUID
    var phoneSealed: [UInt8]
    var parametersSealed: [UInt8]
    var windows: [SendWindow]
    /// Which slot of a shared window is tried first.
    var seed: Int
}

/// Makes messages that are no codes, where one may be sent at all.
struct NoticeWriter: Sendable {
    private let dependencies: Dependencies
    private let settings: SettingsStore
    private let budgets: SendBudgets
    private let wording: MessageWording

    init(dependencies: Dependencies, settings: SettingsStore, budgets: SendBudgets, publicURL: URL) {
        self.dependencies = dependencies
        self.settings = settings
        self.budgets = budgets
        self.wording = MessageWording(links: LinkToken(keys: dependencies.keys), publicURL: publicURL)
    }

    /// Whether messages of this purpose can be sent: some gateway carries them.
    func canSend(_ purpose: MessagePurpose) -> Bool {
        self.settings.current.canCarry(purpose, among: self.dependencies.gateways)
    }

    /// A message to a number; nil for a number that no gateway may get, and where no gateway carries the purpose.
    ///
    /// It takes from the first half of the windows that all sends share, once for each message that its text is billed as: the
    /// other half stays for codes.
    ///
    /// - Parameter inquiry: whose promise it tells; the promise may change, but not the length of it.
    func draft(
        _ purpose: MessagePurpose, to phone: PhoneNumber, _ parameters: [String: String] = [:],
        about inquiry: (id: UUID, dueAt: Date)? = nil, at now: Date
    ) throws -> NoticeDraft? {
        let settings = self.settings.current
        guard self.canSend(purpose), settings.sends.withholding(of: phone, at: now) == nil else { return nil }
        let id = self.dependencies.makeID()
        let keys = self.dependencies.keys
        let text = JSONOutput.object(parameters.mapValues { .string($0) }).text
        let sent = self.wording.parameters(
            of: purpose.rawValue, stored: parameters, reference: nil, inquiry: inquiry, settings)["text"]
        let segments = MessageText.segments(in: sent ?? "", signedBy: settings.companyName)
        return NoticeDraft(
            message: id, phoneSealed: try keys.seal(phone.e164, at: SealedPlace("messages", "phone_sealed", id)),
            parametersSealed: try keys.seal(text, at: SealedPlace("messages", "parameters_sealed", id)),
            windows: self.budgets.sharedWindows(settings: settings, at: now).flatMap {
                Array(repeating: $0.limited(to: SendWindow.half($0.ceiling)), count: segments)
            },
            // Several slots of a window are locked in their order, so that two notices do not wait for one another in a circle.
            seed: segments > 1 ? 0 : self.dependencies.randomBytes(2).reduce(0) { $0 << 8 | Int($1) })
    }
}
