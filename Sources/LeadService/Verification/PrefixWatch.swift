import Foundation
import Leads
import Logging
import Synchronization

/// Tells administrators of a prefix whose numbers ask for more codes than its budget leaves them, once for each window.
final class PrefixWatch: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    /// The windows that this process has told of, until they end: a flood is refused without a row of its own.
    private let told = Mutex<[String: Date]>([:])

    init(database: Database, dependencies: Dependencies) {
        self.database = database
        self.dependencies = dependencies
    }

    /// Looks at a refusal; one that cannot be told of now is told of at the next.
    func look(at window: SendWindow, refusing phone: PhoneNumber, at now: Date) async {
        guard [.prefixHour, .prefixDay].contains(window.kind) else { return }
        let prefix = SendBudgets.prefix(of: phone)
        let about = "\(prefix)@\(RFC3339.text(window.start))/\(Int(window.kind.seconds))"
        let isKnown = self.told.withLock { told in
            told = told.filter { $0.value > now }
            return told.updateValue(window.end, forKey: about) != nil
        }
        guard !isKnown else { return }
        let alert = AlertDraft(
            id: self.dependencies.makeID(), kind: .prefixFull, about: about,
            parameters: [
                "prefix": prefix, "count": String(window.ceiling),
                "window": window.kind == .prefixHour ? "hour" : "day",
            ],
            roles: [.administrator])
        do {
            _ = try await self.database.statement { try await $0.insertAlerts([alert], at: now) }
        } catch {
            self.told.withLock { $0[about] = nil }
            self.dependencies.logger.warning("an alert about a prefix is left out")
        }
    }
}
