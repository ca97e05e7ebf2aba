import Foundation
import Leads

extension CallbackQueue {
    /// What the desk's page carries: hours and the working days around now, for its countdowns.
    func deskContext(for session: StaffSession) async throws -> [String: Any] {
        let now = self.dependencies.now()
        let settings = self.settings.current
        let calendar = self.calendar.current
        let (people, availability, sources) = try await self.database.autocommit { tx in
            (
                try await tx.colleagues(), try await tx.availability(of: session.staffID),
                try await tx.openSources(limit: Self.mostSources)
            )
        }
        var context = ConsolePage(session: session, now: now, people: people).context("desk", title: "工作台")
        let today = ShanghaiDate(now)
        let days = (-60...90).map { today.adding($0) }.filter { calendar.isWorkingDay($0) }
        context["working_days"] = days.map(\.description).joined(separator: " ")
        context["covered_years"] = calendar.coveredYears
        context["opening_hours"] = settings.openingHours.description.replacingOccurrences(of: "–", with: "-")
        context["calling_hours"] = settings.callingHours.description
        context["max_attempts"] = settings.cadence.attempts
        context["missed_calls"] = settings.sendsMissedCalls(among: self.dependencies.gateways)
        context["staff_id"] = session.staffID.uuidString.lowercased()
        context["availabilities"] = Availability.choices(availability)
        context["sources"] = sources.map { ["source": $0] }
        context.merge(
            DeskTexts.context(
                snippets: settings.snippets,
                script: DeskTexts.script(
                    settings.callScript, company: settings.companyName, adviser: session.displayName),
                incoming: DeskTexts.script(
                    [DeskTexts.incomingLine], company: settings.companyName, adviser: session.displayName))
        ) { $1 }
        return context
    }

    /// The chips for sources; what is rarer is found by its row.
    private static let mostSources = 8
}

extension Availability {
    /// What the desk offers, with what counts now.
    static func choices(_ current: Availability?) -> [[String: any Sendable]] {
        Self.allCases.map { ["value": $0.rawValue, "title": $0.title, "selected": $0 == current] }
    }
}
