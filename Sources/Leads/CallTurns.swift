import Foundation

/// The calls of a simulation in the order in which they are served.
///
/// Every class of the order is a heap of its own; an entry is void once its call was taken or waits again.
struct CallTurns: Sendable {
    private let order: CallOrder
    /// How often each call was entered; an entry with an older number is void.
    private var entries: [Int32] = []
    private var waiting = BinaryHeap<Entry>()
    private var appointments = BinaryHeap<Entry>()
    private var unmet = BinaryHeap<Entry>()
    private var overdue = BinaryHeap<Entry>()
    private var met = BinaryHeap<Entry>()
    /// Newest last.
    private var fresh: [Entry] = []

    private struct Entry: Comparable, Sendable {
        var first: TimeInterval
        var second: TimeInterval
        var index: Int32
        var number: Int32
        static func < (left: Entry, right: Entry) -> Bool {
            left.first != right.first
                ? left.first < right.first : (left.second, left.index) < (right.second, right.index)
        }
    }

    init(order: CallOrder) {
        self.order = order
    }

    /// When the next call that nobody may make yet can be made.
    var nextAt: TimeInterval? { self.waiting.min?.first }

    /// Puts a call in line, for its next attempt.
    mutating func wait(_ index: Int, _ call: WaitingCall) {
        while self.entries.count <= index { self.entries.append(0) }
        self.entries[index] += 1
        self.waiting.push(
            Entry(
                first: call.nextAttemptAt.timeIntervalSince1970, second: call.acceptedAt.timeIntervalSince1970,
                index: Int32(index), number: self.entries[index]))
    }

    /// Takes the call whose turn it is out of the line.
    mutating func take(at now: TimeInterval, from calls: [WaitingCall]) -> Int? {
        self.admit(until: now, calls)
        guard let entry = self.next(at: now) else { return nil }
        self.entries[Int(entry.index)] += 1
        return Int(entry.index)
    }

    private mutating func admit(until now: TimeInterval, _ calls: [WaitingCall]) {
        while let entry = self.waiting.min, entry.first <= now {
            _ = self.waiting.pop()
            let call = calls[Int(entry.index)]
            let due = call.dueAt.timeIntervalSince1970
            let accepted = call.acceptedAt.timeIntervalSince1970
            func ready(_ first: TimeInterval, _ second: TimeInterval) -> Entry {
                Entry(first: first, second: second, index: entry.index, number: entry.number)
            }
            switch self.order {
            case .arrival: self.unmet.push(ready(accepted, 0))
            case .deadline where call.metAt != nil: self.met.push(ready(entry.first, due))
            case .deadline: self.unmet.push(ready(due, accepted))
            case .contract:
                if call.isAppointment {
                    self.appointments.push(ready(entry.first, due))
                } else if call.metAt != nil {
                    self.met.push(ready(entry.first, due))
                } else {
                    self.unmet.push(ready(due, accepted))
                    self.fresh.append(ready(call.newestInquiryAt.timeIntervalSince1970, accepted))
                }
            }
        }
    }

    private mutating func next(at now: TimeInterval) -> Entry? {
        guard case .contract(let fresh) = self.order else { return self.valid(\.unmet) ?? self.valid(\.met) }
        if let entry = self.valid(\.appointments) { return entry }
        while let entry = self.valid(\.unmet), entry.first <= now {
            _ = self.unmet.pop()
            self.overdue.push(entry)
        }
        let soonest = self.valid(\.unmet)
        if soonest.map({ $0.first > now + 3600 }) ?? true {
            while let entry = self.fresh.last, !self.isValid(entry) { self.fresh.removeLast() }
            if let entry = self.fresh.last, entry.first > now - fresh { return entry }
            self.fresh.removeAll()
        }
        if let entry = self.valid(\.overdue) { return entry }
        let tomorrow = ((now + 28800) / 86400).rounded(.down) * 86400 + 86400 - 28800
        if let soonest, soonest.first < tomorrow { return soonest }
        return self.valid(\.met) ?? soonest
    }

    private func isValid(_ entry: Entry) -> Bool { self.entries[Int(entry.index)] == entry.number }

    /// The first entry of a heap that still counts; void ones before it are dropped.
    private mutating func valid(_ heap: WritableKeyPath<CallTurns, BinaryHeap<Entry>>) -> Entry? {
        while let entry = self[keyPath: heap].min {
            if self.isValid(entry) { return entry }
            _ = self[keyPath: heap].pop()
        }
        return nil
    }
}

/// The smallest element first, in O(log n).
struct BinaryHeap<Element: Comparable & Sendable>: Sendable {
    private var elements: [Element] = []

    var min: Element? { self.elements.first }

    mutating func push(_ element: Element) {
        var child = self.elements.count
        self.elements.append(element)
        while child > 0 {
            let parent = (child - 1) / 2
            guard element < self.elements[parent] else { break }
            self.elements[child] = self.elements[parent]
            child = parent
        }
        self.elements[child] = element
    }

    mutating func pop() -> Element? {
        guard let first = self.elements.first, let last = self.elements.popLast() else { return nil }
        guard !self.elements.isEmpty else { return first }
        var parent = 0
        while true {
            var child = parent * 2 + 1
            guard child < self.elements.count else { break }
            if child + 1 < self.elements.count, self.elements[child + 1] < self.elements[child] { child += 1 }
            guard self.elements[child] < last else { break }
            self.elements[parent] = self.elements[child]
            parent = child
        }
        self.elements[parent] = last
        return first
    }
}
