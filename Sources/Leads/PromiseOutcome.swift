package import Foundation

/// What became of the promise of one inquiry (contract §4.9).
package enum PromiseOutcome: String, Sendable, Hashable, CaseIterable {
    /// A counting attempt came in time.
    case kept
    /// The deadline passed first.
    case broken
    /// It was over before the deadline, without a counting attempt.
    case leftOut = "left_out"
    /// The deadline is still ahead.
    case open

    /// - Parameters:
    ///   - metAt: when a counting attempt first answered the inquiry.
    ///   - endedAt: when nobody was to call for it any more: it was cancelled, or its task closed.
    package init(dueAt: Date, metAt: Date?, endedAt: Date?, at now: Date) {
        if let metAt {
            self = metAt <= dueAt ? .kept : .broken
        } else if let endedAt, endedAt <= dueAt {
            self = .leftOut
        } else {
            self = dueAt < now ? .broken : .open
        }
    }
}
