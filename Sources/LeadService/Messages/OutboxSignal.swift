import Synchronization

/// Wakes the outbox worker of this process when something was queued; other processes find it by polling.
package final class OutboxSignal: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    package init() {
        (self.stream, self.continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Says that there is something to send; several calls before the worker looks are one.
    package func wake() {
        self.continuation.yield()
    }

    /// One element per wake-up, for the one worker of the process.
    package var wakes: AsyncStream<Void> { self.stream }
}
