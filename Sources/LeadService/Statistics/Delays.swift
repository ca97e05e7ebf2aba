import Foundation
import Leads

/// Lengths of time in begun minutes or seconds, of which half and nineteen in twenty are asked for.
///
/// How often each whole number was is all that the answers need, so those of days are added up without loss.
struct Delays: Sendable, Equatable {
    /// How often each length from nought on was; the last one was.
    private var counts: [Int] = []
    private(set) var count = 0

    mutating func add(_ length: Int, times: Int = 1) {
        let length = max(0, length)
        self.reach(length)
        self.counts[length] += times
        self.count += times
    }

    private mutating func reach(_ length: Int) {
        guard length >= self.counts.count else { return }
        self.counts.append(contentsOf: repeatElement(0, count: length + 1 - self.counts.count))
    }

    /// Adds a length of open time, in begun minutes.
    mutating func add(minutesOf seconds: TimeInterval) { self.add(Int((seconds / 60).rounded(.up))) }

    static func += (left: inout Self, right: Self) {
        left.reach(right.counts.count - 1)
        for (length, times) in right.counts.enumerated() { left.counts[length] += times }
        left.count += right.count
    }

    /// The shortest length that so many per cent do not exceed.
    func length(percent: Int) -> Int? { self.lengths(percents: [percent])[0] }

    /// The same of several shares at once, the smallest first.
    func lengths(percents: [Int]) -> [Int?] {
        guard self.count > 0 else { return percents.map { _ in nil } }
        var ranks = percents.map { max(1, (self.count * $0 + 99) / 100) }[...]
        var (found, passed): ([Int?], Int) = ([], 0)
        for (length, times) in self.counts.enumerated() where times > 0 {
            passed += times
            while let rank = ranks.first, passed >= rank {
                found.append(length)
                ranks = ranks.dropFirst()
            }
        }
        return found
    }
}

// As it is stored: for each length in ascending order the step from the one before and how often it was, each as LEB128.
extension Delays {
    var packed: [UInt8] {
        var (bytes, last): ([UInt8], Int) = ([], 0)
        func append(_ number: Int) {
            var rest = UInt(number)
            while rest > 127 {
                bytes.append(UInt8(rest & 127) | 128)
                rest >>= 7
            }
            bytes.append(UInt8(rest))
        }
        for (length, times) in self.counts.enumerated() where times > 0 {
            append(length - last)
            append(times)
            last = length
        }
        return bytes
    }

    /// Adds what `packed` gave.
    mutating func add(packed bytes: some Sequence<UInt8>) {
        var (number, shift, length, isStep) = (UInt(0), UInt(0), 0, true)
        for byte in bytes {
            number |= UInt(byte & 127) << shift
            shift += 7
            guard byte < 128 else { continue }
            if isStep { length += Int(number) } else { self.add(length, times: Int(number)) }
            (number, shift) = (0, 0)
            isStep.toggle()
        }
    }
}

/// How the visitors' own assessments are spread.
struct Scores: Sendable {
    static let width = 10

    let count: Int
    let reaching: Int
    private let bins: [Int: Int]
    let suggested: [String: Int]

    /// - Parameters:
    ///   - bins: how many assessments have a score of so many tens.
    ///   - suggested: of those below the standard, how many would reach it by changing an answer.
    init(bins: [Int: Int], suggested: [String: Int]) {
        self.bins = bins
        self.suggested = suggested
        self.count = bins.values.reduce(0, +)
        self.reaching = bins.reduce(0) { $0 + ($1.key >= AssessedAnswers.standard / Self.width ? $1.value : 0) }
    }

    /// From the lowest score to the highest, the standard included, also where nobody is.
    var histogram: [(from: Int, count: Int)] {
        let standard = AssessedAnswers.standard / Self.width
        guard let lowest = self.bins.keys.min(), let highest = self.bins.keys.max() else { return [] }
        return (min(lowest, standard)...max(highest, standard)).map { ($0 * Self.width, self.bins[$0] ?? 0) }
    }
}
