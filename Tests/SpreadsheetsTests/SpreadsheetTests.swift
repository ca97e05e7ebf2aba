import Foundation
import Spreadsheets
import TestArchive
import Testing

@Suite struct SpreadsheetTests {
    /// Writes a file in a folder that is removed, and reads its parts.
    private func entries(
        _ columns: [SpreadsheetColumn], rowsOfSheet: Int = Spreadsheet.rowsOfSheet, _ fill: (Spreadsheet) throws -> Void
    ) throws -> [String: String] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sheet-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("table.xlsx")
        let spreadsheet = try Spreadsheet(
            at: file.path, temporaryFolder: folder.path, name: "线索", columns: columns, rowsOfSheet: rowsOfSheet)
        try fill(spreadsheet)
        try spreadsheet.close()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["table.xlsx"])
        return try ZipReader(Array(try Data(contentsOf: file))).entries
    }

    /// What the text cells of a sheet hold, as a reader sees it.
    private func texts(_ sheet: String?) -> [String] {
        (sheet ?? "").matches(of: /<c r="[A-Z]+[0-9]+"[^>]*t="inlineStr"><is><t[^>]*>([^<]*)<\/t><\/is><\/c>/).map {
            String($0.1).replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&quot;", with: "\"")
                .replacing("&amp;", with: "&")
        }
    }

    @Test func `text stays text, whatever a spreadsheet would make of it`() throws {
        let dangerous = [
            "=1+1", "+8613800000001", "-5", "@SUM(A1)", "＝1+1", "\tx", "00123", "1E5", "1-2", "TRUE", "{=A1}",
            "http://example.org/", "mailto:a@example.org", "<b>&amp;\"", "欧阳晓 👩🏽‍💼", " 前后有空格 ",
        ]
        let sheet = try self.entries([SpreadsheetColumn("文字", width: 20)]) { spreadsheet in
            for text in dangerous { try spreadsheet.append([.text(text)]) }
        }["xl/worksheets/sheet1.xml"]
        #expect(self.texts(sheet) == ["文字"] + dangerous)
        #expect(sheet?.contains("<f>") == false)
        #expect(sheet?.contains("<hyperlink") == false)
        let styled = (sheet ?? "").matches(of: /<c r="A[0-9]+" s="([0-9]+)"/).map { $0.1 }
        #expect(styled.count == dangerous.count + 1 && Set(styled.dropFirst()).count == 1)
    }

    @Test func `what XML cannot hold is escaped, and what looks escaped stays as it was written`() throws {
        let sheet = try self.entries([SpreadsheetColumn("a", width: 9)]) { spreadsheet in
            try spreadsheet.append([.text("a\u{1}b\u{1F}c\0d")])
            try spreadsheet.append([.text("_x0041_")])
        }["xl/worksheets/sheet1.xml"]
        #expect(self.texts(sheet) == ["a", "a_x0001_b_x001F_c\u{FFFD}d", "_x005F_x0041_"])
    }

    @Test func `numbers are numbers, empty cells are not there, the header stays in view`() throws {
        let sheet = try self.entries([SpreadsheetColumn("a", width: 12), SpreadsheetColumn("b", width: 8)]) {
            try $0.append([.number(-128), .empty])
            try $0.append([.text(""), .number(7)])
        }["xl/worksheets/sheet1.xml"]
        let cells = (sheet ?? "").matches(of: /<c r="([A-Z]+[0-9]+)"[^>]*><v>([^<]*)<\/v><\/c>/)
        #expect(cells.map { "\($0.1)=\($0.2)" } == ["A2=-128", "B3=7"])
        #expect(sheet?.contains(#"<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>"#) == true)
        #expect(sheet?.contains(#"<col min="1" max="1" width="12.7"#) == true)
    }

    @Test func `a table longer than a sheet goes on in the next one, under its header`() throws {
        let entries = try self.entries([SpreadsheetColumn("n", width: 9)], rowsOfSheet: 3) { spreadsheet in
            for number in 1...5 { try spreadsheet.append([.text("\(number)")]) }
            try spreadsheet.addSheet("说明", widths: [10, 40], rows: [[.text("行数"), .number(5)]])
        }
        #expect(
            (1...4).map { self.texts(entries["xl/worksheets/sheet\($0).xml"]) } == [
                ["n", "1", "2"], ["n", "3", "4"], ["n", "5"], ["行数"],
            ])
        let names = (entries["xl/workbook.xml"] ?? "").matches(of: /<sheet name="([^"]*)"/).map { String($0.1) }
        #expect(names == ["线索", "线索 2", "线索 3", "说明"])
    }

    @Test func `a text that no cell holds and a folder that is not there are failures`() throws {
        #expect(throws: SpreadsheetFailure.self) {
            _ = try self.entries([SpreadsheetColumn("a", width: 9)]) { spreadsheet in
                try spreadsheet.append([.text(String(repeating: "长", count: 32_768))])
            }
        }
        #expect(throws: SpreadsheetFailure.self) {
            let folder = FileManager.default.temporaryDirectory.path
            let spreadsheet = try Spreadsheet(
                at: folder + "/nowhere-\(UUID().uuidString)/table.xlsx", temporaryFolder: folder, name: "a", columns: []
            )
            try spreadsheet.close()
        }
    }
}
