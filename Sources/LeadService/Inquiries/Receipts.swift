import Foundation
import Leads

/// The visitor's receipt: what was promised and what has happened since.
package struct Receipts: Sendable {
    private let database: Database
    private let links: LinkToken

    package init(database: Database, dependencies: Dependencies) {
        self.database = database
        self.links = LinkToken(keys: dependencies.keys)
    }

    /// The receipt behind a token.
    ///
    /// - Throws: 404 for a token that is not ours; 410 when the inquiry is gone.
    func receipt(_ token: String) async throws -> ReceiptRow {
        guard let id = self.links.id(.receipt, in: token) else { throw Problems.notFound }
        guard let row = try await self.database.autocommit({ try await $0.receipt(id) }) else { throw Problems.gone }
        return row
    }
}

/// A receipt as it is read.
struct ReceiptRow: Sendable {
    var inquiryID: UUID
    var acceptedAt: Date
    var dueAt: Date
    var metAt: Date?
    var state: String?
    var nextAttemptAt: Date?
    var lastAttemptAt: Date?

    /// The state a visitor understands.
    var status: String {
        if self.metAt != nil { return self.state == "closed" ? "closed" : "called" }
        return self.state == "closed" ? "closed" : "waiting"
    }
}
