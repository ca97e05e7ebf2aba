package import Foundation
import Leads
import Logging
import Metrics

/// What vendors tell of messages and people answer to them.
package struct DeliveryReports: Sendable {
    private let database: Database
    private let dependencies: Dependencies

    package init(database: Database, dependencies: Dependencies) {
        self.database = database
        self.dependencies = dependencies
    }

    /// What the form may say of a code.
    package enum State: String, Sendable {
        /// 运营商已送达.
        case delivered
        /// 拒收: the carrier could not or would not deliver it, or no gateway took it.
        case refused
        case unknown
    }

    /// What became of a challenge's message.
    ///
    /// Only of a code that could still be used: an id that was never given out, a used and an expired one are all
    /// `unknown`. Every well-formed number gets a challenge, so the answer says nothing about who is known to us.
    package func state(of challenge: UUID) async throws -> State {
        let now = self.dependencies.now()
        let state = try await self.database.autocommit { try await $0.deliveryState(of: challenge, at: now) }
        return state.flatMap { State(rawValue: $0) } ?? .unknown
    }

    /// Takes what came in at a vendor's address; all of it, or nothing when the database is away.
    package func receive(_ notices: [VendorNotice], from gateway: String) async throws {
        let now = self.dependencies.now()
        var reports: [PendingReport] = []
        for notice in notices {
            switch notice {
            case .report(let report):
                // A number that is none cannot be that of a message.
                guard report.phone != nil || gateway == "webhook" else { continue }
                reports.append(self.pending(report, gateway, at: now))
            case .reply(let phone?, let text, let at) where Self.meansStop(text):
                try await self.stop(phone, gateway, repliedAt: min(at ?? now, now), at: now)
            case .reply: continue
            }
        }
        guard !reports.isEmpty else { return }
        let received = reports
        try await self.database.autocommit { try await $0.insertReports(received) }
        try await self.join(.received(received))
    }

    /// Stores what a vendor answered when it was asked.
    func receive(_ report: DeliveryReport, from gateway: String) async throws {
        try await self.receive([.report(report)], from: gateway)
    }

    /// Joins messages that were settled in the last ten minutes to reports that came before.
    func joinEarly(at now: Date) async throws { try await self.join(.settled(after: now.addingTimeInterval(-600))) }

    private func join(_ candidates: ReportCandidates) async throws {
        let joined = try await self.database.autocommit { try await $0.joinReports(candidates) }
        for report in joined {
            Counter(
                label: "huifang_sms_reports_total",
                dimensions: [
                    ("gateway", report.gateway), ("operator", report.networkOperator), ("result", report.delivery),
                ]
            ).increment()
        }
    }

    private func pending(_ report: DeliveryReport, _ gateway: String, at now: Date) -> PendingReport {
        PendingReport(
            gateway: gateway, vendorID: report.vendorID, messageID: report.messageID,
            phoneIndex: report.phone.map { self.dependencies.keys.index(of: $0) }, isDelivered: report.isDelivered,
            code: report.code, segments: report.segments, reportedAt: report.at, receivedAt: now)
    }

    /// Stops calls as a privacy request does: the number is listed, its open task closed, what waits for it dropped.
    ///
    /// Vendors repeat replies and bring them late: one from before the number's newest inquiry, which a code has proven
    /// since, lists it and leaves that inquiry's promise alone (contract §4.7).
    private func stop(_ phone: PhoneNumber, _ gateway: String, repliedAt: Date, at now: Date) async throws {
        let index = self.dependencies.keys.index(of: phone)
        let event = Audit(dependencies: self.dependencies).event(
            "do_not_call.reply", on: gateway, by: "visitor", role: "visitor")
        let nobody = self.dependencies.makeID()
        try await self.database.transaction { tx in
            var lead = try await tx.lockLead(phone: index)
            if let known = lead,
                try await tx.hasInquiries(of: known, acceptedAfter: repliedAt.addingTimeInterval(Self.largestSkew))
            {
                lead = nil
            }
            if try await tx.stopCalls(index, of: lead ?? nobody, by: "sms_reply", saidAt: repliedAt, at: now) {
                try await tx.insert(event)
            }
        }
    }

    /// How far a vendor's clock may be behind ours.
    private static let largestSkew: TimeInterval = 60

    private static let stopWords: Set<String> = ["退订", "T", "TD", "N", "R"]

    /// Whether an answer asks for no more: 退订, T, TD, N or R, whatever the width, case and punctuation around it.
    package static func meansStop(_ text: String) -> Bool {
        let kept = text.precomposedStringWithCompatibilityMapping.uppercased().unicodeScalars.filter {
            $0.properties.isAlphabetic || $0.properties.numericType != nil
        }
        return Self.stopWords.contains(String(String.UnicodeScalarView(kept)))
    }
}
