import Foundation
import LeadService
import Leads
import Logging
import Metrics
import Synchronization
import Testing

@Suite struct TelemetryTests {
    @Test func `metrics are written in the text format`() {
        let registry = MetricsRegistry()
        let counter = registry.makeCounter(
            label: "huifang_http_requests_total", dimensions: [("route", "/a/{token}"), ("code", "200")])
        counter.increment(by: 2)
        registry.makeRecorder(label: "huifang_callback_tasks_open", dimensions: [], aggregate: false).record(Int64(7))
        let timer = registry.makeTimer(label: "huifang_http_request_duration_seconds", dimensions: [("route", "/")])
        timer.recordNanoseconds(20_000_000)
        timer.recordNanoseconds(30_000_000_000)
        let lines = MetricsExporter.text(registry.snapshot).split(separator: "\n").map(String.init)
        #expect(lines.contains("# TYPE huifang_http_requests_total counter"))
        #expect(lines.contains(#"huifang_http_requests_total{code="200",route="/a/{token}"} 2"#))
        #expect(lines.contains("huifang_callback_tasks_open 7"))
        #expect(lines.contains(#"huifang_http_request_duration_seconds_bucket{route="/",le="0.01"} 0"#))
        #expect(lines.contains(#"huifang_http_request_duration_seconds_bucket{route="/",le="0.025"} 1"#))
        #expect(lines.contains(#"huifang_http_request_duration_seconds_bucket{route="/",le="+Inf"} 2"#))
        #expect(lines.contains(#"huifang_http_request_duration_seconds_sum{route="/"} 30.02"#))
        #expect(lines.filter { $0.hasPrefix("# HELP") }.count == 3)
    }

    private static let promtool = "/usr/bin/promtool"

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: promtool), "promtool is not installed"))
    func `promtool has nothing to say`() throws {
        let registry = MetricsRegistry()
        registry.makeCounter(
            label: "huifang_outbox_messages_total", dimensions: [("gateway", "webhook"), ("result", "sent")]
        ).increment(by: 1)
        registry.makeCounter(label: "library.calls", dimensions: []).increment(by: 1)
        registry.makeRecorder(label: "huifang_outbox_oldest_pending_age_seconds", dimensions: [], aggregate: false)
            .record(0.25)
        registry.makeTimer(label: "postgres_pool_wait_seconds", dimensions: []).recordNanoseconds(1_500_000)
        registry.makeRecorder(label: "postgres_pool_connections", dimensions: [("state", "idle")], aggregate: false)
            .record(Int64(3))
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("metrics-\(UUID().uuidString)")
        try MetricsExporter.text(registry.snapshot).write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let said = Pipe()
        let promtool = Process()
        promtool.executableURL = URL(fileURLWithPath: Self.promtool)
        promtool.arguments = ["check", "metrics"]
        promtool.standardInput = try FileHandle(forReadingFrom: file)
        promtool.standardError = said
        try promtool.run()
        let text = String(decoding: said.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        promtool.waitUntilExit()
        #expect(promtool.terminationStatus == 0, "\(text)")
        #expect(text == "")
    }

    @Test func `one name and set of labels is one metric, whoever asks`() {
        let registry = MetricsRegistry()
        registry.makeCounter(label: "tries", dimensions: [("a", "1"), ("b", "2")]).increment(by: 1)
        registry.makeCounter(label: "tries", dimensions: [("b", "2"), ("a", "1")]).increment(by: 1)
        registry.makeRecorder(label: "tries_total", dimensions: [], aggregate: false).record(Int64(9))
        let families = registry.snapshot
        #expect(families.map(\.name) == ["tries_total"])
        #expect(families.first?.samples.map(\.value) == [2])
    }

    @Test func `labels cannot break out of their quotes`() {
        let registry = MetricsRegistry()
        registry.makeCounter(label: "n", dimensions: [("l", "a\"b\\c\nd")]).increment(by: 1)
        #expect(MetricsExporter.text(registry.snapshot).contains(#"n_total{l="a\"b\\c\nd"} 1"#))
    }

    @Test(arguments: [
        ("13800000001", "[number]"), ("+8613800000001", "+[number]"), ("008613800000001 x", "[number] x"),
        ("１３８０００００００１", "[number]"),
        ("tel:13800000001,", "tel:[number],"), ("1380000000", "1380000000"), ("138000000012", "138000000012"),
        ("1795573800123", "1795573800123"), ("23800000001", "23800000001"),
    ])
    func `a log line holds no mobile number`(given: String, written: String) throws {
        let line = try Self.logged("\(given)", ["note": "\(given)", "list": ["\(given)"], "inner": ["a": "\(given)"]])
        #expect(line["event"].string == written)
        #expect(line["note"].string == written)
        #expect(line["list"][0].string == written)
        #expect(line["inner"]["a"].string == written)
    }

    @Test func `a log line is one JSON object whatever is in it`() throws {
        let recorder = LogRecorder()
        let logger = Self.logger(recorder)
        logger.info("a\nb\u{1B}[31m\u{202E}\u{85}\"\\", metadata: ["ms": "12", "code": "200", "hb.request.id": "r-1"])
        let text = try #require(recorder.lines.first)
        #expect(text.hasSuffix("}\n"))
        #expect(
            text.dropLast().unicodeScalars.allSatisfy {
                $0.properties.generalCategory != .control && $0.properties.generalCategory != .format
            })
        let line = try StrictJSON.read(Array(text.utf8.dropLast()))
        #expect(line["event"].string == "a\nb\u{1B}[31m\u{202E}\u{85}\"\\")
        #expect(line["ts"].string == "2026-11-25T10:30:00.250+08:00")
        #expect(line["ms"].int == 12)
        #expect(line["code"].int == 200)
        #expect(line["request_id"].string == "r-1")
        #expect(line["level"].string == "info")
    }

    private struct Loud: Error, CustomStringConvertible {
        var description: String { "欧阳晓 13800000001" }
    }

    @Test func `an error is logged by its type only`() throws {
        let recorder = LogRecorder()
        Self.logger(recorder).error("fault", error: Loud())
        let text = try #require(recorder.lines.first)
        #expect(text.contains(#""error":"Loud""#))
        #expect(!text.contains("欧阳"))
    }

    private static func logger(_ recorder: LogRecorder) -> Logger {
        Logger(label: "test") { _ in
            JSONLogHandler(time: { Date(timeIntervalSince1970: 1_795_573_800.25) }, write: { recorder.add($0) })
        }
    }

    private static func logged(_ message: Logger.Message, _ metadata: Logger.Metadata) throws -> JSONValue {
        let recorder = LogRecorder()
        self.logger(recorder).info(message, metadata: metadata)
        return try StrictJSON.read(Array(try #require(recorder.lines.first).utf8.dropLast()))
    }
}
