import Foundation

/// What the verbs of the audit are called where people read them.
struct AuditActions: Sendable {
    private let titles: [String: String]

    /// - Parameter resources: the folder of this package's resources.
    init(_ resources: URL) throws {
        let file = resources.appendingPathComponent("audit-actions.json")
        self.titles = try JSONDecoder().decode([String: String].self, from: Data(contentsOf: file))
    }

    /// The verb itself where it has no name.
    func title(of action: String) -> String { self.titles[action] ?? action }

    /// Every verb by its name, for a choice.
    var choices: [[String: String]] {
        self.titles.sorted { $0.key < $1.key }.map { ["value": $0.key, "title": $0.value] }
    }
}
