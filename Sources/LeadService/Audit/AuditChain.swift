package import Foundation
import Leads

/// The chain over the audit: each link's hash covers the one before and the MAC of its event, so that a change, a
/// removal or another order shows.
package struct AuditChain: Sendable {
    private let database: Database
    private let keys: KeyRing

    /// What the first link continues.
    static let start = [UInt8](repeating: 0, count: 32)
    private static let batch = 1000

    package init(database: Database, keys: KeyRing) {
        self.database = database
        self.keys = keys
    }

    /// What a walk over the whole audit found.
    package struct Verification: Sendable, Equatable {
        /// Links that hold.
        package var linked = 0
        /// Events that no link covers yet.
        package var waiting = 0
        package var firstBreak: Break?
        /// The last position that the head covered when the head itself was begun, by the first program that had one.
        package var headBegunAfter: String?
    }

    /// The chain's last link is not the one its head names; nothing more is linked then.
    package struct EndMissing: Error {}

    /// Where the audit stops holding.
    package struct Break: Sendable, Equatable, CustomStringConvertible {
        package enum Reason: String, Sendable {
            case linkMissing = "the link at this position was removed"
            case eventMissing = "the event of this link was removed"
            case eventAltered = "the event was altered"
            case linkAltered = "the link does not follow from the one before"
            case endMissing = "the chain does not end where its head says"
            case headBegunAgain = "the head of the chain was removed and begun again"
            case emptied = "there is no event, though there are staff or inquiries"
            case inquiryUntold = "an inquiry was accepted that no event tells of"
            case anchorDiffers = "the chain had another link here when an anchor was written"
            case anchorBeyond =
                "the chain ends before an anchor: it was cut off, or an older backup was restored"
            case detailMissing = "the detail of this event was removed without a checkpoint"
        }

        /// The link's position; nil for an event that no link covers yet.
        package var position: Int?
        package var event: UUID?
        package var reason: Reason

        package var description: String {
            let place = self.position.map { "position \($0)" } ?? "an event without a link"
            return "\(place): \(self.reason.rawValue)"
                + (self.event.map { " (event \($0.uuidString.lowercased()))" } ?? "")
        }
    }

    /// Walks every link in order, from the beginning or from where a checkpoint says that what was before has expired, then
    /// the events that are not linked yet; a detail may be gone only where a later
    /// checkpoint says that it was erased.
    ///
    /// - Parameter anchors: ends that the chain once had; those that have expired say nothing.
    package func verify(anchors: [AuditAnchor] = []) async throws -> Verification {
        let keys = self.keys
        let anchored = Dictionary(grouping: anchors, by: \.position)
        return try await self.database.snapshot { tx in
            var result = Verification()
            var details = DetailWalk()
            var (position, hash) = (0, Self.start)
            if let checkpoint = try await tx.newestExpiry() {
                guard Audit.isAuthentic(checkpoint, keys: keys), let start = Audit.start(after: checkpoint) else {
                    result.firstBreak = Break(position: nil, event: checkpoint.id, reason: .eventAltered)
                    return result
                }
                (position, hash) = start
            }
            while true {
                let links = try await tx.auditLinks(after: position, limit: Self.batch)
                for link in links {
                    if let found = Self.check(link, after: hash, expected: position + 1, keys: keys) {
                        result.firstBreak = found
                        return result
                    }
                    if anchored[link.position]?.allSatisfy({ $0.names(link.hash) }) == false {
                        result.firstBreak = Break(position: link.position, event: link.eventID, reason: .anchorDiffers)
                        return result
                    }
                    if let event = link.event { details.visit(event, at: link.position) }
                    (position, hash) = (link.position, link.hash)
                    result.linked += 1
                }
                if links.count < Self.batch { break }
            }
            if let beyond = anchored.keys.filter({ $0 > position }).min() {
                result.firstBreak = Break(position: beyond, event: nil, reason: .anchorBeyond)
                return result
            }
            var last = UUID.v7(at: .distantPast, random: Self.start)
            while true {
                let events = try await tx.unlinkedAuditEvents(after: last, limit: Self.batch)
                for event in events {
                    guard Audit.isAuthentic(event, keys: keys) else {
                        result.firstBreak = Break(position: nil, event: event.id, reason: .eventAltered)
                        return result
                    }
                    details.visit(event, at: nil)
                    result.waiting += 1
                }
                guard events.count == Self.batch, let newest = events.last else {
                    let missing = try await Self.missing(tx, after: position, hash, keys: keys, &result)
                    result.firstBreak = missing ?? details.gap
                    return result
                }
                last = newest.id
            }
        }
    }

    /// What the walk cannot see because it is gone from the end.
    private static func missing(
        _ tx: Transaction, after position: Int, _ hash: [UInt8], keys: KeyRing, _ result: inout Verification
    ) async throws -> Break? {
        if let head = try await tx.auditHead() {
            guard head.names(position: position, hash: hash, keys: keys) else {
                return Break(position: position + 1, event: nil, reason: .endMissing)
            }
        } else if result.linked > 0 {
            return Break(position: position + 1, event: nil, reason: .endMissing)
        }
        let begun = try await tx.auditHeadsBegun()
        if begun.count > 1 { return Break(position: nil, event: begun.last?.id, reason: .headBegunAgain) }
        result.headBegunAfter = begun.first?.object
        if try await tx.isAuditEmptied() { return Break(position: nil, event: nil, reason: .emptied) }
        if try await tx.inquiryUntold() != nil { return Break(position: nil, event: nil, reason: .inquiryUntold) }
        return nil
    }

    private static func check(_ link: AuditLink, after hash: [UInt8], expected: Int, keys: KeyRing) -> Break? {
        guard link.position == expected else { return Break(position: expected, event: nil, reason: .linkMissing) }
        guard let event = link.event else {
            return Break(position: expected, event: link.eventID, reason: .eventMissing)
        }
        guard Audit.isAuthentic(event, keys: keys) else {
            return Break(position: expected, event: event.id, reason: .eventAltered)
        }
        guard keys.isAuthentic(link.hash, of: hash + event.mac, for: .audit) else {
            return Break(position: expected, event: event.id, reason: .linkAltered)
        }
        return nil
    }
}

