import Foundation
import Leads
import Synchronization

/// Scores leads that were not eligible again, once a new set of rules is in force.
package final class EligibilityWorker: BackgroundWorker {
    package static let job = JobName.eligibility
    package let interval = Duration.seconds(300)
    private let eligibility: Eligibility
    /// The rules under which this process found nobody left, with the day: whoever is not eligible from then on is so under
    /// them, and only an adviser's later answers can add anybody.
    private let done = Mutex<String?>(nil)

    init(eligibility: Eligibility) {
        self.eligibility = eligibility
    }

    /// One round; returns how many leads it offers.
    @discardableResult
    package func runOnce() async throws -> Int {
        guard let rules = self.eligibility.rulesInForce else { return 0 }
        let round = "\(rules.version) \(self.eligibility.today)"
        guard self.done.withLock({ $0 != round }) else { return 0 }
        let offered = try await self.eligibility.check(under: rules)
        self.done.withLock { $0 = round }
        return offered
    }

    package func work() async throws { try await self.runOnce() }
}
