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
