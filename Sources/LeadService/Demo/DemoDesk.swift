import Foundation
import Leads
import Synchronization

/// A desk full of made-up leads and the day they were called on, for looking at; and taking it away again.
///
/// It is filled by the operations that visitors and advisers use, on a clock that is told each moment of that day. Only the
/// codes are known here beforehand: they are made as those of numbers that get no message. The audit keeps what was done,
/// as it keeps everything.
package struct DemoDesk: Sendable {
    /// Why it is not done.
    package enum Refusal: Error, Equatable, CustomStringConvertible {
        case production
        case gateway
        case usernameTaken(String)
        case mixed
        case noTimeToCall

        package var description: String {
            switch self {
            case .production:
                "the public URL is https: a demonstration is for development runs only; set HUIFANG_PUBLIC_URL to an http address"
            case .gateway:
                "HUIFANG_SMS_GATEWAY names a real gateway: a demonstration runs with 'console' only"
            case .usernameTaken(let name): "the account \(name) exists and is not the demonstration's; rename it first"
            case .mixed:
                "a made-up lead and a real one were merged, or a real call names a made-up lead; undo the merge first"
            case .noTimeToCall: "the calling hours leave no time on the last working day; widen calling_hours first"
            }
        }
    }

    /// What filling came to.
    package enum Filling: Sendable, Equatable {
        case filled(leads: Int, usernames: [String], password: String)
        case filledBefore
    }

    /// What was taken away.
    package struct Clearing: Sendable, Equatable {
        package var leads: Int
        package var accounts: Int
        /// Accounts with work on real leads: closed, and kept for the history.
        package var kept: Int

        package init(leads: Int, accounts: Int, kept: Int) {
            self.leads = leads
            self.accounts = accounts
            self.kept = kept
        }
    }

    let database: Database
    let dependencies: Dependencies
    let configuration: ServiceConfiguration
    private let audit: Audit
    private let indexes: [[UInt8]]
    private let pseudonyms: [[UInt8]]

    package init(database: Database, dependencies: Dependencies, configuration: ServiceConfiguration) throws {
        self.database = database
        self.dependencies = dependencies
        self.configuration = configuration
        self.audit = Audit(dependencies: dependencies)
        let phones = try DemoVisitor.all.indices.map { try DemoVisitor.phone($0) }
        self.indexes = phones.map { dependencies.keys.index(of: $0) }
        self.pseudonyms = phones.map { dependencies.keys.pseudonym(of: $0) }
    }

    /// Fills the desk once; what an interrupted run left is taken away first.
    package func fill() async throws -> Filling {
        guard !self.configuration.isProduction else { throw Refusal.production }
        guard self.configuration.gateways == ["console"] else { throw Refusal.gateway }
        let there = try await self.database.autocommit {
            (
                leads: try await $0.demoLeads(self.indexes, self.pseudonyms).count,
                accounts: try await $0.countDemoStaff()
            )
        }
        if there.leads == DemoVisitor.all.count, there.accounts == DemoColleague.all.count { return .filledBefore }
        if there.leads > 0 || there.accounts > 0 { _ = try await self.clear() }
        let accounts = StaffAccounts(database: self.database, dependencies: self.dependencies)
        let password = accounts.oneTimePassword()
        let hash = try await accounts.hash(password)
        let now = self.dependencies.now()
        var people: [String: StaffSession] = [:]
        for colleague in DemoColleague.all {
            let account = StaffAccount(
                id: self.dependencies.makeID(), username: colleague.username, displayName: colleague.displayName,
                role: colleague.role, passwordHash: hash, mustChangePassword: false, passwordExpiresAt: nil,
                isActive: true)
            let id = try await self.database.transaction { tx -> UUID? in
                guard let id = try await tx.upsertDemoStaff(account, at: now) else { return nil }
                try await tx.insert(
                    self.audit.event(
                        "staff.add", on: id.uuidString.lowercased(), by: Self.actor, role: "command",
                        detail: ["role": .string(colleague.role.rawValue)]))
                return id
            }
            guard let id else { throw Refusal.usernameTaken(colleague.username) }
            people[colleague.username] = StaffSession(
                id: id, staffID: id, username: colleague.username, displayName: colleague.displayName,
                role: colleague.role,
                mustChangePassword: false, hasSecondFactor: false, expiresAt: .distantFuture, stepUpAt: now,
                lastSeenAt: now, tokenHash: [])
        }
        try await DemoDay(desk: self, people: people).play()
        try await self.database.transaction { tx in
            try await tx.insert(
                self.audit.event(
                    "demo.fill", on: Self.actor, by: Self.actor, role: "command",
                    detail: ["leads": .integer(DemoVisitor.all.count)]))
        }
        // Events of yesterday come late to the chain; a server that runs already looks at newer ones only.
        try await AuditChainWorker(database: self.database, dependencies: self.dependencies).runOnce()
        return .filled(
            leads: DemoVisitor.all.count, usernames: DemoColleague.all.map(\.username), password: password)
    }

    /// Takes the made-up leads and accounts away, in one transaction, and nothing else.
    package func clear() async throws -> Clearing {
        try await self.database.transaction { tx in
            let leads = try await tx.demoLeads(self.indexes, self.pseudonyms)
            guard try await !tx.isMixed(leads) else { throw Refusal.mixed }
            var objects: [String] = []
            for lead in leads { objects += try await tx.auditObjects(of: lead) }
            let details = try await tx.auditDetails(about: objects)
            if !details.isEmpty {
                try await tx.eraseAuditDetails(
                    self.audit.checkpoint(erasing: details, because: "demo", by: Self.actor, role: "command"))
            }
            let requests = try await tx.demoRequests(leads, self.pseudonyms)
            let before = try await tx.countDemoStaff()
            if !leads.isEmpty || !requests.isEmpty || before > 0 {
                let event = self.audit.event(
                    "demo.clear", on: Self.actor, by: Self.actor, role: "command",
                    detail: ["leads": .integer(leads.count)])
                try await tx.insert(event)
                try await tx.deletePrivacyRecords(requests: requests, tombstones: leads, told: event.id)
            }
            try await tx.deleteDemoLeads(leads, self.indexes, self.pseudonyms)
            let accounts = try await tx.deleteDemoStaff()
            let kept = try await tx.countDemoStaff()
            return Clearing(leads: leads.count, accounts: accounts, kept: kept)
        }
    }

    static let actor = "demo"
}

/// A clock that is where it was put.
final class DemoClock: Sendable {
    private let time: Mutex<Date>

    init(_ time: Date) {
        self.time = Mutex(time)
    }

    var now: Date { self.time.withLock { $0 } }

    func set(_ time: Date) { self.time.withLock { $0 = time } }
}