/// The details along the walk: which are gone, and which of them a checkpoint names.
private struct DetailWalk {
    private var missing: [(event: UUID, position: Int?)] = []
    private var erased: Set<String> = []

    /// The first detail that is gone and that no checkpoint names.
    var gap: AuditChain.Break? {
        self.missing.first { !self.erased.contains($0.event.uuidString.lowercased()) }.map {
            AuditChain.Break(position: $0.position, event: $0.event, reason: .detailMissing)
        }
    }

    /// Takes in an event that is authentic.
    mutating func visit(_ event: AuditEvent, at position: Int?) {
        if event.action == Audit.checkpointAction, case .object(let members) = event.detail,
            case .array(let ids)? = members["events"]
        {
            for case .string(let id) in ids { self.erased.insert(id) }
        }
        if event.detailHash != nil, event.sealed == nil { self.missing.append((event.id, position)) }
    }
}

/// One link with the event it covers, if that is still there.
struct AuditLink: Sendable {
    var position: Int
    var eventID: UUID
    var hash: [UInt8]
    var event: AuditEvent?
}

extension Audit {
    /// Whether an event read from the database is the one that was written.
    static func isAuthentic(_ event: AuditEvent, keys: KeyRing) -> Bool {
        keys.isAuthentic(event.mac, of: Array(self.message(event, detail: event.detail.text).utf8), for: .audit)
            && self.isDetailAuthentic(event, keys: keys)
    }
}

extension Audit {
    /// Whether the sealed text is what the event's hash says; whether one that is gone may be is seen along the walk.
    private static func isDetailAuthentic(_ event: AuditEvent, keys: KeyRing) -> Bool {
        guard let sealed = event.sealed else { return true }
        guard let hash = event.detailHash, let text = try? keys.open(sealed, at: self.place(of: event.id)) else {
            return false
        }
        return keys.isAuthentic(hash, of: Array(text.utf8), for: .audit)
    }
}
