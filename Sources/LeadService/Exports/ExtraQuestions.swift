import Foundation
import Leads

/// The extra questions of one export: a column each, under the words in which it is asked.
///
/// Those that the company asks come first, in their order and whether anybody answered or not, so that its files stay alike;
/// then those it asked once, then what other forms sent, the most answered first. A form may send any names. Those beyond the hundredth share one last column, so that no export is wider than a table can be.
struct ExtraQuestions: Sendable {
    static let most = 100
    private static let mostCounted = 10_000
    /// The last column's title, when it is there.
    static let restTitle = "其余问题"

    private var counts: [String: Int] = [:]
    private(set) var names: [String] = []
    private(set) var hasRest = false
    private(set) var titles: [String] = []
    private let asked: [ExtraQuestion]
    private let former: [ExtraQuestion]

    init(asked: [ExtraQuestion] = [], former: [ExtraQuestion] = []) {
        self.asked = asked
        self.former = former
    }

    /// Notes the names of what one inquiry answered.
    mutating func add(_ names: some Sequence<String>) {
        for name in names {
            if self.counts[name] != nil || self.counts.count < Self.mostCounted {
                self.counts[name, default: 0] += 1
            } else {
                self.hasRest = true
            }
        }
    }

    /// Settles the columns once everything was noted.
    mutating func settle() {
        let known = self.asked + self.former.filter { self.counts[$0.key] != nil }
        for question in known { self.counts[question.key] = nil }
        let sorted = self.counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let room = max(0, Self.most - known.count)
        self.names = known.map(\.key) + sorted.prefix(room).map(\.key)
        self.hasRest = self.hasRest || sorted.count > room
        self.counts = [:]
        let words = known.map(\.label) + sorted.prefix(room).map(\.key)
        let times = Dictionary(words.map { ($0, 1) }, uniquingKeysWith: +)
        self.titles = zip(words, self.names).map { times[$0, default: 0] > 1 && $0 != $1 ? "\($0)（\($1)）" : $0 }
        if self.hasRest { self.titles.append(Self.restTitle) }
    }

    /// One inquiry's answers as the cells of the columns.
    func cells(_ answers: [String: JSONOutput]) -> [String] {
        let cells = self.names.map { answers[$0].map { Self.text($0) } ?? "" }
        guard self.hasRest else { return cells }
        let known = Set(self.names)
        let rest = answers.filter { !known.contains($0.key) }
        return cells + [rest.isEmpty ? "" : JSONOutput.object(rest).text]
    }

    /// Text as it is, nothing for null, anything else as JSON.
    private static func text(_ value: JSONOutput) -> String {
        switch value {
        case .string(let text): text
        case .null: ""
        default: value.text
        }
    }
}
