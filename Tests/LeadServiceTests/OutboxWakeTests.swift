import Foundation
import LeadService
import Leads
import Synchronization
import TestDatabase
import Testing

/// The worker is told of a message by the commit that left it, not found out by a look now and then.
@Suite struct OutboxWakeTests {
    /// A gateway that says when it was handed a message.
    private final class Door: SMSGateway {
        let name = "door"
        let handed: AsyncStream<OutgoingMessage>
        private let hand: AsyncStream<OutgoingMessage>.Continuation

        init() { (self.handed, self.hand) = AsyncStream.makeStream() }

        func send(_ message: OutgoingMessage) async -> SendOutcome {
            self.hand.yield(message)
            return .accepted(vendorID: nil)
        }

        func canConnect() async -> Bool { true }
    }

    // The limit counts the wait for other tests too; it is there for a message that never comes.
    @Test(.timeLimit(.minutes(15)))
    func `a code is at the gateway without a look at the table, however rare those are`() async throws {
        try await withService { service in
            let (door, signal) = (Door(), OutboxSignal())
            var dependencies = service.dependencies
            dependencies.gateways = [door]
            let verification = PhoneVerification(
                database: service.services.database, dependencies: dependencies, settings: service.services.settings,
                budgetFactor: 1, proofOfWork: .off, outbox: signal)
            let worker = SMSOutboxWorker(
                database: service.services.database, dependencies: dependencies, settings: service.services.settings,
                publicURL: URL(fileURLWithPath: "/"), signal: signal,
                pollInterval: .seconds(86400))
            let address = ClientAddress(peer: "203.0.113.1")
            await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await worker.run(service.services.rounds) }
                var handed = door.handed.makeAsyncIterator()
                // The first ones may still be met by the look at the start; nothing but a wake-up brings the later ones.
                for number in 0..<6 {
                    let phone = try? PhoneNumber(parsing: "1380000009\(number)")
                    guard let phone else { return }
                    let issue = try? await verification.sendCode(to: phone, for: .inquiry, from: address)
                    guard case .issued = issue else {
                        Issue.record("\(String(describing: issue))")
                        break
                    }
                    #expect(await handed.next()?.phone == phone.e164)
                }
                group.cancelAll()
            }
        }
    }

    /// A gateway that says nothing until it is let.
    private final class Silence: SMSGateway {
        let name = "silence"
        let handed: AsyncStream<Void>
        private let hand: AsyncStream<Void>.Continuation
        private let waiting = Mutex<(isOpen: Bool, sends: [CheckedContinuation<Void, Never>])>((false, []))

        init() { (self.handed, self.hand) = AsyncStream.makeStream() }

        func send(_ message: OutgoingMessage) async -> SendOutcome {
            self.hand.yield()
            await withCheckedContinuation { send in
                let isOpen = self.waiting.withLock {
                    if !$0.isOpen { $0.sends.append(send) }
                    return $0.isOpen
                }
                if isOpen { send.resume() }
            }
            return .unknown(failure: "timeout")
        }

        func open() {
            let sends = self.waiting.withLock {
                $0.isOpen = true
                return $0.sends
            }
            for send in sends { send.resume() }
        }

        func canConnect() async -> Bool { true }
    }

    @Test(.timeLimit(.minutes(15)))
    func `twenty messages at a gateway that says nothing hold no connection and no transaction`() async throws {
        let silence = Silence()
        try await withService(["BUDGET_FACTOR": "5"], gateways: { _ in [silence] }) { service in
            for number in 10..<30 {
                let body = #"{"phone":"138000001\#(number)","purpose":"inquiry"}"#
                try #require(try await service.call(.post, "/api/v1/verification-codes", body).status == 202)
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await service.services.outboxWorker.runOnce() }
                var handed = silence.handed.makeAsyncIterator()
                for _ in 0..<20 { _ = await handed.next() }
                // All are at the gateway, which answers none; the pool has eight connections.
                let open = try await service.count(
                    """
                    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
                      AND (state = 'active' OR state LIKE 'idle in transaction%')
                    """)
                #expect(open == 0)
                let body = #"{"phone":"13800000140","purpose":"inquiry"}"#
                #expect(try await service.call(.post, "/api/v1/verification-codes", body).status == 202)
                silence.open()
                try await group.waitForAll()
            }
            #expect(try await service.count("SELECT count(*) FROM messages WHERE state = 'unknown'") == 20)
        }
    }

    @Test(.timeLimit(.minutes(15)))
    func `the commit of a code wakes the worker`() async throws {
        try await withService { service in
            let signal = OutboxSignal()
            let verification = PhoneVerification(
                database: service.services.database, dependencies: service.dependencies,
                settings: service.services.settings, budgetFactor: 1, proofOfWork: .off, outbox: signal)
            let phone = try PhoneNumber(parsing: "13800000098")
            let address = ClientAddress(peer: "203.0.113.1")
            var wakes = signal.wakes.makeAsyncIterator()
            guard case .issued = try await verification.sendCode(to: phone, for: .inquiry, from: address) else {
                Issue.record("no code")
                return
            }
            #expect(await wakes.next() != nil)
        }
    }
}
