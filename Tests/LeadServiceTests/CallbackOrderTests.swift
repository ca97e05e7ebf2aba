import Foundation
import LeadService
import Leads
import Postgres
import Testing

/// The order of contract §4.8 against a plain one in Swift, over random tasks.
@Suite struct CallbackOrderTests {
    /// A random task and what decides its place.
    private struct Candidate {
        var seed: TaskSeed
        var id = ""
        var ownsIt = false
        var ownerIsAway = false

        /// Inside the window (at 10:30 only the morning's is open), come, and not another's who is on time.
        var isServable: Bool {
            let isOpen = self.seed.window != "afternoon" || self.seed.callAgainIn != nil
            let isFree = self.seed.owner == nil || self.ownsIt || self.ownerIsAway || self.seed.nextAttemptIn <= -1800
            return self.seed.state == "open" && self.seed.nextAttemptIn <= 0 && isOpen && isFree
        }

        var isUrgent: Bool {
            self.isServable && !self.seed.isMet && self.seed.dueIn > 0 && self.seed.dueIn <= 3600
        }

        /// Class and place in it; until midnight are 13.5 hours.
        func place(hurry: Bool) -> (Int, [Double]) {
            let byDeadline = [self.seed.dueIn, -self.seed.acceptedAgo]
            if self.ownsIt, ["appointment", "assigned"].contains(self.seed.ownerReason) {
                return (1, [self.seed.nextAttemptIn] + byDeadline)
            }
            if self.seed.callAgainIn != nil { return (2, [self.seed.nextAttemptIn] + byDeadline) }
            if !self.seed.isMet, self.seed.acceptedAgo < 900, !hurry {
                return (3, [self.seed.acceptedAgo] + byDeadline)
            }
            if !self.seed.isMet, self.seed.dueIn < 13.5 * 3600 { return (4, byDeadline) }
            if self.seed.isMet { return (5, [self.seed.nextAttemptIn] + byDeadline) }
            return (6, byDeadline)
        }
    }

    @Test(arguments: 0..<4)
    func `random tasks are served in the order that a plain sort gives`(round: Int) async throws {
        let number = UInt64.random(in: 0...9_999_999)
        print("seed of the claim order, round \(round): \(number)")
        try await withService(["CALLING_HOURS": "09:00-12:00,13:30-21:00"]) { service in
            var random = SeededGenerator(seed: number)
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let away = try await service.colleague("away")
            try await service.database.query("UPDATE staff SET active = false WHERE id = \(away.id)")
            var left: [Candidate] = []
            for index in 0..<60 {
                var candidate = Self.candidate(index, owners: [anna.id, boris.id, away.id], &random)
                candidate.ownsIt = candidate.seed.owner == anna.id
                candidate.ownerIsAway = candidate.seed.owner == away.id
                candidate.id = try await service.seed(candidate.seed).id.text
                left.append(candidate)
            }
            var served = 0
            while true {
                let hurry = left.contains { $0.isUrgent }
                let expected = left.filter { $0.isServable }.map { ($0.id, $0.place(hurry: hurry)) }.min { one, other in
                    one.1.0 != other.1.0 ? one.1.0 < other.1.0 : one.1.1.lexicographicallyPrecedes(other.1.1)
                }
                let claimed = try await service.next(for: anna)
                #expect(claimed == expected?.0, "after \(served) tasks, class \(expected?.1.0 ?? 0), seed \(number)")
                guard let claimed, claimed == expected?.0 else { break }
                left.removeAll { $0.id == claimed }
                served += 1
            }
            #expect(!left.contains { $0.isServable })
            #expect(served > 10)
        }
    }

    @Test
    func `the pool lists what is overdue, then what is due soonest, then kept promises, as they are served`()
        async throws
    {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let boris = try await service.colleague("boris")
            // In the order wanted: two overdue, due today, kept promises of somebody who was late, due tomorrow.
            var wanted: [String] = []
            for (dueIn, nextAttemptIn, isMet) in [
                (-7200.0, -60.0, false), (-3600, -7200, false), (7200, -60, false), (-80_000, -9000, true),
                (3600, -5400, true), (113_400, -60, false), (200_000, -8000, false),
            ].reversed() {
                let seed = TaskSeed(
                    phone: "1380000200\(wanted.count)", acceptedAgo: 100_000, dueIn: dueIn,
                    nextAttemptIn: nextAttemptIn,
                    isMet: isMet, owner: isMet ? boris.id : nil, ownerReason: isMet ? "contacted" : nil)
                wanted.insert(try await service.seed(seed).id.text, at: 0)
            }
            #expect(try await service.list("pool", anna)["items"].array.map { $0["id"].string } == wanted)
            var paged: [String] = []
            var more = "&limit=1"
            while more != "&limit=1&cursor=" {
                let page = try await service.list("pool", anna, more: more)
                paged += page["items"].array.map { $0["id"].string }
                more = "&limit=1&cursor=\(page["next_cursor"].string)"
            }
            #expect(paged == wanted)
            var served: [String] = []
            while let next = try await service.next(for: anna) { served.append(next) }
            #expect(served == wanted)
        }
    }

    private static func candidate(_ index: Int, owners: [UUID], _ random: inout SeededGenerator) -> Candidate {
        var seed = TaskSeed(phone: "1380000\(1000 + index)")
        // Whole seconds of its own each, so that no two are equal in all that the order names.
        seed.acceptedAgo = Double(random.pick([60, 300, 800, 1000, 7200, 100_000]) + index)
        seed.dueIn = Double(random.pick([-72_000, -60, 1800, 3500, 27_000, 113_400, 200_000]))
        if seed.dueIn < -seed.acceptedAgo + 1 { seed.acceptedAgo = 172_800 + Double(index) }
        seed.nextAttemptIn = Double(random.pick([-7200, -3600, -1900, -1700, -60, 0, 60, 4000]))
        seed.isMet = random.pick([true, false, false])
        seed.window = random.pick([nil, nil, "morning", "afternoon"])
        seed.state = random.pick(["open", "open", "open", "open", "paused"])
        if random.pick([true, false]) {
            seed.owner = random.pick(owners)
            seed.ownerReason = random.pick(["appointment", "assigned", "contacted"])
        }
        if random.pick([true, false, false, false]) { seed.callAgainIn = seed.nextAttemptIn }
        return Candidate(seed: seed)
    }
}
