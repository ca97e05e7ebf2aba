import Foundation
import Leads

/// The day of calls and what led to it, played through the operations in the order of time.
struct DemoDay {
    private let desk: DemoDesk
    private let people: [String: StaffSession]
    private let clock: DemoClock
    private let dependencies: Dependencies
    private let settings: SettingsStore
    private let calendar: CalendarStore
    private let notices: PrivacyNoticeStore
    private let inquiries: Inquiries
    private let promises: PromiseTimes
    private let pointsRules: RulesStore
    private let queue: CallbackQueue

    /// Between two calls of an adviser, and how long one takes.
    private static let pace: TimeInterval = 12 * 60
    private static let talk: TimeInterval = 4 * 60

    init(desk: DemoDesk, people: [String: StaffSession]) throws {
        let clock = DemoClock(desk.dependencies.now())
        var dependencies = desk.dependencies
        dependencies.now = { clock.now }
        let (database, configuration) = (desk.database, desk.configuration)
        let rules = try RuleFiles(folder: Resources.folder.appendingPathComponent("rules"))
        let settings = SettingsStore(database: database, now: { clock.now }, locked: configuration.lockedSettings)
        let calendar = CalendarStore(database: database, shipped: rules.calendar)
        let notices = PrivacyNoticeStore(
            database: database, now: { clock.now }, settings: settings, shipped: try ReferenceData().notices)
        let promises = PromiseTimes(settings: settings, calendar: calendar, now: { clock.now })
        let pointsRules = RulesStore(database: database, shipped: rules.points)
        self.desk = desk
        self.people = people
        self.clock = clock
        self.dependencies = dependencies
        self.settings = settings
        self.calendar = calendar
        self.notices = notices
        self.promises = promises
        self.pointsRules = pointsRules
        self.inquiries = Inquiries(
            database: database, dependencies: dependencies, settings: settings, promises: promises, notices: notices,
            assessments: Assessments(
                database: database, dependencies: dependencies, settings: settings, rules: pointsRules,
                budgetFactor: configuration.budgetFactor),
            budgetFactor: configuration.budgetFactor, publicURL: configuration.publicURL)
        self.queue = CallbackQueue(
            database: database, dependencies: dependencies, settings: settings, calendar: calendar)
    }

    /// Everything, until now.
    func play() async throws {
        try await self.settings.reload()
        try await self.calendar.reload()
        try await self.notices.reload()
        try await self.pointsRules.reload()
        let now = self.desk.dependencies.now()
        var day = ShanghaiDate(now).adding(-1)
        while !self.calendar.current.isWorkingDay(day) { day = day.adding(-1) }
        func time(_ arrival: DemoVisitor.Arrival) -> Date {
            switch arrival {
            case .dayBefore(let minute): day.adding(-1).at(minute: minute)
            case .dayOfCalls(let minute): day.at(minute: minute)
            case .minutesAgo(let minutes): now.addingTimeInterval(-60 * TimeInterval(minutes))
            }
        }
        var steps: [(at: Date, run: () async throws -> Void)] = []
        for (index, visitor) in DemoVisitor.all.enumerated() {
            steps.append((time(visitor.arrival), { try await self.submit(visitor, index) }))
        }
        for (adviser, times) in try self.callTimes(on: day, until: now).enumerated() {
            let calls = DemoVisitor.all.enumerated().filter { $0.element.call?.adviser == adviser }
            for (at, call) in zip(times, calls) {
                guard let plan = call.element.call else { continue }
                steps.append((at, { try await self.call(call.offset, plan, realNow: now) }))
            }
        }
        for step in steps.sorted(by: { $0.at < $1.at }) {
            self.clock.set(step.at)
            try await step.run()
        }
        // What comes in by itself comes on a day that is not over.
        let touched = (day.adding(-1).dayNumber...ShanghaiDate(now).dayNumber).map { ShanghaiDate(dayNumber: $0) }
        try await self.desk.database.autocommit { try await $0.mark(touched) }
    }

    /// When each adviser calls on that day, one call after the other, inside the calling hours.
    private func callTimes(on day: ShanghaiDate, until now: Date) throws -> [[Date]] {
        let hours = self.settings.current.callingHours
        return try DemoColleague.advisers.indices.map { adviser in
            let count = DemoVisitor.all.count { $0.call?.adviser == adviser }
            var next = day.at(minute: 9 * 60 + 20 + 3 * adviser)
            return try (0..<count).map { _ in
                next = hours.next(from: next)
                defer { next += Self.pace }
                guard ShanghaiDate(next) == day, next.addingTimeInterval(Self.talk) < now else {
                    throw DemoDesk.Refusal.noTimeToCall
                }
                return next
            }
        }
    }

