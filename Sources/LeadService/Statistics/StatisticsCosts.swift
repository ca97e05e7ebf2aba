import Foundation
import Leads

extension Statistics {
    /// What a source's advertisements cost in the period, and what its inquiries of the period came to.
    struct SourceCost: Sendable, Equatable {
        var fen: Int
        var funnel: Funnel

        var perInquiry: Double? { self.yuan(for: self.funnel.accepted) }
        var perContact: Double? { self.yuan(for: self.funnel.contacted) }
        var perConversion: Double? { self.yuan(for: self.funnel.converted) }
        var yuan: Double { Double(self.fen) / 100 }

        private func yuan(for count: Int) -> Double? { count > 0 ? self.yuan / Double(count) : nil }
    }

    /// The sources that cost something, the dearest first.
    var rankedCosts: [(source: String, cost: SourceCost)] {
        self.costs.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map {
            ($0.key, SourceCost(fen: $0.value, funnel: self.sources[$0.key] ?? Funnel()))
        }
    }

    /// All of them together: the inquiries of other sources cost nothing and are not in it.
    var totalCost: SourceCost {
        self.rankedCosts.reduce(SourceCost(fen: 0, funnel: Funnel())) {
            SourceCost(fen: $0.fen + $1.cost.fen, funnel: $0.funnel + $1.cost.funnel)
        }
    }

    var costJSON: JSONOutput {
        .object([
            "total": .object(self.totalCost.members),
            "sources": .array(
                self.rankedCosts.map { .object($0.cost.members.merging(["source": .string($0.source)]) { $1 }) }),
        ])
    }
}

extension Statistics.SourceCost {
    fileprivate var members: [String: JSONOutput] {
        func yuan(_ value: Double?) -> JSONOutput { value.map { .raw(String(format: "%.2f", $0)) } ?? .null }
        return [
            "yuan": yuan(self.yuan), "accepted": .integer(self.funnel.accepted),
            "contacted": .integer(self.funnel.contacted), "converted": .integer(self.funnel.converted),
            "per_inquiry": yuan(self.perInquiry), "per_contact": yuan(self.perContact),
            "per_conversion": yuan(self.perConversion),
        ]
    }
}
