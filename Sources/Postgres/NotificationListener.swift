import Logging
import Synchronization

/// Keeps one connection listening on one channel.
struct NotificationListener: Sendable {
    let channel: String
    let configuration: SessionConfiguration
    let id: Int
    let logger: Logger

    /// How long to wait before connecting anew.
    private static let retry = Duration.milliseconds(200)

    func run<Value>(_ consume: (PostgresNotificationSequence) async throws -> Value) async throws -> Value {
        let first: LibpqSession
        do {
            first = try await self.open()
        } catch {
            throw PSQLError(code: .listenFailed, underlying: error)
        }
        // A consumer that falls behind loses the oldest of them, which say no more than the newest.
        let (stream, notifications) = AsyncThrowingStream.makeStream(
            of: PostgresNotification.self, throwing: (any Error).self, bufferingPolicy: .bufferingNewest(1024))
        let task = Task { await self.listen(first, notifications) }
        defer {
            task.cancel()
            notifications.finish()
        }
        return try await consume(PostgresNotificationSequence(base: stream))
    }

    private func listen(
        _ first: LibpqSession, _ notifications: AsyncThrowingStream<PostgresNotification, any Error>.Continuation
    ) async {
        var session: LibpqSession? = first
        while !Task.isCancelled {
            if let session {
                await self.receive(on: session) { notifications.yield(PostgresNotification(payload: $0)) }
                await session.close()
            }
            session = nil
            do {
                try await Task.sleep(for: Self.retry)
                session = try await self.open()
                notifications.yield(PostgresNotification(payload: ""))
            } catch {
                self.logger.debug("Listening is interrupted", metadata: ["channel": "\(self.channel)"])
            }
        }
        await session?.close()
    }

    /// Returns when the connection is lost or the task is cancelled.
    private func receive(on session: LibpqSession, _ handler: @escaping @Sendable (String) -> Void) async {
        await withTaskCancellationHandler {
            try? await session.receiveNotifications(handler)
        } onCancel: {
            session.control.wakeUp.signal()
        }
    }

    private func open() async throws -> LibpqSession {
        let session = LibpqSession(id: self.id, configuration: self.configuration)
        return try await withTaskCancellationHandler {
            try await session.open()
            try await session.listen(on: self.channel)
            return session
        } onCancel: {
            session.control.wakeUp.signal()
        }
    }
}
