import Crypto
import Foundation
import HTTPTypes
import Leads
import NIOCore
import TestArchive
import Testing

@testable import LeadService

/// The file that people open in Excel.
@Suite struct ExportSheetTests {
    /// What stands in the cells of a sheet, row by row; numbers as their digits.
    private func rows(_ sheet: String?) -> [[String]] {
        (sheet ?? "").matches(of: /<row [^>]*>(.*?)<\/row>/).map { row in
            row.1.matches(of: /<c [^>]*>(?:<is><t[^>]*>([^<]*)<\/t><\/is>|<v>([^<]*)<\/v>)<\/c>/).map {
                String($0.1 ?? $0.2 ?? "")
            }
        }
    }

    @Test func `every lead is a row of text, and a second sheet says who exported what and how much`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            for number in 1...3 { _ = try await service.seed(TaskSeed(phone: "1380000000\(number)", name: "=欧阳")) }
            let answer = try await service.call(
                .get,
                "/api/v1/leads/export?format=xlsx&phone=plain&reason=%E5%91%A8%E6%8A%A5&columns=name,phone,attempts",
                token: chief.token)
            #expect(answer.status == 200)
            #expect(
                answer.headers[.contentType]
                    == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
            #expect(answer.headers[.contentDisposition]?.hasSuffix(#".xlsx""#) == true)
            let entries = try ZipReader(answer.bytes).entries
            let table = self.rows(entries["xl/worksheets/sheet1.xml"])
            #expect(table.first == ["称呼", "手机号", "拨打次数"])
            // Untouched, as text.
            #expect(Set(table.dropFirst()) == Set((1...3).map { ["=欧阳", "+861380000000\($0)", "0"] }))
            let facts = Dictionary(
                uniqueKeysWithValues: self.rows(entries["xl/worksheets/sheet2.xml"]).map { ($0[0], $0.last) })
            #expect(facts["导出人"] == "chief" && facts["行数"] == "3" && facts["用途"] == "周报" && facts["号码"] == "完整")
            let record = try await service.database.query("SELECT format, state, rows, sha256 FROM export_records")
            let (format, state, count, hash) = try #require(record.first).decode((String, String, Int, ByteBuffer).self)
            #expect(format == "xlsx" && state == "done" && count == 3)
            #expect(Array(hash.readableBytesView) == Array(SHA256.hash(data: answer.bytes)))
        }
    }

    @Test func `nothing is left in the folder for temporary files`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            _ = try await service.seed()
            let answer = try await service.call(.get, "/api/v1/leads/export?format=xlsx", token: chief.token)
            #expect(answer.status == 200)
            let id = try #require(try await service.column("SELECT id::text FROM export_records"))
            let left = try FileManager.default.contentsOfDirectory(
                atPath: FileManager.default.temporaryDirectory.path
            ).filter { $0.hasSuffix(id) }
            #expect(left == [])
        }
    }

    @Test func `what a process left that ended in the middle is swept, what one still writes is not`() throws {
        let folder = FileManager.default.temporaryDirectory
        // No process has this number (proc(5), pid_max).
        let (left, written) = (
            folder.appendingPathComponent("huifang-export-4194305-\(UUID().uuidString)"),
            folder.appendingPathComponent(
                "huifang-export-\(ProcessInfo.processInfo.processIdentifier)-\(UUID().uuidString)")
        )
        for each in [left, written] {
            try FileManager.default.createDirectory(at: each, withIntermediateDirectories: true)
        }
        defer { try? FileManager.default.removeItem(at: written) }
        ExportTable.sweep()
        #expect(!FileManager.default.fileExists(atPath: left.path))
        #expect(FileManager.default.fileExists(atPath: written.path))
    }
}
