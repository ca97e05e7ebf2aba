package import Foundation

/// How open tasks come to advisers.
package enum AssignmentMode: String, Sendable, CaseIterable {
    /// Whoever is free takes what is next.
    case pull
    /// To whoever has the least to do today.
    case leastBusy = "least_busy"
    /// In turn.
    case roundRobin = "round_robin"
    /// In shares by weight.
    case weighted
}

/// Somebody to whom tasks can be given.
package struct TaskTaker: Sendable, Equatable {
    package var id: UUID
    package var skills: Set<String>
    /// The share in a weighted turn; nobody with 0 is given anything.
    package var weight: Int
    /// How many tasks of the day they own or hold.
    package var load: Int
    /// How many more they may be given.
    package var room: Int
    package var lastGivenAt: Date?
    /// Where their last weighted turn began, in the time that passes with such turns.
    package var turn: Double

    package init(
        id: UUID, skills: Set<String> = [], weight: Int = 1, load: Int = 0, room: Int, lastGivenAt: Date? = nil,
        turn: Double = 0
    ) {
        self.id = id
        self.skills = skills
        self.weight = weight
        self.load = load
        self.room = room
        self.lastGivenAt = lastGivenAt
        self.turn = turn
    }
}

/// A task that can be given to somebody.
package struct SharedTask: Sendable, Equatable {
    package var id: UUID
    /// What it asks of whoever calls.
    package var skill: String?
    /// Whose it is, where it is somebody's.
    package var owner: UUID?

    package init(id: UUID, skill: String? = nil, owner: UUID? = nil) {
        self.id = id
        self.skill = skill
        self.owner = owner
    }
}

/// Who is given which tasks: pure, so that the same people and tasks are always shared out alike.
///
/// Ties go to whoever was given something longest ago, never to an id or to who was here first; people who never were given
/// anything are told apart by the task.
package struct TaskSharing: Sendable {
    package var takers: [TaskTaker]
    /// Skills that somebody on shift today has; a task that asks for another is anybody's.
    package var covered: Set<String>

    /// One task and who gets it.
    package struct Gift: Sendable, Equatable {
        package var task: UUID
        package var taker: UUID
        package var at: Date
        package var turn: Double
    }

    package init(takers: [TaskTaker], covered: Set<String>) {
        self.takers = takers
        self.covered = covered
    }

    /// The skills whose tasks nobody with room can take, though somebody on shift has them: these tasks wait.
    package var blocked: Set<String> {
        self.covered.subtracting(self.takers.filter { $0.room > 0 && $0.weight > 0 }.flatMap(\.skills))
    }

    /// Gives tasks away in their order while there is room.
    package mutating func give(_ tasks: [SharedTask], mode: AssignmentMode, at now: Date) -> [Gift] {
        guard mode != .pull else { return [] }
        var gifts: [Gift] = []
        for task in tasks {
            // The time of weighted turns is where the last of them began.
            let time = self.takers.map(\.turn).max() ?? 0
            func start(_ taker: TaskTaker) -> Double {
                // Who has not had a turn for long has no claim on all those missed.
                taker.lastGivenAt == nil ? time : max(time, taker.turn + 1 / Double(taker.weight))
            }
            func rank(_ taker: TaskTaker) -> Double {
                switch mode {
                case .leastBusy: Double(taker.load)
                case .weighted: start(taker)
                case .pull, .roundRobin: 0
                }
            }
            let able = self.takers.indices.filter { self.takers[$0].room > 0 && self.canTake(self.takers[$0], task) }
            let best = able.min { Self.goesFirst(self.takers[$0], self.takers[$1], for: task, by: rank) }
            guard let best else { continue }
            // A microsecond apart, so that the order of turns outlasts this round.
            let at = now.addingTimeInterval(Double(gifts.count) / 1_000_000)
            let turn = mode == .weighted ? start(self.takers[best]) : self.takers[best].turn
            gifts.append(Gift(task: task.id, taker: self.takers[best].id, at: at, turn: turn))
            self.takers[best].load += 1
            self.takers[best].room -= 1
            self.takers[best].lastGivenAt = at
            self.takers[best].turn = turn
        }
        return gifts
    }

    /// Moves tasks from whoever has most to whoever has least, until nobody has two more than another who could take one;
    /// those of people who are no takers all go.
    package mutating func even(_ tasks: [SharedTask], at now: Date) -> [Gift] {
        var gifts: [Gift] = []
        var piles = Dictionary(grouping: tasks.reversed(), by: \.owner)
        while let owner = self.heaviest(of: piles), let task = piles[owner]?.popLast() {
            guard let best = self.lightest(for: task) else { continue }
            if let giver = self.takers.firstIndex(where: { $0.id == owner }) {
                guard self.takers[giver].load - self.takers[best].load >= 2 else { continue }
                self.takers[giver].load -= 1
            }
            let at = now.addingTimeInterval(Double(gifts.count) / 1_000_000)
            gifts.append(Gift(task: task.id, taker: self.takers[best].id, at: at, turn: self.takers[best].turn))
            self.takers[best].load += 1
            self.takers[best].lastGivenAt = at
        }
        return gifts
    }

    /// Whoever is no taker, else whoever has most, of those with something left to give.
    private func heaviest(of piles: [UUID?: [SharedTask]]) -> UUID?? {
        func load(_ owner: UUID?) -> Int { self.takers.first { $0.id == owner }?.load ?? .max }
        return piles.filter { !$0.value.isEmpty }.keys.map { ($0, load($0)) }.max {
            ($0.1, $0.0?.uuidString ?? "") < ($1.1, $1.0?.uuidString ?? "")
        }?.0
    }

    private func lightest(for task: SharedTask) -> Int? {
        self.takers.indices.filter { self.takers[$0].id != task.owner && self.canTake(self.takers[$0], task) }
            .min { Self.goesFirst(self.takers[$0], self.takers[$1], for: task) { Double($0.load) } }
    }

    private func canTake(_ taker: TaskTaker, _ task: SharedTask) -> Bool {
        guard taker.weight > 0 else { return false }
        guard let skill = task.skill, self.covered.contains(skill) else { return true }
        return taker.skills.contains(skill)
    }

    private static func goesFirst(
        _ one: TaskTaker, _ other: TaskTaker, for task: SharedTask, by rank: (TaskTaker) -> Double
    ) -> Bool {
        let ranks = (rank(one), rank(other))
        if abs(ranks.0 - ranks.1) > 1e-9 { return ranks.0 < ranks.1 }
        let times = (one.lastGivenAt ?? .distantPast, other.lastGivenAt ?? .distantPast)
        if times.0 != times.1 { return times.0 < times.1 }
        return Self.draw(one.id, task.id) < Self.draw(other.id, task.id)
    }

    /// A lot that a task draws for somebody (FNV-1a, and the mixing of SplitMix64).
    private static func draw(_ one: UUID, _ other: UUID) -> UInt64 {
        let hash = (one.uuidString + other.uuidString).utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01B3
        }
        var generator = SeededGenerator(seed: hash)
        return generator.next()
    }
}
