import Foundation
import Leads

/// One counted window: at most `ceiling` uses from `start` to `end`.
struct BudgetBucket: Sendable {
    var key: [UInt8]
    var start: Date
    var end: Date
    var ceiling: Int
    /// Whether everybody uses it up together: only a guess at a live code may.
    var isShared = false
}

/// How many codes may be sent, per number, prefix, address, network and in all; every number times the budget factor.
struct SendBudgets: Sendable {
    let keys: KeyRing
    private let factor: Double

    init(keys: KeyRing, factor: Double) {
        self.keys = keys
        self.factor = factor
    }

    func scaled(_ number: Int) -> Int {
        max(1, Int(min(Double(Int32.max), (Double(number) * self.factor).rounded())))
    }

    /// The windows that a wrong code counts in: the sender's own whatever it names, everybody's only where it names a live
    /// challenge of its number and purpose, which cost a message to get.
    func wrongBuckets(address: ClientAddress, at now: Date) -> [BudgetBucket] {
        [
            self.bucket("wrong-address-hour", address.household, 3600, 30, now),
            self.bucket("wrong-network-hour", address.network, 3600, 100, now),
            self.bucket("wrong-all", "", 600, 200, now, isShared: true),
        ].sorted { $0.key.lexicographicallyPrecedes($1.key) }
    }

    private func bucket(
        _ kind: String, _ value: String, _ seconds: TimeInterval, _ ceiling: Int, _ now: Date, isShared: Bool = false
    ) -> BudgetBucket {
        let start = Date(timeIntervalSince1970: (now.timeIntervalSince1970 / seconds).rounded(.down) * seconds)
        return BudgetBucket(
            key: self.keys.bucket(kind, value), start: start, end: start.addingTimeInterval(seconds),
            ceiling: self.scaled(ceiling), isShared: isShared)
    }
}
