import Foundation
import Leads
import Logging
import Metrics
import ServiceLifecycle

/// Joins early reports, asks vendors what became of messages whose outcome is unknown, and measures the gateways.
package struct DeliveryWorker: BackgroundWorker {
    package static let job = JobName.deliveries
    package let interval = Duration.seconds(2)
    private let database: Database
    private let dependencies: Dependencies
    private let settings: SettingsStore
    private let reports: DeliveryReports

    /// So many vendors' answers are waited for in one round.
    private static let batch = 10
    private static let day: TimeInterval = 86400
    /// Fewer reports in a day than this say nothing.
    package static let minimumReports = 50
    /// A smaller share of them than this is told.
    private static let leastShare = 0.8

    package init(
        database: Database, dependencies: Dependencies, settings: SettingsStore, reports: DeliveryReports
    ) {
        self.database = database
        self.dependencies = dependencies
        self.settings = settings
        self.reports = reports
    }

    /// One round.
    package func runOnce() async throws {
        let now = self.dependencies.now()
        try await self.reports.joinEarly(at: now)
        try await self.database.autocommit {
            try await $0.deletePendingReports(before: now.addingTimeInterval(-Self.day))
        }
        let gateways = Dictionary(
            self.dependencies.gateways.filter(\.answersQueries).map { ($0.name, $0) },
            uniquingKeysWith: { first, _ in first })
        guard !gateways.isEmpty else { return }
        let askable = try await self.database.autocommit {
            try await $0.takeAskableMessages(of: gateways.keys.sorted(), limit: Self.batch, at: now)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for message in askable {
                guard let gateway = gateways[message.gateway] else { continue }
                group.addTask { try await self.ask(gateway, about: message) }
            }
            try await group.waitForAll()
        }
    }

    private func ask(_ gateway: any SMSGateway, about message: AskableMessage) async throws {
        let place = SealedPlace("messages", "phone_sealed", message.id)
        guard let phone = try? self.dependencies.keys.open(message.phoneSealed, at: place) else { return }
        let asked = AskedMessage(id: message.id.uuidString.lowercased(), phone: phone, sentAt: message.finishedAt)
        switch await gateway.delivery(of: asked) {
        case .settled(let report): try await self.reports.receive(report, from: gateway.name)
        case .accepted(let vendorID):
            try await self.database.autocommit { try await $0.markTaken(message.id, vendorID: vendorID) }
        case .unknownThere, .unavailable: break
        }
    }

    /// Records the last day's numbers of every configured gateway and operator, zeros included, and tells whose messages fail.
    ///
    /// - Returns: what was recorded, by metric, gateway and operator.
    @discardableResult
    package func measure() async throws -> [String: Double] {
        let now = self.dependencies.now()
        let time = now.addingTimeInterval(-Self.day)..<now.addingTimeInterval(1)
        let rows = try await self.database.autocommit { try await $0.gatewayStatistics(in: time, at: now) }
        var recorded: [String: Double] = [:]
        let prices = self.settings.current.smsPrices
        for gateway in Set(self.dependencies.gateways.map(\.name)).union(rows.map(\.gateway)) {
            for network in MobileOperator.allCases.map(\.rawValue) {
                let row = rows.first { $0.gateway == gateway && $0.networkOperator == network }
                func record(_ name: String, _ value: Double) {
                    Gauge(label: name, dimensions: [("gateway", gateway), ("operator", network)]).record(value)
                    recorded["\(name) \(gateway) \(network)"] = value
                }
                record("huifang_sms_delivered_ratio", row?.deliveredShare ?? .nan)
                record("huifang_sms_delivery_median_seconds", row?.median.map { Double($0) } ?? .nan)
                record("huifang_sms_refusals", Double(row?.refusals.values.reduce(0, +) ?? 0))
                record("huifang_sms_unreported", Double(row?.unreported ?? 0))
                if prices[gateway] != nil {
                    record("huifang_sms_cost_yuan", row?.cost(at: prices[gateway]) ?? 0)
                }
            }
        }
        try await self.warn(of: rows, at: now)
        return recorded
    }

    /// Tells administrators, once a day for each gateway and operator, whose messages do not arrive.
    private func warn(of rows: [GatewayStatistics], at now: Date) async throws {
        let today = ShanghaiDate(now)
        let drafts: [AlertDraft] = rows.compactMap { row in
            let reports = row.delivered + row.failed
            guard reports >= Self.minimumReports, let share = row.deliveredShare, share < Self.leastShare else {
                return nil
            }
            return AlertDraft(
                id: self.dependencies.makeID(), kind: .deliveryFalling,
                about: "\(row.gateway)/\(row.networkOperator)@\(today)",
                parameters: [
                    "gateway": row.gateway, "operator": MobileOperator(rawValue: row.networkOperator)?.title ?? "",
                    "delivered": String(row.delivered), "reports": String(reports),
                ], roles: [.administrator])
        }
        guard !drafts.isEmpty else { return }
        _ = try await self.database.statement { try await $0.insertAlerts(drafts, at: now) }
    }

    package func work() async throws { try await self.runOnce() }

    package func run(_ rounds: JobRounds) async {
        await withTaskGroup { group in
            group.addTask {
                for await _ in AsyncTimerSequence(every: self.interval).cancelOnGracefulShutdown() {
                    await rounds.run(Self.job) { try await self.work() }
                }
            }
            group.addTask {
                for await _ in AsyncTimerSequence(every: .seconds(30)).cancelOnGracefulShutdown() {
                    await rounds.run(Self.job) { _ = try await self.measure() }
                }
            }
            await group.waitForAll()
        }
    }
}
