import Foundation
import Leads
import Testing

@Suite struct `Sharing tasks` {
    private let now = Date(timeIntervalSince1970: 1_790_000_000)

    private func tasks(_ count: Int, skill: String? = nil) -> [SharedTask] {
        (0..<count).map { _ in SharedTask(id: UUID(), skill: skill) }
    }

    private func counts(_ gifts: [TaskSharing.Gift]) -> [UUID: Int] {
        gifts.reduce(into: [:]) { $0[$1.taker, default: 0] += 1 }
    }

    @Test func `by pull nobody is given anything`() {
        var sharing = TaskSharing(takers: [TaskTaker(id: UUID(), room: 9)], covered: [])
        #expect(sharing.give(self.tasks(3), mode: .pull, at: self.now).isEmpty)
    }

    @Test func `the least busy are filled up to the others, and nobody above their room`() {
        let (busy, idle, full) = (
            TaskTaker(id: UUID(), load: 4, room: 10), TaskTaker(id: UUID(), load: 0, room: 10),
            TaskTaker(id: UUID(), load: 0, room: 1)
        )
        var sharing = TaskSharing(takers: [busy, idle, full], covered: [])
        let counts = self.counts(sharing.give(self.tasks(7), mode: .leastBusy, at: self.now))
        #expect(counts[full.id] == 1 && counts[idle.id] == 5 && counts[busy.id] == 1)
        #expect(sharing.give(self.tasks(90), mode: .leastBusy, at: self.now).count == 14)
    }

    @Test func `turns go round, whoever waited longest first, over rounds of any size`() {
        let ids = (0..<3).map { _ in UUID() }
        var takers = ids.map { TaskTaker(id: $0, room: 1000) }
        takers[0].lastGivenAt = self.now.addingTimeInterval(-10)
        takers[1].lastGivenAt = self.now.addingTimeInterval(-20)
        var sharing = TaskSharing(takers: takers, covered: [])
        var order: [UUID] = []
        for round in 0..<30 {
            let at = self.now.addingTimeInterval(Double(round))
            order += sharing.give(self.tasks(2), mode: .roundRobin, at: at).map(\.taker)
        }
        // Who never had one, then by the time of the last.
        let turn = [ids[2], ids[1], ids[0]]
        #expect(order == (0..<60).map { turn[$0 % 3] })
    }

    @Test func `whoever was here first has no advantage among equals`() {
        let takers = (0..<2).map { _ in TaskTaker(id: UUID(), room: 1) }
        var first = 0
        for _ in 0..<2000 {
            var sharing = TaskSharing(takers: takers, covered: [])
            let gifts = sharing.give(self.tasks(1), mode: .leastBusy, at: self.now)
            if gifts[0].taker == takers[0].id { first += 1 }
        }
        #expect((800...1200).contains(first))
    }

    @Test func `weights are shares, weight 0 is nothing, and a newcomer has no claim on turns missed`() {
        var takers = [
            TaskTaker(id: UUID(), weight: 3, room: 100_000), TaskTaker(id: UUID(), weight: 1, room: 100_000),
            TaskTaker(id: UUID(), weight: 0, room: 100_000),
        ]
        var sharing = TaskSharing(takers: takers, covered: [])
        let counts = self.counts(sharing.give(self.tasks(400), mode: .weighted, at: self.now))
        #expect(abs((counts[takers[0].id] ?? 0) - 300) <= 1 && counts[takers[2].id] == nil)
        // Somebody who was away all day, and somebody new.
        takers = sharing.takers
        takers.append(TaskTaker(id: UUID(), weight: 1, room: 100_000, lastGivenAt: .distantPast, turn: 0))
        takers.append(TaskTaker(id: UUID(), weight: 1, room: 100_000))
        sharing = TaskSharing(takers: takers, covered: [])
        let later = self.counts(sharing.give(self.tasks(600), mode: .weighted, at: self.now.addingTimeInterval(60)))
        #expect(abs((later[takers[0].id] ?? 0) - 300) <= 3)
        for index in [1, 3, 4] { #expect(abs((later[takers[index].id] ?? 0) - 100) <= 3) }
    }

    @Test func `a skill is asked for while somebody on shift has it, and is anybody's otherwise`() {
        let (able, other) = (TaskTaker(id: UUID(), skills: ["续签"], room: 2), TaskTaker(id: UUID(), room: 50))
        var sharing = TaskSharing(takers: [able, other], covered: ["续签"])
        #expect(sharing.blocked.isEmpty)
        #expect(
            self.counts(sharing.give(self.tasks(5, skill: "续签"), mode: .leastBusy, at: self.now)) == [able.id: 2])
        #expect(sharing.blocked == ["续签"])
        #expect(
            self.counts(sharing.give(self.tasks(5, skill: "英语"), mode: .leastBusy, at: self.now)) == [other.id: 5])
    }

    @Test func `evening out ends when nobody has two more than another, and leaves nothing with who is away`() {
        let ids = (0..<3).map { _ in UUID() }
        let away = UUID()
        func owned(_ count: Int, _ owner: UUID, skill: String? = nil) -> [SharedTask] {
            (0..<count).map { _ in SharedTask(id: UUID(), skill: skill, owner: owner) }
        }
        let takers = [
            TaskTaker(id: ids[0], load: 12, room: 0), TaskTaker(id: ids[1], load: 2, room: 0),
            TaskTaker(id: ids[2], load: 1, room: 0),
        ]
        var sharing = TaskSharing(takers: takers, covered: [])
        let tasks = owned(11, ids[0]) + owned(3, away)
        let gifts = sharing.even(tasks, at: self.now)
        #expect(sharing.takers.map(\.load) == [6, 6, 6])
        #expect(gifts.count == 9 && Set(gifts.map(\.task)).count == 9)
        #expect(
            Set(owned(0, away).map(\.id)).isEmpty
                && tasks.suffix(3).allSatisfy { task in gifts.contains { $0.task == task.id } })
        #expect(sharing.even(owned(6, ids[0]), at: self.now).isEmpty)
        // Only who has the skill takes what asks for it.
        sharing = TaskSharing(
            takers: [
                TaskTaker(id: ids[0], skills: ["续签"], load: 9, room: 0), TaskTaker(id: ids[1], load: 0, room: 0),
            ], covered: ["续签"])
        #expect(sharing.even(owned(9, ids[0], skill: "续签"), at: self.now).isEmpty)
    }
}
