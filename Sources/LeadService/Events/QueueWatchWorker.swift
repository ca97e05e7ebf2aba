import Foundation
import Leads
import Logging
import ServiceLifecycle
import Synchronization

/// Looks at the queue a few times a second while somebody is connected, and tells every console what changed.
///
/// One for a process: what a look costs does not grow with the consoles. It stops before the server does, so that no open
/// stream keeps it from stopping.
package final class QueueWatchWorker: Service {
    private let database: Database
    private let dependencies: Dependencies
    private let queue: CallbackQueue
    private let streams: EventStreams
    private let known = Mutex(Known())

    /// What consoles have been told.
    private struct Known {
        /// Everything below is told; nil while nobody listens.
        var horizon: Int64?
        /// What was told of at or above the horizon, by the transaction that changed it.
        var told: [UUID: Int64] = [:]
        var viewers: [UUID: [Viewer]] = [:]
        var counts: QueueCounts?
        var countedAt = Date.distantPast
        var sessionsAt = Date.distantPast
        var heartbeatAt = Date.distantPast
    }

    private static let pause: Duration = .milliseconds(300)
    private static let pauseAfterFailure: Duration = .seconds(2)
    /// Counts change with time alone: a task falls due, a next attempt comes.
    private static let countsLength: TimeInterval = 2
    private static let sessionsLength: TimeInterval = 2
    private static let heartbeatLength: TimeInterval = 15

    init(database: Database, dependencies: Dependencies, queue: CallbackQueue, streams: EventStreams) {
        self.database = database
        self.dependencies = dependencies
        self.queue = queue
        self.streams = streams
    }

    /// How many consoles are connected to this process.
    package var connected: Int { self.streams.count }

    package func run() async throws {
        try? await cancelWhenGracefulShutdown {
            for await _ in self.streams.opened {
                while self.streams.count > 0, !Task.isCancelled {
                    let isWell = await self.lookOrLog()
                    try await Task.sleep(for: isWell ? Self.pause : Self.pauseAfterFailure)
                }
                self.known.withLock { $0 = Known() }
            }
        }
        self.streams.endAll()
    }

    private func lookOrLog() async -> Bool {
        do {
            try await self.runOnce()
            return true
        } catch is CancellationError {
            return true
        } catch {
            self.dependencies.logger.warning(
                "consoles are not told of changes", metadata: ["error": "\(String(describing: type(of: error)))"])
            return false
        }
    }

    /// One look: ends what may not go on, tells newcomers where things stand and everybody else what changed.
    package func runOnce() async throws {
        let now = self.dependencies.now()
        var known = self.known.withLock { $0 }
        defer { self.known.withLock { $0 = known } }
        if now.timeIntervalSince(known.heartbeatAt) >= Self.heartbeatLength {
            if known.heartbeatAt != .distantPast { self.streams.send([EventText.heartbeat]) }
            known.heartbeatAt = now
        }
        if now.timeIntervalSince(known.sessionsAt) >= Self.sessionsLength {
            try await self.endStrangers(at: now)
            known.sessionsAt = now
        }
        let fresh = self.streams.takeNew()
        let look = try await self.look(known, at: now)
        let isCounted =
            !look.news.isEmpty || look.more || known.counts == nil
            || now.timeIntervalSince(known.countedAt) >= Self.countsLength
        let before = known.counts
        if isCounted {
            let moment = self.queue.moment(for: CallbackQueue.nobody)
            known.counts = try await self.database.autocommit { try await $0.queueCounts(moment) }
            known.countedAt = now
        }
        let counts = known.counts ?? QueueCounts()
        known.viewers = look.viewers
        known.told = look.told
        known.horizon = look.horizon

        var texts: [[UInt8]] = []
        if !look.news.isEmpty || look.more || counts != before {
            let change = QueueChange(counts: counts, changed: look.news, more: look.more)
            texts.append(EventText.event("queue", id: look.horizon, change.json))
        }
        let sla = EventText.event("sla", id: look.horizon, counts.sla)
        if counts.sla != before?.sla { texts.append(sla) }
        self.streams.send(texts, except: Set(fresh.values.joined()))
        for (lastID, numbers) in fresh {
            let change = try await self.standing(after: lastID, look, counts, at: now)
            self.streams.send([EventText.event("queue", id: look.horizon, change.json), sla], to: numbers)
        }
    }

    /// What one look found.
    private struct Look {
        var horizon: Int64
        var next: Int64
        var told: [UUID: Int64]
        var viewers: [UUID: [Viewer]]
        var news: [TaskNews]
        var more: Bool
    }

    private func look(_ known: Known, at now: Date) async throws -> Look {
        let (found, viewers) = try await self.database.autocommit { tx in
            (
                try await tx.taskChanges(since: known.horizon, limit: QueueChange.most + 1, at: now),
                try await tx.viewers(seenAfter: now.addingTimeInterval(-Viewer.length))
            )
        }
        // Somebody who comes or goes changes a row as well.
        let moved = Set(viewers.keys).union(known.viewers.keys).filter { viewers[$0] != known.viewers[$0] }
        var tasks = found.tasks.filter { known.told[$0.news.id] != $0.changedIn }
        let seen = Set(tasks.map(\.news.id))
        let others = known.horizon == nil ? [] : Set(moved).subtracting(seen)
        if !others.isEmpty {
            tasks += try await self.database.autocommit { try await $0.tasks(others, at: now) }
        }
        return Look(
            horizon: found.horizon, next: found.next,
            told: Dictionary(found.tasks.map { ($0.news.id, $0.changedIn) }, uniquingKeysWith: { first, _ in first }),
            viewers: viewers, news: tasks.prefix(QueueChange.most).map { $0.news.seen(by: viewers) },
            // A full reading whose every task is known already brings nothing new beyond its end either.
            more: tasks.count > QueueChange.most || (found.tasks.count > QueueChange.most && !tasks.isEmpty))
    }

    /// What a newcomer is told: what changed since the id it brings, or else who holds and who looks at what, and to read all.
    private func standing(
        after lastID: Int64?, _ look: Look, _ counts: QueueCounts, at now: Date
    ) async throws -> QueueChange {
        if let lastID, lastID <= look.next {
            let missed = try await self.database.autocommit {
                try await $0.taskChanges(since: lastID, limit: QueueChange.most + 1, at: now)
            }
            if missed.tasks.count <= QueueChange.most {
                let viewed = try await self.seenTasks(look, but: missed.tasks, at: now)
                let news = (missed.tasks + viewed).map { $0.news.seen(by: look.viewers) }
                return QueueChange(counts: counts, changed: news, more: false)
            }
        }
        let held = try await self.database.autocommit { try await $0.heldTasks(limit: QueueChange.most, at: now) }
        let viewed = try await self.seenTasks(look, but: held, at: now)
        return QueueChange(
            counts: counts, changed: (held + viewed).map { $0.news.seen(by: look.viewers) }, more: true)
    }

    private func seenTasks(_ look: Look, but others: [ChangedTask], at now: Date) async throws -> [ChangedTask] {
        let ids = Set(look.viewers.keys).subtracting(others.map(\.news.id)).prefix(QueueChange.most)
        guard !ids.isEmpty else { return [] }
        return try await self.database.autocommit { try await $0.tasks(Set(ids), at: now) }
    }

    /// Ends the streams of sessions that are over; for the others the open stream is activity.
    private func endStrangers(at now: Date) async throws {
        let sessions = self.streams.sessions
        guard !sessions.isEmpty else { return }
        let live = try await self.database.autocommit {
            try await $0.liveSessions(
                sessions, at: now, idleSince: StaffSessions.idleSince(now), seenBefore: StaffSessions.seenBefore(now))
        }
        self.streams.end(sessions, but: Set(live))
    }
}

extension TaskNews {
    /// With those who look at it; the holder is not said to look as well.
    fileprivate func seen(by viewers: [UUID: [Viewer]]) -> TaskNews {
        var news = self
        news.viewers = (viewers[self.id] ?? []).filter { $0 != self.holder }
        return news
    }
}
