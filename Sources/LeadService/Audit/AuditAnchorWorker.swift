import Foundation
import Logging
import Metrics

/// Writes once an hour to a second place where the audit's chain ends, if that moved: what was cut off, or an older database
/// in the place of this one, shows in `huifang audit verify`.
package struct AuditAnchorWorker: BackgroundWorker {
    package static let job = JobName.auditAnchors
    package let interval = Duration.seconds(60)
    private let database: Database
    private let dependencies: Dependencies
    private let file: AuditAnchorFile?

    private static let pause: TimeInterval = 3600

    /// - Parameter path: of the file; nil where none is wanted.
    package init(database: Database, dependencies: Dependencies, path: String?) {
        self.database = database
        self.dependencies = dependencies
        self.file = path.map { AuditAnchorFile(path: $0, keys: dependencies.keys) }
    }

    /// Adds an anchor if one is due.
    ///
    /// - Returns: whether it did.
    /// - Throws: `AuditAnchorFile.Forged`, or why the file cannot be read or written.
    @discardableResult
    package func runOnce() async throws -> Bool {
        guard let file else { return false }
        let now = self.dependencies.now()
        let newest = try await Self.apart { try file.read().last }
        if let newest, newest.at > now.addingTimeInterval(-Self.pause) { return false }
        guard let head = try await self.database.autocommit({ try await $0.auditHead() }) else { return false }
        let anchor = AuditAnchor(position: head.position, hash: head.hash)
        guard newest?.anchor != anchor else { return false }
        try await Self.apart { try file.append(anchor, at: now) }
        return true
    }

    package func work() async throws { try await self.runOnce() }

    /// On a thread of its own: the file may be on a machine that does not answer.
    private static func apart<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result { try body() }) }
        }
    }
}
