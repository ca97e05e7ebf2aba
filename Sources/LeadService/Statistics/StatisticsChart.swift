import Foundation
import Leads

/// Charts as SVG, made from numbers alone: no script, colours by class, each over the table of its numbers.
///
/// They are 320 units wide, as a phone is, and the style lets them grow to half as much again.
enum StatisticsChart {
    private static let width = 320.0
    private static let height = 168.0
    private static let (left, right, top, bottom) = (28.0, 8.0, 20.0, 20.0)

    /// Inquiries of each day, the part of them whose promise was kept in front.
    static func days(_ days: [(date: ShanghaiDate, day: Statistics.Day)]) -> String? {
        guard let first = days.first, let last = days.last else { return nil }
        let most = max(1, days.map(\.day.accepted).max() ?? 1)
        let step = (Self.width - Self.left - Self.right) / Double(days.count)
        var marks = Self.scale(most)
        for (index, one) in days.enumerated() where one.day.accepted > 0 {
            let x = Self.left + Double(index) * step
            let (bar, gap) = (min(step * 0.8, 32), step > 2 ? step * 0.1 : 0)
            marks += Self.bar(x: x + gap, width: max(bar, 0.5), count: one.day.accepted, of: most, "")
            marks += Self.bar(x: x + gap, width: max(bar, 0.5), count: one.day.kept, of: most, "reaches")
        }
        marks += Self.text(Self.left, Self.height - 6, "\(first.date.description.suffix(5))", "start")
        if days.count > 1 {
            marks += Self.text(Self.width - Self.right, Self.height - 6, "\(last.date.description.suffix(5))", "end")
        }
        let (accepted, kept) = days.reduce((0, 0)) { ($0.0 + $1.day.accepted, $0.1 + $1.day.kept) }
        return Self.svg("每天受理的咨询（共 \(accepted)）和其中按时致电的（共 \(kept)）", marks)
    }

    /// How many of each day's decided promises were kept, in per cent; a day without any has no bar.
    static func rates(_ days: [(date: ShanghaiDate, day: Statistics.Day)]) -> String? {
        guard let first = days.first, let last = days.last, days.contains(where: { $0.day.kept + $0.day.broken > 0 })
        else {
            return nil
        }
        let step = (Self.width - Self.left - Self.right) / Double(days.count)
        var marks = Self.scale(100)
        for (index, one) in days.enumerated() {
            guard let percent = Statistics.percent(one.day.kept, of: one.day.kept + one.day.broken) else { continue }
            let (bar, gap) = (min(step * 0.8, 32), step > 2 ? step * 0.1 : 0)
            marks += Self.bar(
                x: Self.left + Double(index) * step + gap, width: max(bar, 0.5), count: percent, of: 100, "reaches")
        }
        marks += Self.text(Self.left, Self.height - 6, "\(first.date.description.suffix(5))", "start")
        if days.count > 1 {
            marks += Self.text(Self.width - Self.right, Self.height - 6, "\(last.date.description.suffix(5))", "end")
        }
        let (kept, decided) = days.reduce((0, 0)) { ($0.0 + $1.day.kept, $0.1 + $1.day.kept + $1.day.broken) }
        return Self.svg("每天的按时率（%），整段日期 \(Statistics.percent(kept, of: decided) ?? 0)%", marks)
    }

    /// A bar each from the top to the bottom, with its name and number; as long as the largest, or as `whole` would be.
    static func bars(_ title: String, _ rows: [(name: String, count: Int)], of whole: Int? = nil) -> String? {
        guard let most = whole ?? rows.map(\.count).max(), most > 0, !rows.isEmpty else { return nil }
        let (row, label) = (24.0, rows.contains { $0.name.count > 6 } ? 132.0 : 76.0)
        let room = Self.width - label - 44
        var marks = ""
        for (index, one) in rows.enumerated() {
            let y = Double(index) * row
            let length = room * Double(one.count) / Double(most)
            marks += Self.text(label - 6, y + 16, Self.escaped(Self.cut(one.name, label > 100 ? 126 : 70)), "end")
            marks += Self.rect(x: label, y: y + 4, width: length, height: row - 8, "reaches")
            marks += Self.text(label + length + 4, y + 16, "\(one.count)", "start")
        }
        let words = rows.map { "\($0.name) \($0.count)" }.joined(separator: "，")
        return Self.svg("\(title)：\(words)", marks, height: Double(rows.count) * row)
    }