    /// A number gets a code that no gateway sees, and its visitor submits with it.
    private func submit(_ visitor: DemoVisitor, _ index: Int) async throws {
        let phone = try DemoVisitor.phone(index)
        let keys = self.dependencies.keys
        let code = VerificationCode.random(from: self.dependencies.randomBytes)
        let challenge = self.dependencies.makeID()
        let message = VerificationCode.message(challenge: challenge, purpose: .inquiry, phone: phone, code: code)
        let draft = CodeDraft(
            challenge: challenge, message: self.dependencies.makeID(), purpose: .inquiry,
            phoneIndex: keys.index(of: phone), mac: keys.mac(.code, message), template: "inquiry_code",
            phoneSealed: [], parametersSealed: [], source: "demo/script", withholding: .prefix, seed: 0, cooldown: 0,
            hourly: 1000, daily: 1000, wrongHourly: 1000, wrongDaily: 1000)
        let now = self.clock.now
        let admission = try await self.desk.database.statement {
            try await $0.issueCode(SendRequest(draft: draft, windows: [], proof: nil, isProven: true), at: now)
        }
        guard admission == .admitted else { throw Problems.unavailable }
        self.clock.set(now.addingTimeInterval(20))
        let window = visitor.window.flatMap { self.promises.promise(for: $0) == nil ? nil : $0 }
        let outcome = try await self.inquiries.submit(
            InquiryDraft(
                id: nil, name: try PersonName(parsing: visitor.name), phone: phone, challenge: challenge, code: code,
                consent: InquiryDraft.Consent(
                    noticeVersion: self.notices.current?.version ?? "", marketing: index % 4 == 0, recipients: []),
                assessmentID: nil, answers: try visitor.readAnswers(), window: window,
                remark: try visitor.remark.map { try Remark(parsing: $0) },
                source: JSONOutput.object(["utm": .object(["source": .string(visitor.source)])]).text, extra: nil,
                suspicion: visitor.suspicion, fingerprintText: "demo \(index)"),
            from: InquirySender(
                address: ClientAddress(peer: "192.0.2.\(index + 1)"), userAgent: "Mozilla/5.0 (demo)",
                site: Site(name: Site.defaultName, formKey: nil, origins: [])))
        guard case .accepted = outcome else { throw Problems.unavailable }
    }

    /// The task is assigned, claimed, the number shown, and the result recorded.
    private func call(_ index: Int, _ plan: DemoVisitor.Call, realNow: Date) async throws {
        let phone = self.dependencies.keys.index(of: try DemoVisitor.phone(index))
        guard let supervisor = self.people[DemoColleague.supervisor.username],
            let adviser = self.people[DemoColleague.advisers[plan.adviser].username]
        else { throw Problems.internal }
        let task = try await self.desk.database.autocommit { session -> UUID? in
            guard let lead = try await session.leadID(phone: phone) else { return nil }
            return try await session.openTask(ofLead: lead)
        }
        guard let task else { throw Problems.unavailable }
        try await self.queue.assign(task, to: adviser.username, by: supervisor)
        guard let claimed = try await self.queue.claimNext(for: adviser) else { throw Problems.unavailable }
        guard claimed.id == task else {
            // Somebody works on the desk meanwhile: whatever this is, it goes back.
            try await self.queue.release(claimed.id, reason: nil, for: adviser)
            throw Problems.unavailable
        }
        _ = try await self.queue.reveal(task, purpose: "演示", for: adviser)
        self.clock.set(self.clock.now.addingTimeInterval(Self.talk))
        let hours = self.settings.current.callingHours
        let calendar = self.calendar.current
        let again = plan.againInHours.map { ahead in
            hours.next(from: Self.quarter(after: realNow.addingTimeInterval(3600 * TimeInterval(ahead)))) {
                calendar.isWorkingDay($0)
            }
        }
        _ = try await self.queue.record(
            CallResult(
                disposition: plan.disposition, note: try plan.note.map { try Remark(parsing: $0) }, callAgainAt: again,
                reason: plan.reason, item: plan.item),
            on: task, by: adviser)
    }

    /// People agree on a quarter of an hour.
    private static func quarter(after time: Date) -> Date {
        Date(timeIntervalSince1970: (time.timeIntervalSince1970 / 900).rounded(.up) * 900)
    }
}
