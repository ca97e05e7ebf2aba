import Foundation
import Leads

/// Lengths of time, of which half and nineteen in twenty are asked for.
struct Delays: Sendable {
    private var seconds: [TimeInterval] = []

    var count: Int { self.seconds.count }

    mutating func add(_ length: TimeInterval) { self.seconds.append(length) }

    /// The shortest length that so many per cent do not exceed, in whole minutes, begun ones included.
    func minutes(percent: Int) -> Int? {
        guard !self.seconds.isEmpty else { return nil }
        let rank = max(1, (self.seconds.count * percent + 99) / 100)
        return Int((self.seconds.sorted()[rank - 1] / 60).rounded(.up))
    }
}

/// How the visitors' own assessments are spread.
struct Scores: Sendable {
    static let width = 10

    private(set) var count = 0
    private(set) var reaching = 0
    private var bins: [Int: Int] = [:]
    private(set) var suggested: [String: Int] = [:]

    mutating func add(_ total: Int, suggested: [String]) {
        self.count += 1
        self.bins[total / Self.width, default: 0] += 1
        if total >= AssessedAnswers.standard {
            self.reaching += 1
        } else {
            for answer in suggested { self.suggested[answer, default: 0] += 1 }
        }
    }

    /// From the lowest score to the highest, the standard included, also where nobody is.
    var histogram: [(from: Int, count: Int)] {
        let standard = AssessedAnswers.standard / Self.width
        guard let lowest = self.bins.keys.min(), let highest = self.bins.keys.max() else { return [] }
        return (min(lowest, standard)...max(highest, standard)).map { ($0 * Self.width, self.bins[$0] ?? 0) }
    }
}
