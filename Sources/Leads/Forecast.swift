package import Foundation

/// What the rest of a day looks like, from many times it was played through.
package struct Forecast: Sendable {
    /// How often the day is played; more runs, steadier shares.
    package static let runs = 40
    /// A task is named when it came late in at least this share of the runs.
    ///
    /// Low, so that few late ones are missed: `ForecastTests` holds what it costs in false alarms.
    package static let namedFrom = 0.2

    /// A task that may miss its deadline.
    package struct Risk: Sendable, Equatable {
        package var id: UUID
        package var dueAt: Date
        /// The share of runs in which it came late.
        package var share: Double
    }

    /// Tasks that fall due in the stretch and came late in enough runs, the likeliest first.
    package let late: [Risk]
    /// How many tasks due by its end have no attempt yet.
    package let unmet: Int
    /// How many of them are overdue already.
    package let overdue: Int
    /// When the last of them was rung, in the middle run; nil when there are none, or some were not rung by then.
    package let finishedAt: Date?

    /// Plays on from now until `due`.
    ///
    /// - Parameter simulation: makes the desk as it is now, for a seed.
    package init(
        from now: Date, dueUpTo due: Date, seed: UInt64, runs: Int = Self.runs, simulation: (UInt64) -> CallSimulation
    ) {
        var late: [UUID: (dueAt: Date, runs: Int)] = [:]
        var ends: [Date] = []
        var (unmet, overdue) = (0, 0)
        for run in 0..<runs {
            var desk = simulation(seed &+ UInt64(run))
            let watched = desk.calls.indices.filter { desk.calls[$0].isUnmet && desk.calls[$0].dueAt <= due }
            unmet = watched.count
            overdue = watched.count { desk.calls[$0].dueAt <= now }
            desk.run(until: due)
            var end = Date.distantPast
            for call in watched.map({ desk.calls[$0] }) {
                if call.isLate, call.dueAt > now { late[call.id, default: (call.dueAt, 0)].runs += 1 }
                end = max(end, call.metAt ?? .distantFuture)
            }
            ends.append(end)
        }
        self.unmet = unmet
        self.overdue = overdue
        self.late = late.map { Risk(id: $0.key, dueAt: $0.value.dueAt, share: Double($0.value.runs) / Double(runs)) }
            .filter { $0.share >= Self.namedFrom }
            .sorted { ($1.share, $0.dueAt, $0.id.uuidString) < ($0.share, $1.dueAt, $1.id.uuidString) }
        let middle = ends.sorted()[ends.count / 2]
        self.finishedAt = unmet == 0 || middle == .distantFuture ? nil : middle
    }
}

/// How many advisers it takes to keep the promises of days to come.
package struct Staffing {
    private let days: [DateInterval]
    private let runs: Int
    private let seed: UInt64
    private let simulation: (_ advisers: Int, _ seed: UInt64) -> CallSimulation
    /// The share kept on each day, by the number of advisers.
    private var shares: [Int: [Double]] = [:]

    /// - Parameters:
    ///   - days: the stretches whose promises are looked at, in order.
    ///   - simulation: makes the desk as it is now with so many advisers on every day, for a seed.
    package init(
        days: [DateInterval], runs: Int = 6, seed: UInt64,
        simulation: @escaping (_ advisers: Int, _ seed: UInt64) -> CallSimulation
    ) {
        self.days = days
        self.runs = runs
        self.seed = seed
        self.simulation = simulation
    }

    /// For each day the fewest advisers with whom at least `share` of the promises that fall due on it are kept.
    ///
    /// - Parameter most: no more than these are tried; a day that needs more has nil.
    package mutating func advisersNeeded(for share: Double, most: Int) -> [Int?] {
        var needed: [Int?] = []
        for day in self.days.indices {
            var (low, high) = (0, 1)
            while high < most, self.kept(by: high)[day] < share { (low, high) = (high, min(most, high * 2)) }
            guard self.kept(by: high)[day] >= share else {
                needed.append(nil)
                continue
            }
            while high - low > 1 {
                let middle = (low + high) / 2
                if self.kept(by: middle)[day] >= share { high = middle } else { low = middle }
            }
            needed.append(high)
        }
        return needed
    }

    /// The share of promises falling due on each day that so many advisers keep; 1 for a day without any.
    package mutating func kept(by advisers: Int) -> [Double] {
        if let known = self.shares[advisers] { return known }
        var counts = self.days.map { _ in (kept: 0, all: 0) }
        for run in 0..<self.runs {
            var desk = self.simulation(advisers, self.seed &+ UInt64(run))
            desk.run(until: self.days.last?.end ?? .distantPast)
            for call in desk.calls {
                guard let day = self.days.firstIndex(where: { $0.start < call.dueAt && call.dueAt <= $0.end }) else {
                    continue
                }
                counts[day].all += 1
                counts[day].kept += call.isLate ? 0 : 1
            }
        }
        let shares = counts.map { $0.all == 0 ? 1 : Double($0.kept) / Double($0.all) }
        self.shares[advisers] = shares
        return shares
    }
}
