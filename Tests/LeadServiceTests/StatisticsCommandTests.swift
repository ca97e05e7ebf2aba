import Foundation
import LeadService
import Leads
import Testing

@Suite struct StatisticsCommandTests {
    @Test func `a rebuild counts every day from its rows, whatever was kept of it`() async throws {
        try await Executable.withInstallation { huifang in
            #expect(try await huifang.run("staff", "add", "lin", "--role", "adviser").code == 0)
            var bulk = BulkLeads(keys: try KeyRing(file: huifang.folder.appendingPathComponent("keys")))
            let accepted = Date(timeIntervalSince1970: Date.now.timeIntervalSince1970 - 3 * 86400)
            bulk.acceptedAt = accepted
            try await bulk.write(0..<7, to: try huifang.database)
            // Somebody wrote a number that nothing counts.
            let day = ShanghaiDate(accepted).description
            for sql in [
                "INSERT INTO statistics_days VALUES ('\(day)', '09:00–18:00', '\(day)', '{}', '', '', '')",
                "INSERT INTO statistics_counts VALUES ('\(day)', 'source', 'made up', 9, 9, 9, 9, 9)",
            ] { try await huifang.database.query(.init(unsafeSQL: sql)) }
            let done = try await huifang.run("statistics", "rebuild")
            #expect(done.code == 0 && done.output.hasSuffix("days were counted anew"), "\(done.errors)")
            let kept = try await huifang.database.query(
                "SELECT sum(accepted)::bigint, count(*) FILTER (WHERE name = 'made up') FROM statistics_counts WHERE number = 'source'"
            )
            let (count, madeUp) = try #require(kept.first).decode((Int, Int).self)
            #expect(count == 7 && madeUp == 0)
            #expect(try await huifang.run("statistics").code == 64)
        }
    }
}
