import Foundation
import Leads

/// Webhooks as administrators keep them: made, changed, paused, turned, tried out, and what was sent.
struct Webhooks: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    private let guardian: WebhookGuard
    private let audit: Audit

    /// How long the secret before a rotation signs too.
    static let overlap: TimeInterval = 24 * 3600
    private static let most = 20

    init(database: Database, dependencies: Dependencies, privateRanges: [AddressRange]) {
        self.database = database
        self.dependencies = dependencies
        self.guardian = WebhookGuard(privateRanges: privateRanges, resolve: dependencies.resolve)
        self.audit = Audit(dependencies: dependencies)
    }

    func list(before cursor: UUID?, limit: Int) async throws -> JSONOutput {
        let now = self.dependencies.now()
        let webhooks = try await self.database.autocommit { try await $0.webhooks(before: cursor, limit: limit + 1) }
        let page = webhooks.prefix(limit)
        return .object([
            "items": .array(page.map { $0.json(at: now) }),
            "next_cursor": .optional(webhooks.count > limit ? page.last?.id.uuidString.lowercased() : nil),
        ])
    }

    /// Makes a webhook; its secret is told this once.
    ///
    /// - Throws: 422 for an address that deliveries may not go to; 409 `webhooks_full`.
    func make(
        _ address: WebhookAddress, _ events: [WebhookEvent], by session: StaffSession
    ) async throws -> (id: UUID, secret: String) {
        try await self.check(address)
        let (id, secret, now) = (self.dependencies.makeID(), WebhookSecret(self.dependencies), self.dependencies.now())
        let keys = self.dependencies.keys
        let url = try keys.seal(address.url, at: Webhook.urlPlace(id))
        let sealed = try keys.seal(secret.text, at: Webhook.secretPlace(id))
        let event = self.audit.event(
            "webhook.add", on: id, by: session.actor,
            ["host": .string(address.host), "events": .array(events.map { .string($0.rawValue) })])
        let isMade = try await self.database.autocommit {
            try await $0.insertWebhook(
                id, host: address.host, url: url, secret: sealed, events: events, by: session.staffID, at: now,
                limit: Self.most, event)
        }
        guard isMade else {
            throw Problem(
                .conflict, "webhooks_full", "最多 \(Self.most) 个 Webhook，请先删除不用的",
                english: "There are \(Self.most) webhooks; delete one first.")
        }
        return (id, secret.text)
    }

    /// Changes where it goes, what it gets, or whether it goes on; what waited goes out as soon as it does.
    func change(_ id: UUID, _ change: WebhookChange, by session: StaffSession) async throws -> JSONOutput {
        // An unknown one is not found, whatever is wrong with the address.
        guard try await self.database.autocommit({ try await $0.webhook(id) }) != nil else { throw Problems.notFound }
        if let address = change.address { try await self.check(address) }
        let now = self.dependencies.now()
        let url = try change.address.map { try self.dependencies.keys.seal($0.url, at: Webhook.urlPlace(id)) }
        return try await self.database.transaction { tx in
            guard let before = try await tx.lockWebhook(id) else { throw Problems.notFound }
            try await tx.changeWebhook(
                id, host: change.address?.host, url: url, events: change.events, isActive: change.isActive, at: now)
            if change.isActive == true, before.pausedAt != nil { try await tx.hastenDeliveries(of: id, at: now) }
            guard let after = try await tx.webhook(id) else { throw Problems.notFound }
            try await tx.insert(
                self.audit.event(
                    "webhook.change", on: id, by: session.actor,
                    [
                        "before": before.audited, "after": after.audited,
                        "address_changed": .bool(change.address != nil),
                    ]))
            return after.json(at: now)
        }
    }

    /// Ends a webhook at once, with what waits for it.
    func delete(_ id: UUID, by session: StaffSession) async throws {
        let (now, event) = (self.dependencies.now(), self.audit.event("webhook.delete", on: id, by: session.actor))
        guard try await self.database.autocommit({ try await $0.deleteWebhook(id, at: now, event) }) else {
            throw Problems.notFound
        }
    }

    /// Makes a new secret; the one before signs too for a day.
    func rotate(_ id: UUID, by session: StaffSession) async throws -> (secret: String, previousUntil: Date) {
        let (secret, keys) = (WebhookSecret(self.dependencies), self.dependencies.keys)
        let until = self.dependencies.now().addingTimeInterval(Self.overlap)
        let sealed = try keys.seal(secret.text, at: Webhook.secretPlace(id))
        try await self.database.transaction { tx in
            guard let old = try await tx.webhookSecret(id) else { throw Problems.notFound }
            let previous = try keys.seal(
                try keys.open(old, at: Webhook.secretPlace(id)), at: Webhook.previousPlace(id))
            try await tx.rotateSecret(of: id, to: sealed, previous: previous, until: until)
            try await tx.insert(self.audit.event("webhook.rotate", on: id, by: session.actor))
        }
        return (secret.text, until)
    }

    /// Queues a made-up event; returns its id.
    func sample(_ type: WebhookEvent, for id: UUID, by session: StaffSession) async throws -> UUID {
        let (event, now) = (self.dependencies.makeID(), self.dependencies.now())
        let body = Array(type.sample(at: now).text.utf8)
        let audit = self.audit.event("webhook.test", on: id, by: session.actor, ["type": .string(type.rawValue)])
        let isQueued = try await self.database.autocommit {
            try await $0.insertSample(event, for: id, type, body, at: now, audit)
        }
        guard isQueued else { throw Problems.notFound }
        return event
    }

    func deliveries(of id: UUID, state: String?, before position: Int?, limit: Int) async throws -> JSONOutput {
        let found = try await self.database.autocommit { tx in
            guard try await tx.webhook(id) != nil else { throw Problems.notFound }
            return try await tx.deliveries(of: id, state: state, before: position, limit: limit + 1)
        }
        let page = found.prefix(limit)
        return .object([
            "items": .array(page.map(\.json)),
            "next_cursor": .optional(found.count > limit ? page.last.map { String($0.position) } : nil),
        ])
    }

    /// Sends a delivery once more, the same bytes under the same id.
    ///
    /// - Throws: 404; 409 `delivery_waiting`.
    func replay(_ event: UUID, of id: UUID, by session: StaffSession) async throws {
        let now = self.dependencies.now()
        let audit = self.audit.event(
            "webhook.replay", on: id, by: session.actor, ["event": .string(event.uuidString.lowercased())])
        try await self.database.autocommit { tx in
            guard try await tx.delivery(event, of: id) != nil else { throw Problems.notFound }
            guard try await tx.replayDelivery(event, of: id, at: now, audit) else { throw Problems.deliveryWaiting }
        }
    }

    private func check(_ address: WebhookAddress) async throws {
        do {
            _ = try await self.guardian.addresses(of: address)
        } catch {
            throw Problem(failures: [error.failure.within("/url")])
        }
    }
}

extension Problems {
    static let deliveryWaiting = Problem(
        .conflict, "delivery_waiting", "这条还在等待发送，不用重发", english: "The delivery waits to be sent already.")
}