    /// What fits into so many units: a Han character takes twelve, any other seven.
    private static func cut(_ text: String, _ room: Int) -> String {
        var (kept, taken) = ("", 0)
        for character in text {
            taken += character.unicodeScalars.allSatisfy { $0.value < 0x2E80 } ? 7 : 12
            guard taken <= room else { return kept.dropLast() + "…" }
            kept.append(character)
        }
        return kept
    }

    /// Scores by ten points, with a line where the standard is.
    static func scores(_ bins: [(from: Int, count: Int)]) -> String? {
        guard let lowest = bins.first?.from, let most = bins.map(\.count).max() else { return nil }
        let step = (Self.width - Self.left - Self.right) / Double(bins.count)
        func x(_ from: Int) -> Double { Self.left + Double((from - lowest) / Scores.width) * step }
        var marks = Self.scale(max(1, most))
        let every = max(1, Int((30 / step).rounded(.up)))
        for (index, bin) in bins.enumerated() {
            if bin.count > 0 {
                marks += Self.bar(
                    x: x(bin.from) + step * 0.1, width: step * 0.8, count: bin.count, of: most,
                    bin.from >= AssessedAnswers.standard ? "reaches" : "")
            }
            if index % every == 0 {
                marks += Self.text(x(bin.from) + step / 2, Self.height - 6, "\(bin.from)", "middle")
            }
        }
        let standard = x(AssessedAnswers.standard)
        let place = standard > Self.width * 0.7 ? (standard - 4, "end") : (standard + 4, "start")
        marks += "<line class=\"standard\" x1=\"\(Self.number(standard))\" x2=\"\(Self.number(standard))\" y1=\"4\" "
        marks += "y2=\"\(Self.number(Self.height - Self.bottom))\"/>"
        marks += Self.text(place.0, 14, "\(AssessedAnswers.standard) 分", place.1)
        return Self.svg("每 \(Scores.width) 分一档的积分分布", marks)
    }

    /// The ground line, and how much the highest bar is.
    private static func scale(_ most: Int) -> String {
        let ground = Self.number(Self.height - Self.bottom)
        return
            "<line x1=\"\(Self.number(Self.left))\" x2=\"\(Self.number(Self.width - Self.right))\" y1=\"\(ground)\" y2=\"\(ground)\"/>"
            + Self.text(Self.left - 4, Self.top + 4, "\(most)", "end")
            + Self.text(Self.left - 4, Self.height - Self.bottom, "0", "end")
    }

    private static func bar(x: Double, width: Double, count: Int, of most: Int, _ kind: String) -> String {
        guard count > 0 else { return "" }
        let height = (Self.height - Self.top - Self.bottom) * Double(count) / Double(max(1, most))
        return Self.rect(x: x, y: Self.height - Self.bottom - height, width: width, height: height, kind)
    }

    private static func rect(x: Double, y: Double, width: Double, height: Double, _ kind: String) -> String {
        let place = [("x", x), ("y", y), ("width", width), ("height", height)]
            .map { " \($0)=\"\(Self.number($1))\"" }.joined()
        return "<rect\(place)\(kind.isEmpty ? "" : " class=\"\(kind)\"")/>"
    }

    private static func text(_ x: Double, _ y: Double, _ text: String, _ anchor: String) -> String {
        "<text x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" text-anchor=\"\(anchor)\">\(text)</text>"
    }

    private static func svg(_ title: String, _ marks: String, height: Double = StatisticsChart.height) -> String {
        "<svg class=\"chart\" viewBox=\"0 0 \(Self.number(Self.width)) \(Self.number(height))\" role=\"img\">"
            + "<title>\(Self.escaped(title))</title>\(marks)</svg>"
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() ? "\(Int(value))" : String(format: "%.1f", value)
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}
