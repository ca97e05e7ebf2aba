import Foundation
import NIOCore
import Postgres

extension Webhook: TableRow {
    static let columns = """
        w.id, w.host, w.events, (SELECT p.username FROM staff p WHERE p.id = w.created_by), w.created_at, w.paused_at, w.pause_reason,
        w.previous_until,
        (SELECT count(*) FROM webhook_deliveries d WHERE d.webhook_id = w.id AND d.state = 'queued'),
        (SELECT count(*) FROM webhook_deliveries d WHERE d.webhook_id = w.id AND d.state = 'dead')
        """

    init(row: PostgresRow) throws {
        let (id, host, events, by, createdAt, pausedAt, reason, previous, waiting, dead) = try row.decode(
            (UUID, String, [String], String, Date, Date?, String?, Date?, Int, Int).self)
        self.init(
            id: id, host: host, events: events, createdBy: by, createdAt: createdAt, pausedAt: pausedAt,
            pauseReason: reason, previousUntil: previous, waiting: waiting, dead: dead)
    }
}

/// A webhook's secret as it is stored.
struct SealedSecret: TableRow {
    static let columns = "w.secret_sealed"
    let sealed: [UInt8]

    init(row: PostgresRow) throws { self.sealed = try row.decode(ByteBuffer.self).bytes }
}

extension WebhookDelivery: TableRow {
    static let columns = """
        d.position, d.event_id, d.type, d.lead_id, d.state, d.attempts, d.created_at, d.next_attempt_at, d.finished_at, d.body,
        d.requests::text
        """

    init(row: PostgresRow) throws {
        let (position, event, type, lead, state, attempts, createdAt, next, finished, body, requests) = try row.decode(
            (Int, UUID, String, UUID?, String, Int32, Date, Date, Date?, ByteBuffer, String).self)
        self.init(
            position: position, event: event, type: type, lead: lead, state: state, attempts: Int(attempts),
            createdAt: createdAt, nextAttemptAt: next, finishedAt: finished, body: body.bytes, requests: requests)
    }
}

extension Transaction {
    func webhooks(before id: UUID?, limit: Int) async throws -> [Webhook] {
        try await self.all(
            """
            SELECT \(columnsOf: Webhook.self) FROM webhooks w
            WHERE w.deleted_at IS NULL AND (\(id)::uuid IS NULL OR w.id < \(id)::uuid) ORDER BY w.id DESC LIMIT \(limit)
            """)
    }

    func webhook(_ id: UUID) async throws -> Webhook? {
        try await self.first(
            "SELECT \(columnsOf: Webhook.self) FROM webhooks w WHERE w.id = \(id) AND w.deleted_at IS NULL")
    }

    /// Locks a webhook against other changes, not against what is queued for it.
    func lockWebhook(_ id: UUID) async throws -> Webhook? {
        try await self.first(
            """
            SELECT \(columnsOf: Webhook.self) FROM webhooks w WHERE w.id = \(id) AND w.deleted_at IS NULL FOR NO KEY UPDATE OF w
            """)
    }

    /// - Returns: false when there are as many as may be.
    func insertWebhook(
        _ id: UUID, host: String, url: [UInt8], secret: [UInt8], events: [WebhookEvent], by staff: UUID, at now: Date,
        limit: Int, _ event: AuditEvent
    ) async throws -> Bool {
        try await self.execute(
            """
            WITH made AS (
                INSERT INTO webhooks (id, host, url_sealed, secret_sealed, events, created_by, created_at)
                SELECT \(id), \(host), \(ByteBuffer(bytes: url)), \(ByteBuffer(bytes: secret)),
                       \(events.map(\.rawValue))::text[], \(staff), \(now)
                WHERE (SELECT count(*) FROM webhooks WHERE deleted_at IS NULL) < \(limit) RETURNING id
            ), \(auditing: event, when: "made")
            SELECT 1 FROM made
            """)
    }

    /// Changes a locked webhook; going on again begins the count of failures anew.
    func changeWebhook(
        _ id: UUID, host: String?, url: [UInt8]?, events: [WebhookEvent]?, isActive: Bool?, at now: Date
    ) async throws {
        try await self.execute(
            """
            UPDATE webhooks SET host = coalesce(\(host), host), url_sealed = coalesce(\(url.map { ByteBuffer(bytes: $0) }), url_sealed),
                   events = coalesce(\(events?.map(\.rawValue))::text[], events),
                   paused_at = CASE \(isActive) WHEN true THEN NULL WHEN false THEN coalesce(paused_at, \(now)) ELSE paused_at END,
                   pause_reason = CASE \(isActive) WHEN true THEN NULL WHEN false THEN coalesce(pause_reason, 'by_hand') ELSE pause_reason END,
                   dead_in_a_row = CASE WHEN \(isActive) THEN 0 ELSE dead_in_a_row END
            WHERE id = \(id) AND deleted_at IS NULL
            """)
    }

