import Foundation
import Leads

/// What of the audit is wanted.
struct AuditFilter: Sendable {
    var from: Date?
    /// Exclusive.
    var before: Date?
    var actor: String?
    /// A verb such as `callback.reveal`, or the noun before its dot.
    var action: String?
    var object: String?
}

/// An event as it is read.
struct ReadAuditEvent: Sendable {
    var id: UUID
    var at: Date
    var actor: String
    var role: String
    var action: String
    var object: String
    /// JSON.
    var detail: String
    /// Free text, which an erasure may have taken meanwhile.
    var sealed: [UInt8]?
}

/// The audit for those who answer for it: what was done, the newest first.
struct AuditList: Sendable {
    let database: Database
    let dependencies: Dependencies

    /// A page of events.
    ///
    /// - Parameter cursor: the last event of the page before.
    /// - Throws: 422 `cursor_invalid` for a cursor that is no event.
    func page(
        _ filter: AuditFilter, after cursor: UUID?, limit: Int
    ) async throws -> (events: [ReadAuditEvent], next: UUID?) {
        let found: [ReadAuditEvent]? = try await self.database.autocommit { session in
            guard let cursor else { return try await session.auditEvents(filter, after: nil, limit: limit + 1) }
            guard let at = try await session.auditTime(of: cursor) else { return nil }
            return try await session.auditEvents(filter, after: (at, cursor), limit: limit + 1)
        }
        guard let found else { throw Problem(failures: [LeadCursor.invalid.within("/cursor")]) }
        return (Array(found.prefix(limit)), found.count > limit ? found[limit - 1].id : nil)
    }

    /// The end of the chain, for whoever wants to write it down.
    func end() async throws -> AuditAnchor? {
        try await self.database.autocommit { try await $0.auditHead() }.map {
            AuditAnchor(position: $0.position, hash: $0.hash)
        }
    }

    /// The detail of an event as JSON text.
    ///
    /// Of a correction only the fact is told: what was there before is somebody's name.
    func detail(of event: ReadAuditEvent) -> String {
        guard let sealed = event.sealed, event.action != "privacy.corrected" else { return event.detail }
        return (try? self.dependencies.keys.open(sealed, at: Audit.place(of: event.id))) ?? #"{"unreadable":true}"#
    }

    /// Tells who took the audit away, and what of it.
    func noteExport(by session: StaffSession, of filter: [String: String]) async throws {
        let event = try Audit(dependencies: self.dependencies).event(
            "audit.export", on: "audit", by: session.username, role: session.auditRole,
            sealing: filter.mapValues { .string($0) })
        try await self.database.autocommit { try await $0.insert(event) }
    }

    func json(_ event: ReadAuditEvent) -> JSONOutput {
        .object([
            "id": .string(event.id.uuidString.lowercased()), "at": .string(RFC3339.text(event.at)),
            "actor": .string(event.actor), "role": .string(event.role), "action": .string(event.action),
            "object": .string(event.object), "detail": .raw(self.detail(of: event)),
        ])
    }
}
