import Foundation
import Synchronization

/// What this process saw, a moment ago, of the windows that everybody shares: in a flood most requests need no more of the
/// database than that.
///
/// It may only ask for a proof, or for a look before a try. What is sent and what is refused, the database alone says.
final class RecentWarmth: Sendable {
    enum Reading: Sendable, Equatable {
        /// Nothing is sent without a proof, whose largest number this is.
        case asksForProof(difficulty: Int)
        /// Nothing could be sent at all, so that a look costs less than a try.
        case full
    }

    private let seen = Mutex<[String: (reading: Reading, time: Range<Date>)]>([:])

    /// How long what was seen counts.
    static let lifetime: TimeInterval = 1

    /// What was seen of a site's and everybody's windows, unless that is too long ago.
    func reading(of site: String, at now: Date) -> Reading? {
        self.seen.withLock { seen in seen[site].flatMap { $0.time.contains(now) ? $0.reading : nil } }
    }

    /// Remembers a reading for a moment, at most until `end`; only names of known sites come here.
    func remember(_ reading: Reading, of site: String, at now: Date, until end: Date) {
        guard now < end else { return }
        let time = now..<min(end, now.addingTimeInterval(Self.lifetime))
        self.seen.withLock { $0[site] = (reading, time) }
    }
}
