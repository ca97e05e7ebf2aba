import Foundation
import Leads

/// One table of the statistics: its headings and cells once, for the page and for its file.
struct StatisticsTable: Sendable {
    /// The tables, as the addresses of their files name them.
    enum Name: String, CaseIterable, Sendable {
        case now, comparison, recent, days, endings, breaches, times, funnel, sources, articles, costs, advisers,
            assessments,
            suggestions, care, exports, queues, calendar, messages
    }

    struct Column: Sendable {
        enum Kind: Sendable { case figure, text, source, fileOnly }
        var title: String
        var unit = ""
        var kind = Kind.figure

        static func text(_ title: String) -> Column { Column(title: title, kind: .text) }
        static func source(_ title: String) -> Column { Column(title: title, kind: .source) }

        /// The unit stands in the heading of a file, and at the number on a page.
        var heading: String { self.unit.isEmpty ? self.title : "\(self.title)（\(self.unit)）" }
    }

    enum Cell: Sendable {
        case text(String)
        /// What a row is about, with the unit of its numbers.
        case name(String, unit: String)
        case count(Int?)
        /// A number that should be nought.
        case odd(Int?)
        case amount(Int?, unit: String)
        case change(Int?, of: Statistics.Headline?)
        case minutes(Int?)
        case percent(Int?)
        case yuan(Double?, digits: Int = 2)
        case day(ShanghaiDate)
        case time(Date?)
    }

    var caption: String
    /// What its file is called.
    var title: String
    var columns: [Column]
    var rows: [[Cell]]
}

extension StatisticsTable.Cell {
    /// In numbers, without units and signs that a spreadsheet would have to take off; empty where there is none.
    var inFile: String {
        switch self {
        case .text(let text): text
        case .name(let title, let unit): unit.isEmpty ? title : "\(title)（\(unit)）"
        case .count(let number), .odd(let number), .amount(let number, _), .change(let number, _), .minutes(let number),
            .percent(let number):
            number.map { "\($0)" } ?? ""
        case .yuan(let yuan, let digits): yuan.map { String(format: "%.\(digits)f", $0) } ?? ""
        case .day(let day): day.description
        case .time(let time): time.map { RFC3339.text($0) } ?? ""
        }
    }

    var onPage: String {
        switch self {
        case .text(let text), .name(let text, _): text
        case .count(let number), .odd(let number): number.map { "\($0)" } ?? "—"
        case .amount(let number, let unit): number.map { "\($0)\(unit)" } ?? "—"
        case .change(let number, let headline): Statistics.words(number, of: headline)
        case .minutes(let minutes): Self.length(minutes)
        case .percent(let number): number.map { "\($0)%" } ?? "—"
        case .yuan(let yuan, _): yuan.map { String(format: "%.2f", $0) } ?? "—"
        case .day(let day): day.text
        case .time(let time): time.map { ShanghaiDate.timeText($0) } ?? "—"
        }
    }

    private var isOdd: Bool { if case .odd(let number?) = self { number > 0 } else { false } }

    fileprivate func context(_ kind: StatisticsTable.Column.Kind, isFirst: Bool) -> [String: Any] {
        var names: [String] = []
        switch kind {
        case .figure: names.append("figure")
        case .source: names.append("source")
        case .text, .fileOnly: break
        }
        if self.isOdd { names.append("odd") }
        return [
            "text": self.onPage, "is_first": isFirst, "class": names.joined(separator: " "),
            "has_class": !names.isEmpty,
        ]
    }

    private static func length(_ minutes: Int?) -> String {
        guard let minutes else { return "—" }
        guard minutes >= 60 else { return "\(minutes) 分钟" }
        return minutes % 60 == 0 ? "\(minutes / 60) 小时" : "\(minutes / 60) 小时 \(minutes % 60) 分"
    }
}

extension StatisticsTable {
    /// The lines of its file.
    var lines: [[String]] { [self.columns.map(\.heading)] + self.rows.map { $0.map(\.inFile) } }

    /// What the page's partial takes.
    func context(_ name: Name) -> [String: Any] {
        func shown<Value>(_ values: [Value]) -> [(column: Column, value: Value)] {
            zip(self.columns, values).filter { $0.0.kind != .fileOnly }.map { ($0.0, $0.1) }
        }
        return [
            "id": name.rawValue, "caption": self.caption, "file_title": self.title,
            "columns": shown(self.columns).map { column, _ in
                ["title": column.title, "is_figure": column.kind == .figure] as [String: Any]
            },
            "rows": self.rows.map { row in
                ["cells": shown(row).enumerated().map { $1.value.context($1.column.kind, isFirst: $0 == 0) }]
                    as [String: Any]
            },
        ]
    }
}
