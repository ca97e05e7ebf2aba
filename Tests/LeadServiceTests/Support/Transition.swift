import Foundation
import LeadService
import Leads

/// One thing that happened to the queue: when, what, and what the service answered; a line of a recording.
struct Transition: Codable {
    enum Act: Codable {
        /// Time goes by.
        case wait
        case inquire(lead: Int, window: PreferredWindow?)
        case claim(adviser: Int)
        /// The first two advisers ask at once.
        case race
        case ring(lead: Int, adviser: Int)
        case push
        /// Pauses that are over end.
        case wake
        case cancel(lead: Int, inquiry: Int)
        /// The person wants no more calls.
        case stop(lead: Int)
        /// Somebody puts the number on the list behind the queue's back.
        case list(lead: Int)
        case work(Work, task: Int, adviser: Int)
        /// Nothing happens: all rows are read.
        case look
    }

    /// What an adviser does to a task; where a supervisor may, nil is the supervisor.
    enum Work: Codable {
        case reveal, release, undo
        case assign(to: Int)
        case pause(until: Date, by: Int?)
        case resume(by: Int?)
        case record(QueueModel.Result)
    }

    /// An answer, as far as it can be foretold.
    struct Seen: Codable, Equatable {
        var status: Int
        var code = ""
        var task: String?
        var token: String?
        var due: String?
    }

    struct Gift: Codable {
        var task: String
        var adviser: Int
        var at: Date
    }

    var at: Date
    var act: Act
    var answers: [Seen] = []
    /// How many tasks a worker changed, and what is pushed to whom since this instant.
    var count = 0
    var gifts: [Gift] = []
    var rows: [String] = []
}

extension PreferredWindow: Codable {}
extension Disposition: Codable {}
extension PoweredOffReason: Codable {}
extension AssignmentMode: Codable {}

extension Transition.Seen {
    init(_ answer: Answer) {
        func text(_ name: String) -> String? { answer[name].string.isEmpty ? nil : answer[name].string }
        self.init(
            status: answer.status, code: answer.code, task: text("id"), token: text("claim_token"), due: text("due_at"))
    }
}

/// What one run of random operations was, in a file: how it began, and a transition a line.
struct Recording {
    struct Head: Codable {
        var seed: UInt64
        var start: Date
        var calling: String
        var mode: AssignmentMode
        var advisers: [String]
        var leads: Int
    }

    private let file: FileHandle
    private let encoder = JSONEncoder()

    init(to url: URL, _ head: Head) throws {
        guard FileManager.default.createFile(atPath: url.path, contents: nil) else {
            throw CocoaError(.fileWriteUnknown)
        }
        self.file = try FileHandle(forWritingTo: url)
        try self.write(head)
    }

    func write(_ line: some Encodable) throws {
        try self.file.write(contentsOf: self.encoder.encode(line) + Data("\n".utf8))
    }

    func close() throws { try self.file.close() }

    /// Leads a model through what a file says.
    ///
    /// - Returns: how many transitions were accepted, and what was wrong with the next one.
    static func replay(_ url: URL, calendar: WorkingCalendar) throws -> (accepted: Int, differences: [String]) {
        let lines = try Data(contentsOf: url).split(separator: UInt8(ascii: "\n"))
        let decoder = JSONDecoder()
        guard let first = lines.first else { return (0, ["an empty recording"]) }
        let head = try decoder.decode(Head.self, from: first)
        guard let calling = CallingHours(parsing: head.calling) else { return (0, ["calling hours \(head.calling)"]) }
        var model = QueueModel(
            calendar: calendar, calling: calling, leads: head.leads, mode: head.mode, people: head.advisers,
            now: head.start)
        var accepted = 0
        for line in lines.dropFirst() {
            let transition = try decoder.decode(Transition.self, from: line)
            let differences = model.accept(transition)
            guard differences.isEmpty else { return (accepted, differences) }
            if case .look = transition.act { continue }
            accepted += 1
        }
        return (accepted, [])
    }
}