    /// What waited while a webhook was paused goes out now.
    func hastenDeliveries(of webhook: UUID, at now: Date) async throws {
        try await self.execute(
            """
            UPDATE webhook_deliveries SET next_attempt_at = \(now)
            WHERE webhook_id = \(webhook) AND state = 'queued' AND next_attempt_at > \(now) AND leased_until IS NULL
            """)
    }

    /// Ends a webhook and forgets where it went and its secrets.
    func deleteWebhook(_ id: UUID, at now: Date, _ event: AuditEvent) async throws -> Bool {
        try await self.execute(
            """
            WITH ended AS (
                UPDATE webhooks SET deleted_at = \(now), url_sealed = NULL, secret_sealed = NULL, previous_sealed = NULL,
                       previous_until = NULL
                WHERE id = \(id) AND deleted_at IS NULL RETURNING id
            ), \(auditing: event, when: "ended")
            SELECT 1 FROM ended
            """)
    }

    func webhookSecret(_ id: UUID) async throws -> [UInt8]? {
        let row: SealedSecret? = try await self.first(
            """
            SELECT \(columnsOf: SealedSecret.self) FROM webhooks w WHERE w.id = \(id) AND w.deleted_at IS NULL FOR NO KEY UPDATE OF w
            """)
        return row?.sealed
    }

    /// Puts a secret in the place of another, which signs too until an instant.
    func rotateSecret(of id: UUID, to secret: [UInt8], previous: [UInt8], until: Date) async throws {
        try await self.execute(
            """
            UPDATE webhooks SET secret_sealed = \(ByteBuffer(bytes: secret)), previous_sealed = \(ByteBuffer(bytes: previous)),
                   previous_until = \(until)
            WHERE id = \(id)
            """)
    }

    /// Queues a made-up event for one webhook.
    func insertSample(
        _ event: UUID, for webhook: UUID, _ type: WebhookEvent, _ body: [UInt8], at now: Date, _ audit: AuditEvent
    ) async throws -> Bool {
        try await self.execute(
            """
            WITH queued AS (
                INSERT INTO webhook_deliveries (webhook_id, event_id, type, body, created_at, next_attempt_at)
                SELECT w.id, \(event), \(type.rawValue), \(ByteBuffer(bytes: body)), \(now), \(now)
                FROM webhooks w WHERE w.id = \(webhook) AND w.deleted_at IS NULL RETURNING event_id
            ), \(auditing: audit, when: "queued")
            SELECT 1 FROM queued
            """)
    }

    func deliveries(
        of webhook: UUID, state: String?, before position: Int?, limit: Int
    ) async throws
        -> [WebhookDelivery]
    {
        try await self.all(
            """
            SELECT \(columnsOf: WebhookDelivery.self) FROM webhook_deliveries d
            WHERE d.webhook_id = \(webhook) AND (\(state)::text IS NULL OR d.state = \(state)::text)
              AND (\(position)::bigint IS NULL OR d.position < \(position)::bigint)
            ORDER BY d.position DESC LIMIT \(limit)
            """)
    }

    func delivery(_ event: UUID, of webhook: UUID) async throws -> WebhookDelivery? {
        try await self.first(
            """
            SELECT \(columnsOf: WebhookDelivery.self) FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id
            WHERE d.webhook_id = \(webhook) AND d.event_id = \(event) AND w.deleted_at IS NULL
            """)
    }

    /// Queues a delivery again, the same bytes under the same id.
    ///
    /// - Returns: false when it waits already.
    func replayDelivery(_ event: UUID, of webhook: UUID, at now: Date, _ audit: AuditEvent) async throws -> Bool {
        try await self.execute(
            """
            WITH again AS (
                UPDATE webhook_deliveries SET state = 'queued', tries_left = \(Int16(WebhookWorker.tries)), next_attempt_at = \(now),
                       finished_at = NULL
                WHERE webhook_id = \(webhook) AND event_id = \(event) AND state <> 'queued' RETURNING position
            ), \(auditing: audit, when: "again")
            SELECT 1 FROM again
            """)
    }

    /// Deletes a batch of old deliveries, and of those for webhooks that are no more.
    func deletePastDeliveries(before: Date) async throws -> Int {
        try await self.rows(
            """
            DELETE FROM webhook_deliveries WHERE position IN
                (SELECT d.position FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id
                 WHERE (d.created_at < \(before) AND d.next_attempt_at < \(before)) OR w.deleted_at IS NOT NULL LIMIT 1000) RETURNING 1
            """
        ).count
    }
}
