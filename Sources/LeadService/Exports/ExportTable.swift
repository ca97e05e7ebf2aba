import Foundation
import NIOCore
import Spreadsheets

/// An export as XLSX: written to a folder of its own, read from there when it is whole, and removed.
///
/// The library keeps rows in plain files until it packs them, so that nobody but us may look into the folder.
final class ExportTable {
    private let folder: URL
    private let file: URL
    private let spreadsheet: Spreadsheet
    private var reader: FileHandle?

    /// A process's folders name it, so that another one knows whether they are still written.
    private static let prefix = "huifang-export-"
    private static let part = 64 * 1024

    /// - Throws: `SpreadsheetFailure`, or what the file system says.
    init(_ encoder: ExportEncoder, id: UUID) throws {
        self.folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "\(Self.prefix)\(ProcessInfo.processInfo.processIdentifier)-\(id.uuidString.lowercased())")
        self.file = self.folder.appendingPathComponent("table.xlsx")
        try FileManager.default.createDirectory(
            at: self.folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        do {
            self.spreadsheet = try Spreadsheet(
                at: self.file.path, temporaryFolder: self.folder.path, name: "线索",
                columns: encoder.titles.map { SpreadsheetColumn(Self.text($0.title), width: $0.width) })
        } catch {
            try? FileManager.default.removeItem(at: self.folder)
            throw error
        }
    }

    deinit {
        try? self.reader?.close()
        try? FileManager.default.removeItem(at: self.folder)
    }

    func append(_ row: [ExportCell]) throws { try self.spreadsheet.append(row.map(Self.cell)) }

    /// Ends the table, with a sheet that says what it holds.
    func close(with facts: [(String, ExportCell)]) throws {
        try self.spreadsheet.addSheet(
            "说明", widths: [44, 60], rows: facts.map { [.text($0.0), Self.cell($0.1)] })
        try self.spreadsheet.close()
        self.reader = try FileHandle(forReadingFrom: self.file)
    }

    /// The next bytes of the file; nil at its end.
    func read() throws -> ByteBuffer? {
        guard let data = try self.reader?.read(upToCount: Self.part), !data.isEmpty else { return nil }
        return ByteBuffer(bytes: data)
    }

    private static func cell(_ cell: ExportCell) -> SpreadsheetCell {
        switch cell {
        case .ours(let text), .foreign(let text): .text(text)
        case .number(let number): .number(number)
        case .empty: .empty
        }
    }

    private static func text(_ cell: ExportCell) -> String {
        if case .text(let text) = Self.cell(cell) { text } else { "" }
    }

    /// Removes what processes left that ended in the middle of an export.
    static func sweep() {
        let folder = FileManager.default.temporaryDirectory
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        where name.hasPrefix(Self.prefix) {
            let process = name.dropFirst(Self.prefix.count).prefix { $0.isNumber }
            guard !process.isEmpty, !FileManager.default.fileExists(atPath: "/proc/\(process)") else { continue }
            try? FileManager.default.removeItem(at: folder.appendingPathComponent(name))
        }
    }
}
