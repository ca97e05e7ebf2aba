import Foundation
import Leads
import NIOCore
import Postgres

private struct ReadText: TableRow {
    static let columns = "text"
    let text: String
    init(row: PostgresRow) throws { self.text = try row.decode(String.self) }
}

extension Database {
    /// The text of a CSV file: UTF-8, or what a Chinese spreadsheet writes, which PostgreSQL reads.
    ///
    /// - Throws: 422 `csv_invalid` for a workbook, and for bytes that are neither.
    func csvText(_ file: [UInt8]) async throws -> String {
        // As Excel writes them today, and as it did before 2007.
        if file.starts(with: [0x50, 0x4B, 0x03, 0x04]) || file.starts(with: [0xD0, 0xCF, 0x11, 0xE0]) {
            throw CSVRows.unreadable(
                "这是 Excel 工作簿。请在 Excel 中选“另存为”，类型选 CSV 后再提交", "This is a workbook; save it as CSV.")
        }
        if let text = String(validating: file, as: UTF8.self) { return text }
        guard let text = try await self.textOfGB18030(file) else {
            throw CSVRows.unreadable(
                "文件既不是 UTF-8 也不是 GBK 编码。请另存为“CSV UTF-8”后再提交", "Neither UTF-8 nor GBK.")
        }
        return text
    }

    /// Text in GBK and what GB 18030 adds to it; nil for bytes that are none.
    private func textOfGB18030(_ bytes: [UInt8]) async throws -> String? {
        do {
            return try await self.snapshot { tx in
                try await tx.first(
                    "SELECT convert_from(\(ByteBuffer(bytes: bytes)), 'GB18030') AS text", as: ReadText.self)?.text
            }
        } catch let error as PSQLError where ["22021", "22P05"].contains(error.sqlState ?? "") {
            return nil
        }
    }
}

extension CSVRows {
    static func unreadable(_ detail: String, _ english: String) -> Problem {
        Problem(failures: [ValidationFailure("csv_invalid", detail, english: english)])
    }

    /// The rows of a file somebody handed in.
    ///
    /// - Throws: 422 `csv_invalid` with the line whose quotes do not match.
    static func readable(_ text: String) throws -> [Row] {
        do {
            return try CSVRows.read(text)
        } catch {
            throw Self.unreadable("第 \(error.line) 行的引号不成对", "The quotes of line \(error.line) do not match.")
        }
    }
}
