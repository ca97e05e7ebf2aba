import Foundation
import Leads
import Testing

@Suite struct `Promise outcomes` {
    private static let due = Date(timeIntervalSince1970: 1_000_000)

    /// Seconds from the deadline; nil for what did not happen.
    static let cases: [(met: Double?, ended: Double?, now: Double, outcome: PromiseOutcome)] = [
        (-1, nil, 9, .kept), (0, nil, 9, .kept), (1, nil, 9, .broken), (-1, nil, -1, .kept),
        // What was answered is never left out, whenever it ended.
        (-2, -1, 9, .kept), (2, -1, 9, .broken), (1, 5, 9, .broken),
        (nil, -1, -1, .leftOut), (nil, -1, 9, .leftOut), (nil, 0, 9, .leftOut), (nil, 1, 9, .broken),
        (nil, nil, -1, .open), (nil, nil, 0, .open), (nil, nil, 1, .broken),
    ]

    @Test(arguments: cases)
    func `an inquiry is kept, broken, left out or open`(
        met: Double?, ended: Double?, now: Double, outcome: PromiseOutcome
    ) {
        func at(_ seconds: Double) -> Date { Self.due.addingTimeInterval(seconds) }
        #expect(
            PromiseOutcome(dueAt: Self.due, metAt: met.map(at), endedAt: ended.map(at), at: at(now)) == outcome)
    }
}
