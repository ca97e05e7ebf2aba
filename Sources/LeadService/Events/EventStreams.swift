import Foundation
import Leads
import Synchronization

/// The consoles of this process that are connected now.
///
/// An event is made once and handed to each stream; a stream that does not keep up is ended, and comes back for what it missed.
package final class EventStreams: Sendable {
    /// One connected console.
    struct Stream: Sendable {
        fileprivate let number: Int
        let events: AsyncStream<[UInt8]>
    }

    /// Events that wait for a slow client before it is let go.
    package static let longestWait = 32
    /// Streams of one person; who has more open reads lists from time to time.
    static let mostPerPerson = 10

    private struct Entry {
        var staff: UUID
        var tokenHash: [UInt8]
        var continuation: AsyncStream<[UInt8]>.Continuation
        var hangUp: @Sendable () -> Void
        /// Set until it was told where things stand.
        var isNew = true
        var lastID: Int64?
    }

    private struct State {
        var entries: [Int: Entry] = [:]
        var next = 0
        var hasEnded = false
    }

    private let state = Mutex(State())
    private let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    /// One element per console that connects, several at once being one.
    var opened: AsyncStream<Void> { self.arrivals }

    var count: Int { self.state.withLock { $0.entries.count } }

    /// Whether a person may open one more.
    func hasRoom(for session: StaffSession) -> Bool {
        self.state.withLock { state in
            state.entries.values.count { $0.staff == session.staffID } < Self.mostPerPerson
        }
    }

    /// Adds a console; `hangUp` closes its connection although it still owes us room.
    func open(_ session: StaffSession, after lastID: Int64?, hangUp: @escaping @Sendable () -> Void) -> Stream {
        let (events, continuation) = AsyncStream.makeStream(
            of: [UInt8].self, bufferingPolicy: .bufferingOldest(Self.longestWait))
        let number = self.state.withLock { state -> Int in
            state.next += 1
            if state.hasEnded {
                continuation.finish()
            } else {
                state.entries[state.next] = Entry(
                    staff: session.staffID, tokenHash: session.tokenHash, continuation: continuation, hangUp: hangUp,
                    lastID: lastID)
            }
            return state.next
        }
        self.arrival.yield()
        return Stream(number: number, events: events)
    }

    func close(_ stream: Stream) {
        _ = self.state.withLock { $0.entries.removeValue(forKey: stream.number) }
    }

    /// The streams that were told nothing yet, by the id they go on from; they count as told from now on.
    func takeNew() -> [Int64?: [Int]] {
        self.state.withLock { state in
            let fresh = state.entries.filter { $0.value.isNew }
            for number in fresh.keys { state.entries[number]?.isNew = false }
            return Dictionary(grouping: fresh.keys) { fresh[$0]?.lastID }
        }
    }

    /// Sends to everybody but those who are new or in `except`.
    func send(_ texts: [[UInt8]], except: Set<Int> = []) {
        self.send(texts) { !$1.isNew && !except.contains($0) }
    }

    func send(_ texts: [[UInt8]], to numbers: [Int]) {
        let numbers = Set(numbers)
        self.send(texts) { number, _ in numbers.contains(number) }
    }

    private func send(_ texts: [[UInt8]], where isMeant: (Int, Entry) -> Bool) {
        guard !texts.isEmpty else { return }
        let slow = self.state.withLock { state -> [Entry] in
            var slow: [Entry] = []
            for (number, entry) in state.entries where isMeant(number, entry) {
                for text in texts {
                    guard case .dropped = entry.continuation.yield(text) else { continue }
                    slow.append(entry)
                    state.entries[number] = nil
                    break
                }
            }
            return slow
        }
        for entry in slow {
            entry.continuation.finish()
            entry.hangUp()
        }
    }

    /// The sessions that streams belong to, by their token's hash.
    var sessions: [[UInt8]] { self.state.withLock { Array(Set($0.entries.values.map(\.tokenHash))) } }

    /// Ends the streams of these sessions that are not among the live ones.
    func end(_ sessions: [[UInt8]], but live: Set<[UInt8]>) {
        let over = Set(sessions).subtracting(live)
        guard !over.isEmpty else { return }
        self.finish { over.contains($0.tokenHash) }
    }

    /// Ends every stream, also those that are opened later: the process is about to stop.
    func endAll() {
        self.state.withLock { $0.hasEnded = true }
        self.finish { _ in true }
    }

    private func finish(where isOver: (Entry) -> Bool) {
        let ended = self.state.withLock { state -> [Entry] in
            let ended = state.entries.filter { isOver($0.value) }
            for number in ended.keys { state.entries[number] = nil }
            return Array(ended.values)
        }
        for entry in ended { entry.continuation.finish() }
    }
}
