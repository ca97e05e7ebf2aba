import Foundation
import LeadService
import Leads
import Testing

/// The real queue, over HTTP and with its database, beside a plain model of it: random operations answer alike and leave
/// the same rows.
///
/// What happens is written down, and the model accepts the recording too.
/// `HUIFANG_MODEL_OPERATIONS` asks for more operations a seed, `HUIFANG_MODEL_SEED` for other seeds (`1,2,3`),
/// `HUIFANG_MODEL_FRESH` for as many that nobody has tried. The recordings stay in the folder `HUIFANG_MODEL_RECORDINGS`, if
/// it is named, and `HUIFANG_MODEL_REPLAY` replays all that a folder has.
@Suite struct CallbackModelTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let operations = environment["HUIFANG_MODEL_OPERATIONS"].flatMap { Int($0) } ?? 150
    private static let seeds: [UInt64] =
        environment["HUIFANG_MODEL_SEED"].map { $0.split(separator: ",").compactMap { UInt64($0) } }
        ?? environment["HUIFANG_MODEL_FRESH"].flatMap { Int($0) }.map {
            (0..<$0).map { _ in .random(in: 0...9_999_999) }
        } ?? [2, 5, 8, 6_724_234, 3_777_539]

    private static func calendar() throws -> WorkingCalendar {
        try RuleFiles(folder: Resources.folder.appendingPathComponent("rules")).calendar
    }

    @Test(.timeLimit(.minutes(60)), arguments: seeds)
    func `random operations answer as the model does and leave what it has`(seed: UInt64) async throws {
        let folder = Self.environment["HUIFANG_MODEL_RECORDINGS"].map { URL(fileURLWithPath: $0) }
        let file = (folder ?? FileManager.default.temporaryDirectory)
            .appendingPathComponent("queue-\(seed)-\(UUID().text).ndjson")
        defer { if folder == nil { try? FileManager.default.removeItem(at: file) } }
        try await Self.run(seed, Self.operations, to: file)
        let (accepted, differences) = try Recording.replay(file, calendar: try Self.calendar())
        #expect(differences == [], "seed \(seed): the recording is refused after \(accepted)")
        #expect(accepted == Self.operations)
    }

    /// Lets things happen.
    private static func run(_ seed: UInt64, _ operations: Int, to file: URL) async throws {
        print("seed of the queue's model: \(seed)")
        let calling = seed % 3 == 0 ? "always" : "09:00-12:00,13:30-21:00"
        try await withService([
            "CALLING_HOURS": calling, "BUDGET_FACTOR": "100000", "SENDS_PER_MINUTE": "1000000",
            "SENDS_PER_DAY": "1000000",
            "SENDS_PER_ADDRESS_PER_HOUR": "1000000",
        ]) { service in
            // Every mode has its seeds.
            let mode = AssignmentMode.allCases[Int(seed % UInt64(AssignmentMode.allCases.count))]
            try await service.put("assignment", "\"\(mode.rawValue)\"")
            var run = try await ModelRun(service: service, seed: seed, calling: calling, mode: mode, file: file)
            for number in 1...operations {
                var (act, differences) = try await run.step()
                // Ever more rows are looked at ever less often.
                if number % (number > 500 ? 500 : 10) == 0 || number == operations {
                    differences += try await run.look()
                }
                try #require(
                    differences.isEmpty,
                    "seed \(seed), operation \(number), \(act): \(differences)")
            }
            try run.close()
            try await service.expectNoOverlap()
            let violations = try await service.soundness()
            #expect(violations == [], "seed \(seed)")
            let done = run.done.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
            print("seed \(seed), \(mode): \(run.done.values.reduce(0, +)) transitions: \(done)")
        }
    }

    @Test(arguments: ["claim_token", "due", "row"])
    func `a recording that says another thing is refused there`(_ what: String) async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("queue-\(UUID().text).ndjson")
        defer { try? FileManager.default.removeItem(at: file) }
        try await Self.run(11, 60, to: file)
        var lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init)
        let (old, new): (Regex<Substring>, String) =
            switch what {
            case "claim_token": (/"token":"/, #""token":"9"#)
            case "due": (/"due":"20/, #""due":"21"#)
            default: (/\|open\|/, "|paused|")
            }
        let place = try #require(lines.lastIndex { $0.contains(old) })
        lines[place].replace(old, with: new)
        try lines.joined(separator: "\n").write(to: file, atomically: true, encoding: .utf8)
        let (accepted, differences) = try Recording.replay(file, calendar: try Self.calendar())
        let before = lines[1..<place].count { !$0.contains(#""look""#) }
        #expect(accepted == before && differences.count > 0, "\(accepted), \(differences)")
    }

    @Test(.enabled(if: environment["HUIFANG_MODEL_REPLAY"] != nil))
    func `recordings are accepted when they are replayed`() throws {
        let folder = URL(fileURLWithPath: Self.environment["HUIFANG_MODEL_REPLAY"] ?? "")
        let calendar = try Self.calendar()
        var (files, transitions) = (0, 0)
        for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        where file.pathExtension == "ndjson" {
            let (accepted, differences) = try Recording.replay(file, calendar: calendar)
            #expect(differences == [], "\(file.lastPathComponent) is refused after \(accepted)")
            files += 1
            transitions += accepted
        }
        print("\(transitions) transitions of \(files) recordings accepted")
        #expect(transitions > 0)
    }
}
