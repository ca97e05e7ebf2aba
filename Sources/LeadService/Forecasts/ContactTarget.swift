import Foundation
import Leads

/// The second target beside the promise: within so many working hours of an inquiry its visitor shall have been spoken to.
struct ContactTarget: Sendable, Equatable {
    let hours: Int
    /// Inquiries whose target has come, or whose visitor was spoken to.
    private(set) var due = 0
    /// Those whose visitor was spoken to by the target.
    private(set) var kept = 0

    /// A warning comes when this share of the time is over.
    private static let warnsAfter = 0.8

    init(hours: Int, times: [ContactTime], _ time: WorkingTime, at now: Date) {
        self.hours = hours
        for inquiry in times {
            let target = Self.instant(of: inquiry.acceptedAt, hours, time)
            guard inquiry.contactAt != nil || target < now else { continue }
            self.due += 1
            self.kept += inquiry.contactAt.map { $0 <= target } ?? false ? 1 : 0
        }
    }

    /// By when the visitor of an inquiry shall have been spoken to.
    static func instant(of acceptedAt: Date, _ hours: Int, _ time: WorkingTime) -> Date {
        time.instant(after: Double(hours) * 60, from: acceptedAt)
    }

    /// Whether four fifths of the time are over.
    static func isNear(_ acceptedAt: Date, _ hours: Int, _ time: WorkingTime, at now: Date) -> Bool {
        time.instant(after: Double(hours) * 60 * Self.warnsAfter, from: acceptedAt) <= now
    }

    /// No target of what was accepted later than this can be near: working hours are never more than hours.
    static func earliest(_ hours: Int, at now: Date) -> Date {
        now.addingTimeInterval(-Double(hours) * 3600 * Self.warnsAfter)
    }

    var json: JSONOutput {
        .object(["target_hours": .integer(self.hours), "due": .integer(self.due), "kept": .integer(self.kept)])
    }
}
