package import Foundation
package import Leads

/// One invariant that does not hold, with the rows it breaks on.
package struct Violation: Sendable, Equatable {
    /// `I1` to `I9`; what is sealed is `I7`.
    package var invariant: String
    package var check: String
    package var meaning: String
    package var count: Int
    /// Ids of the first few rows.
    package var examples: [String]
}

/// The invariants as read-only checks, all on one snapshot.
package struct Fsck: Sendable {
    /// What was looked at and what was found.
    package struct Report: Sendable, Equatable {
        package var checks: Int
        package var violations: [Violation]
        /// False when there was no key file, and what is sealed was not looked at.
        package var hasKeys = true

        package var json: JSONOutput {
            .object([
                "checks": .integer(self.checks), "ok": .bool(self.violations.isEmpty), "keys": .bool(self.hasKeys),
                "violations": .array(
                    self.violations.map {
                        .object([
                            "invariant": .string($0.invariant), "check": .string($0.check),
                            "meaning": .string($0.meaning),
                            "count": .integer($0.count), "examples": .array($0.examples.map { .string($0) }),
                        ])
                    }),
            ])
        }

        package var text: String {
            guard !self.violations.isEmpty else {
                return "fsck: all \(self.checks) checks hold"
                    + (self.hasKeys ? "" : "; there is no key file, so nothing sealed was opened")
            }
            return self.violations.map {
                "\($0.invariant) \($0.check): \($0.meaning); \($0.count == FsckCheck.limit ? "\($0.count) or more" : "\($0.count)")"
                    + ", e.g. " + $0.examples.joined(separator: " ")
            }.joined(separator: "\n")
        }
    }

    private let database: Database
    private let now: @Sendable () -> Date
    private let budgetFactor: Double
    private let lockedHours: OpeningHours?
    private let keys: KeyRing?

    /// - Parameters:
    ///   - lockedHours: opening hours that the environment names instead of the settings.
    ///   - keys: without them nothing sealed is opened.
    package init(
        database: Database, now: @escaping @Sendable () -> Date, budgetFactor: Double,
        lockedHours: OpeningHours? = nil, keys: KeyRing?
    ) {
        self.database = database
        self.now = now
        self.budgetFactor = budgetFactor
        self.lockedHours = lockedHours
        self.keys = keys
    }

    package func run() async throws -> Report {
        let moment = FsckMoment(
            now: self.now(), budgetFactor: self.budgetFactor, lockedHours: self.lockedHours)
        return try await self.database.snapshot { tx in
            try await tx.allowLongChecks()
            let seals = self.keys.map { FsckSeals(keys: $0) }
            let sealed = try await seals?.run(tx) ?? []
            var violations: [Violation] = []
            for check in FsckCheck.all {
                let ids = try await tx.breaking(check, at: moment)
                guard !ids.isEmpty else { continue }
                violations.append(
                    Violation(
                        invariant: check.invariant, check: check.name, meaning: check.meaning, count: ids.count,
                        examples: Array(ids.prefix(3))))
            }
            return Report(
                checks: FsckCheck.all.count + (seals?.checks ?? 0), violations: violations + sealed,
                hasKeys: seals != nil)
        }
    }
}

/// What the checks compare with.
struct FsckMoment: Sendable {
    var now: Date
    var budgetFactor: Double
    var lockedHours: OpeningHours?

    /// Minutes of the day at which a promise may end, beside the closing times that the settings ever named.
    var endsOfPromises: [Int] {
        PreferredWindow.allCases.compactMap { PreferredWindowTimes.standard.span($0)?.to }
            + [OpeningHours.standard.closes] + (self.lockedHours.map { [$0.closes] } ?? [])
    }

    /// Wrong codes a number can have used up within a day: new codes stop at twenty, and two purposes may each have a
    /// live code with five tries left by then.
    var mostWrongCodes: Int { Int((20 * max(1, self.budgetFactor)).rounded(.up)) - 1 + 10 }
}
