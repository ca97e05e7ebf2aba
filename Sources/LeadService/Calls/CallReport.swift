import Foundation
import Leads

/// What the telephone system says of a call.
struct CallReport: Sendable, Equatable {
    enum Status: String, Sendable {
        case ringing, answered, ended, failed
    }

    var call: UUID
    var status: Status
    var at: Date
    var durationSeconds: Int?
    var recordingReference: String?

    /// Longer than any call; what is more is no duration.
    private static let longest = 86400

    /// Reads `{call_id, status, at, duration_seconds?, recording_reference?}`; further members are the system's own.
    ///
    /// - Returns: nil for a call whose id cannot be one of ours.
    /// - Throws: `GarbledNotice`.
    static func read(_ json: JSONValue) throws -> CallReport? {
        guard case .object(let members) = json else { throw GarbledNotice() }
        let reader = NoticeMembers(members: members)
        let id = try reader.id("call_id")
        guard let status = Status(rawValue: try reader.text("status")), case .string(let text)? = members["at"],
            let at = RFC3339.date(text)
        else { throw GarbledNotice() }
        var duration: Int?
        switch members["duration_seconds"] {
        case nil, .null?: break
        case .number(let number)?:
            guard let seconds = Int(number.description), (0...Self.longest).contains(seconds) else {
                throw GarbledNotice()
            }
            duration = seconds
        default: throw GarbledNotice()
        }
        var recording: String?
        switch members["recording_reference"] {
        case nil, .null?: break
        case .string(let text)?:
            guard (1...500).contains(text.unicodeScalars.count), text.unicodeScalars.allSatisfy(Text.isVisible) else {
                throw GarbledNotice()
            }
            recording = text
        default: throw GarbledNotice()
        }
        guard let call = UUID(uuidString: id) else { return nil }
        return CallReport(
            call: call, status: status, at: at, durationSeconds: duration, recordingReference: recording)
    }
}

/// Takes reports of the telephone system.
struct CallReports: Sendable {
    let database: Database
    let dependencies: Dependencies

    static func recordingPlace(of call: UUID) -> SealedPlace {
        SealedPlace("calls", "recording_reference_sealed", call)
    }

    /// Writes what a report says; one of a call that is none of ours changes nothing.
    func receive(_ report: CallReport) async throws {
        let recording = try report.recordingReference.map {
            try self.dependencies.keys.seal($0, at: Self.recordingPlace(of: report.call))
        }
        let now = self.dependencies.now()
        _ = try await self.database.autocommit { try await $0.report(report, recording: recording, at: now) }
    }
}
