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

    init(dependencies: Dependencies, settings: SettingsStore, budgets: SendBudgets) {
        self.dependencies = dependencies
        self.settings = settings
        self.budgets = budgets
    }

    /// Whether messages of this purpose can be sent: some gateway carries them.
    func canSend(_ purpose: MessagePurpose) -> Bool {
        self.settings.current.canCarry(purpose, among: self.dependencies.gateways)
    }

    /// A message to a number; nil for a number that no gateway may get, and where no gateway carries the purpose.
    ///
    /// It takes from the first half of the windows that all sends share: the other half stays for codes.
    func draft(
        _ purpose: MessagePurpose, to phone: PhoneNumber, _ parameters: [String: String] = [:], at now: Date
    ) throws -> NoticeDraft? {
        let settings = self.settings.current
        guard self.canSend(purpose), settings.sends.withholding(of: phone, at: now) == nil else { return nil }
        let id = self.dependencies.makeID()
        let keys = self.dependencies.keys
        let text = JSONOutput.object(parameters.mapValues { .string($0) }).text
        return NoticeDraft(
            message: id, phoneSealed: try keys.seal(phone.e164, at: SealedPlace("messages", "phone_sealed", id)),
            parametersSealed: try keys.seal(text, at: SealedPlace("messages", "parameters_sealed", id)),
            windows: self.budgets.sharedWindows(settings: settings, at: now).map {
                $0.limited(to: SendWindow.half($0.ceiling))
            },
            seed: self.dependencies.randomBytes(2).reduce(0) { $0 << 8 | Int($1) })
    }
}
