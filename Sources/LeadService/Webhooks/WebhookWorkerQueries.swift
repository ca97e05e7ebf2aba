import Foundation
import NIOCore
import Postgres

/// Where a webhook's deliveries go and what signs them, still sealed.
struct SealedTarget: TableRow {
    static let columns = "w.url_sealed, w.secret_sealed, w.previous_sealed, w.previous_until"
    let url: [UInt8]
    let secret: [UInt8]
    let previous: [UInt8]?
    let previousUntil: Date?

    init(row: PostgresRow) throws {
        let (url, secret, previous, until) = try row.decode((ByteBuffer, ByteBuffer, ByteBuffer?, Date?).self)
        (self.url, self.secret, self.previous, self.previousUntil) = (url.bytes, secret.bytes, previous?.bytes, until)
    }
}

/// A delivery this process may send.
struct LeasedDelivery: TableRow {
    static let columns = "d.position, d.event_id, d.attempts, d.tries_left, d.body"
    let position: Int
    let event: UUID
    /// The fence.
    let attempt: Int
    let triesLeft: Int
    let body: [UInt8]

    init(row: PostgresRow) throws {
        let (position, event, attempt, left, body) = try row.decode((Int, UUID, Int32, Int16, ByteBuffer).self)
        (self.position, self.event, self.attempt, self.triesLeft, self.body) = (
            position, event, Int(attempt), Int(left), body.bytes
        )
    }
}

extension Transaction {
    /// Webhooks for which something is due.
    func webhooksDue(at now: Date) async throws -> [UUID] {
        try await self.rows(
            """
            SELECT w.id FROM webhooks w WHERE w.paused_at IS NULL AND w.deleted_at IS NULL AND EXISTS (
                SELECT FROM webhook_deliveries d WHERE d.webhook_id = w.id AND d.state = 'queued' AND d.next_attempt_at <= \(now)
                  AND (d.leased_until IS NULL OR d.leased_until <= \(now)))
            ORDER BY w.id LIMIT 100
            """
        ).map { try $0.decode(UUID.self) }
    }

    func webhookTarget(_ id: UUID) async throws -> SealedTarget? {
        try await self.first(
            "SELECT \(columnsOf: SealedTarget.self) FROM webhooks w WHERE w.id = \(id) AND w.paused_at IS NULL AND w.deleted_at IS NULL"
        )
    }

    /// Leases deliveries of a webhook, of each lead the first that waits; several processes get different ones.
    func leaseDeliveries(of webhook: UUID, limit: Int, at now: Date, until: Date) async throws -> [LeasedDelivery] {
        try await self.all(
            """
            WITH next AS (
                SELECT d.position FROM webhook_deliveries d
                WHERE d.webhook_id = \(webhook) AND d.state = 'queued' AND d.tries_left > 0 AND d.next_attempt_at <= \(now)
                  AND (d.leased_until IS NULL OR d.leased_until <= \(now))
                  AND NOT EXISTS (SELECT FROM webhook_deliveries e WHERE e.webhook_id = d.webhook_id AND e.lead_id = d.lead_id
                                    AND e.state = 'queued' AND e.position < d.position)
                  AND EXISTS (SELECT FROM webhooks w WHERE w.id = d.webhook_id AND w.paused_at IS NULL AND w.deleted_at IS NULL)
                ORDER BY d.next_attempt_at, d.position LIMIT \(limit) FOR UPDATE OF d SKIP LOCKED
            )
            UPDATE webhook_deliveries d SET attempts = d.attempts + 1, tries_left = d.tries_left - 1, leased_until = \(until)
            FROM next n WHERE d.position = n.position
            RETURNING \(columnsOf: LeasedDelivery.self)
            """)
    }

    /// Gives up what was tried for the last time by a process that died.
    func settleDeliveries(at now: Date) async throws {
        try await self.execute(
            """
            UPDATE webhook_deliveries SET state = 'dead', finished_at = \(now), leased_until = NULL
            WHERE state = 'queued' AND tries_left = 0 AND leased_until <= \(now)
            """)
    }

    /// Writes that a delivery was taken, under its attempt's number; the webhook's count of failures begins anew.
    func finishDelivery(
        _ delivery: LeasedDelivery, of webhook: UUID, _ request: JSONOutput, at now: Date
    ) async throws {
        try await self.execute(
            """
            WITH done AS (
                UPDATE webhook_deliveries SET state = 'sent', finished_at = \(now), leased_until = NULL,
                       requests = requests || \(request.text)::text::jsonb
                WHERE position = \(delivery.position) AND attempts = \(Int32(delivery.attempt)) AND state = 'queued' RETURNING position
            )
            UPDATE webhooks SET dead_in_a_row = 0 WHERE id = \(webhook) AND dead_in_a_row > 0 AND EXISTS (SELECT FROM done)
            """)
    }

    /// Writes that an attempt failed, under its number.
    ///
    /// - Parameter retryAt: when it is tried again; nil makes it a dead letter.
    /// - Returns: whether the number still was the newest.
    func failDelivery(
        _ delivery: LeasedDelivery, _ request: JSONOutput, retryAt: Date?, at now: Date
    ) async throws -> Bool {
        try await self.execute(
            """
            UPDATE webhook_deliveries SET state = \(retryAt == nil ? "dead" : "queued"), finished_at = \(retryAt == nil ? now : nil),
                   next_attempt_at = coalesce(\(retryAt), next_attempt_at), leased_until = NULL,
                   requests = requests || \(request.text)::text::jsonb
            WHERE position = \(delivery.position) AND attempts = \(Int32(delivery.attempt)) AND state = 'queued' RETURNING 1
            """)
    }

    /// Counts a dead letter; returns how many there were in a row.
    func countDead(of webhook: UUID) async throws -> Int {
        try await self.rows(
            "UPDATE webhooks SET dead_in_a_row = dead_in_a_row + 1 WHERE id = \(webhook) RETURNING dead_in_a_row"
        ).first.map { Int(try $0.decode(Int32.self)) } ?? 0
    }

    /// Pauses a webhook that goes on; returns its host, nil when it did not.
    func pauseWebhook(_ id: UUID, because reason: String, at now: Date) async throws -> String? {
        try await self.rows(
            """
            UPDATE webhooks SET paused_at = \(now), pause_reason = \(reason)
            WHERE id = \(id) AND paused_at IS NULL AND deleted_at IS NULL RETURNING host
            """
        ).first?.decode(String.self)
    }
}
