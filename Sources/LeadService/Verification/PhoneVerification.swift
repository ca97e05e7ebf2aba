import Crypto
package import Foundation
package import Leads
import Metrics

/// Proving that a phone is the visitor's: codes are issued within budgets and compared at most five times.
package struct PhoneVerification: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    private let settings: SettingsStore
    private let budgets: SendBudgets
    private let proofOfWork: ServiceConfiguration.Switch
    private let outbox: OutboxSignal
    private let prefixes: PrefixWatch
    private let warmth = RecentWarmth()
    /// A flood asks again as soon as it is answered: what costs no connection is paced, or it takes the processors from submits.
    private let paced = Turns(width: 1, longestQueue: Self.longestQueue)
    private static let pace: Duration = .milliseconds(4)
    /// Whoever asks for codes gets two of the pool's sixteen connections, so that a flood leaves the rest to submits.
    private let turns = Turns(width: 2, longestQueue: Self.longestQueue)
    private static let longestQueue = 256
    /// Before a browser that can prove nothing may try again in a flood, in seconds.
    private static let crowdedPause = 10

    /// How long a code lives.
    package static let lifetime: TimeInterval = 300
    /// What a proof of work for a code is good for, and nothing else.
    package static let action = "verification-codes"

    package init(
        database: Database, dependencies: Dependencies, settings: SettingsStore, budgetFactor: Double,
        proofOfWork: ServiceConfiguration.Switch, outbox: OutboxSignal
    ) {
        self.database = database
        self.dependencies = dependencies
        self.settings = settings
        self.budgets = SendBudgets(keys: dependencies.keys, factor: budgetFactor)
        self.proofOfWork = proofOfWork
        self.outbox = outbox
        self.prefixes = PrefixWatch(database: database, dependencies: dependencies)
    }

    /// What a request for a code came to.
    package enum Issue: Sendable, Equatable {
        case issued(challenge: UUID, resendAfter: Int)
        /// The number, or everybody, has had enough for now.
        case tooMany(retryAfter: Int)
        /// The same request is taken with a proof of this.
        case proofRequired(ProofOfWork.Challenge)
        /// A browser without JavaScript cannot prove anything, and what is left for such is used up.
        case telephone(retryAfter: Int)
    }

    /// How a code was asked for.
    package enum Way: Sendable, Equatable {
        /// By a program or the page's script, with the payload of a proof of work or without.
        case script(proof: String?)
        /// By the form of a page, without JavaScript.
        case page
    }

    /// Issues a code and leaves the message in the outbox, all in one statement, unless something stands against it.
    package func sendCode(
        to phone: PhoneNumber, for purpose: VerificationPurpose, from address: ClientAddress,
        by way: Way = .script(proof: nil), on site: String = Site.defaultName
    ) async throws -> Issue {
        let proof = self.proof(way, at: self.dependencies.now())
        if proof == nil, let issue = self.asking(way, on: site) {
            // Where too many wait already it is said at once: to ask costs no more than to refuse, and who is there finds the way in.
            _ = try await self.paced.run(behind: Self.longestQueue) { try await Task.sleep(for: Self.pace) }
            return issue
        }
        // Whoever brings no proof gets half of the queue, so that a flood of them leaves the other half to those who do.
        let canBeAsked = proof == nil && self.proofOfWork != .off
        let issue: Issue? = try await self.turns.run(behind: Self.longestQueue / (canBeAsked ? 2 : 1)) {
            // Whoever waited may find that those before have looked.
            if proof == nil, let issue = self.asking(way, on: site) { return issue }
            return try await CrashPoint.numbering(.send) {
                try await self.issue(to: phone, for: purpose, from: address, by: way, with: proof, on: site)
            }
        }
        if let issue { return issue }
        guard canBeAsked else { throw Problems.unavailable }
        return way == .page
            ? .telephone(retryAfter: Self.crowdedPause)
            : .proofRequired(self.challenge(SendState.easiest, at: self.dependencies.now()))
    }

    /// Asks for a proof without a look at the database, where one was asked for a moment ago.
    private func asking(_ way: Way, on site: String) -> Issue? {
        let now = self.dependencies.now()
        guard way != .page, case .asksForProof(let difficulty)? = self.warmth.reading(of: site, at: now) else {
            return nil
        }
        return .proofRequired(self.challenge(difficulty, at: now))
    }

    /// The challenge for a code that may be in the hand of somebody whose page does not carry one: they pressed twice, or went back.
    ///
    /// The number's live one where the same network asked for it, else a new one that no code belongs to: strangers cannot tell
    /// the two apart, nor use up the tries of a code that somebody elsewhere waits for.
    package func challenge(
        heldBy phone: PhoneNumber, for purpose: VerificationPurpose, from address: ClientAddress
    ) async throws -> UUID {
        let keys = self.dependencies.keys
        let (index, network) = (keys.index(of: phone), keys.bucket("asking-network", address.network))
        let now = self.dependencies.now()
        let live = try await self.database.autocommit {
            try await $0.liveChallenge(of: index, for: purpose, network: network, at: now)
        }
        return live ?? self.dependencies.makeID()
    }

    private func issue(
        to phone: PhoneNumber, for purpose: VerificationPurpose, from address: ClientAddress, by way: Way,
        with proof: ProofOfWork.Proof?, on site: String
    ) async throws -> Issue {
        let now = self.dependencies.now()
        let settings = self.settings.current
        let windows = self.budgets.windows(phone: phone, address: address, site: site, settings: settings, at: now)
        let mustProve = self.proofOfWork == .always && proof == nil
        if mustProve, way != .page {
            let state = try await self.state(of: windows, at: now)
            self.remember(state.shared, on: site, asking: .distantFuture, at: now)
            return .proofRequired(self.challenge(state.difficulty(at: now), at: now))
        }
        if proof == nil, self.warmth.reading(of: site, at: now) == .full,
            let wait = try await self.state(of: windows, at: now).wait(at: now)
        {
            return way == .page ? .telephone(retryAfter: wait) : .tooMany(retryAfter: wait)
        }
        var request = SendRequest(
            draft: try self.draft(
                to: phone, for: purpose, from: address, by: way, on: site, settings: settings, at: now),
            windows: windows,
            proof: proof, isProven: proof != nil || self.proofOfWork == .off)
        if mustProve { return try await self.issueToPage(request, to: phone, from: address, at: now) }
        if !request.isProven {
            request.windows = windows.map { $0.limited(to: SendWindow.half($0.ceiling)) }
        }
        let admission = try await self.attempt(request, at: now)
        // Without a proof only half of a window is open: to be asked for one is no news.
        if case .full(let index) = admission, request.isProven {
            await self.prefixes.look(at: windows[index], refusing: phone, at: now)
        }
        switch admission {
        case .admitted: return .issued(challenge: request.draft.challenge, resendAfter: settings.resendCooldown)
        case .numberUsedUp: return .tooMany(retryAfter: try await self.numberWait(request.draft, at: now))
        case .stopped, .proofUsed, .needsProof, .full:
            let state = try await self.state(of: windows, at: now)
            self.remember(
                state.shared, on: site, asking: request.isProven ? nil : state.askedUntil(admission), at: now)
            if let wait = state.wait(at: now) {
                return way == .page ? .telephone(retryAfter: wait) : .tooMany(retryAfter: wait)
            }
            if way == .page, admission != .stopped {
                return try await self.issueToPage(request, to: phone, from: address, at: now)
            }
            // A window that filled up and emptied between the two looks: the proof is spent, a moment helps.
            if request.isProven, admission != .proofUsed { return .tooMany(retryAfter: 1) }
            return .proofRequired(self.challenge(state.difficulty(at: now), at: now))
        }
    }

    /// Remembers what a look found, if the next request can be spared something by it.
    private func remember(_ shared: SendState, on site: String, asking end: Date?, at now: Date) {
        if let wait = shared.wait(at: now) {
            self.warmth.remember(.full, of: site, at: now, until: now.addingTimeInterval(TimeInterval(wait)))
        } else if let end {
            let difficulty = shared.difficulty(at: now)
            self.warmth.remember(.asksForProof(difficulty: difficulty), of: site, at: now, until: end)
        }
    }

    /// Issues a code without a proof from the small budget of pages; the last fifth of what all share stays for proofs.
    private func issueToPage(
        _ request: SendRequest, to phone: PhoneNumber, from address: ClientAddress, at now: Date
    ) async throws -> Issue {
        var request = request
        let pages = self.budgets.pageWindows(address: address, at: now)
        let narrow = request.windows.filter { !$0.kind.isShared }
        let shared = request.windows.filter(\.kind.isShared)
        request.windows =
            narrow.map { $0.limited(to: $0.ceiling) } + pages
            + shared.map { $0.limited(to: SendWindow.unreserved($0.ceiling)) }
        request.isProven = true
        switch try await self.attempt(request, at: now) {
        case .admitted:
            return .issued(challenge: request.draft.challenge, resendAfter: self.settings.current.resendCooldown)
        case .numberUsedUp: return .tooMany(retryAfter: try await self.numberWait(request.draft, at: now))
        case .stopped, .proofUsed, .needsProof:
            return .telephone(retryAfter: try await self.state(of: request.windows, at: now).wait(at: now) ?? 60)
        case .full(let index):
            await self.prefixes.look(at: request.windows[index], refusing: phone, at: now)
            let end = request.windows[index].end
            return .telephone(retryAfter: max(1, Int(end.timeIntervalSince(now).rounded(.up))))
        }
    }

    private func attempt(_ request: SendRequest, at now: Date) async throws -> Admission {
        let admission = try await self.database.statement { try await $0.issueCode(request, at: now) }
        guard admission == .admitted else { return admission }
        if let withholding = request.draft.withholding {
            Counter(label: "huifang_codes_withheld_total", dimensions: [("reason", withholding.rawValue)]).increment()
        } else {
            self.outbox.wake()
        }
        return admission
    }

    private func proof(_ way: Way, at now: Date) -> ProofOfWork.Proof? {
        guard self.proofOfWork != .off, case .script(let payload?) = way else { return nil }
        let proof = ProofOfWork.proof(
            in: payload, action: Self.action, at: now, keys: self.dependencies.keys.keys(.proofOfWork))
        Counter(label: "huifang_proofs_total", dimensions: [("result", proof == nil ? "refused" : "right")]).increment()
        return proof
    }

    private func challenge(_ most: Int, at now: Date) -> ProofOfWork.Challenge {
        let drawn = self.dependencies.randomBytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let key = self.dependencies.keys.key(.proofOfWork) ?? SymmetricKey(size: .bits256)
        return ProofOfWork.challenge(
            action: Self.action, nonce: self.dependencies.randomBytes(12), number: Int(drawn % UInt64(most + 1)),
            maxNumber: most, at: now, key: key)
    }

    private func state(of windows: [SendWindow], at now: Date) async throws -> SendState {
        try await self.database.autocommit { try await $0.sendState(of: windows) }
    }

    private func numberWait(_ draft: CodeDraft, at now: Date) async throws -> Int {
        let budget = try await self.database.autocommit { try await $0.phoneBudget(draft.phoneIndex) }
        return draft.wait(after: budget, at: now)
    }

    private func draft(
        to phone: PhoneNumber, for purpose: VerificationPurpose, from address: ClientAddress, by way: Way,
        on site: String, settings: Settings, at now: Date
    ) throws -> CodeDraft {
        let code = VerificationCode.random(from: self.dependencies.randomBytes)
        let challenge = self.dependencies.makeID()
        let message = self.dependencies.makeID()
        let keys = self.dependencies.keys
        let withholding = settings.sends.withholding(of: phone, at: now)
        let parameters = JSONOutput.object([
            "code": .string(code.digits), "minutes": .string(String(Int(Self.lifetime) / 60)),
        ])
        func sealed(_ text: String, _ table: String, _ column: String, _ row: UUID) throws -> [UInt8] {
            try keys.seal(text, at: SealedPlace(table, column, row))
        }
        return CodeDraft(
            challenge: challenge, message: message, purpose: purpose,
            phoneIndex: keys.index(of: phone),
            mac: keys.mac(
                .code, VerificationCode.message(challenge: challenge, purpose: purpose, phone: phone, code: code)),
            template: purpose == .inquiry ? "inquiry_code" : "privacy_code",
            phoneSealed: withholding == .testNumber
                ? try sealed(phone.e164, "withheld_codes", "phone_sealed", challenge)
                : try sealed(phone.e164, "messages", "phone_sealed", message),
            parametersSealed: withholding == .testNumber
                ? try sealed(code.digits, "withheld_codes", "code_sealed", challenge)
                : try sealed(parameters.text, "messages", "parameters_sealed", message),
            source: site + (way == .page ? "/page" : "/script"),
            network: keys.bucket("asking-network", address.network), withholding: withholding,
            seed: self.dependencies.randomBytes(2).reduce(0) { $0 << 8 | Int($1) },
            // A test asks again at once, and costs nothing.
            cooldown: withholding == .testNumber ? 0 : TimeInterval(settings.resendCooldown),
            hourly: self.budgets.scaled(5),
            daily: self.budgets.scaled(10), wrongHourly: self.budgets.scaled(10), wrongDaily: self.budgets.scaled(20))
    }
}
