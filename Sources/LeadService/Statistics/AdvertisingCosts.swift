import Foundation
import Leads

/// What advertisements of one campaign of a source cost on one day.
struct AdvertisingCost: Sendable, Equatable {
    var day: ShanghaiDate
    /// As the statistics name it: `utm_source`, or the host and path of the page.
    var source: String
    /// Empty where the file has none.
    var campaign: String
    var fen: Int

    static let longest = 200
}

/// What a file of costs does, or would do.
struct AdvertisingCostImport: Sendable {
    var isTried: Bool
    var rows: Int
    var added: Int
    var replaced: Int
    var failures: [ValidationFailure]
    var unchanged: Int { self.rows - self.added - self.replaced }
}

/// Takes what advertisements cost from a file, for the statistics to divide.
struct AdvertisingCosts: Sendable {
    let database: Database
    let dependencies: Dependencies

    /// Each row adds its day, source and campaign, or replaces what was there; all of the file or nothing.
    ///
    /// - Throws: 422 with each row that cannot be, unless it is only tried.
    func take(_ file: [UInt8], isTried: Bool, for session: StaffSession) async throws -> AdvertisingCostImport {
        let (costs, failures) = try AdvertisingCostFile.read(
            try await self.database.csvText(file), today: ShanghaiDate(self.dependencies.now()))
        guard isTried || failures.isEmpty else { throw Problem(failures: failures) }
        let audit = Audit(dependencies: self.dependencies)
        let now = self.dependencies.now()
        return try await self.database.transaction { tx in
            let (added, replaced) =
                isTried ? try await tx.wouldSet(costs) : try await tx.set(costs, at: now)
            if !isTried {
                try await tx.insert(
                    audit.event(
                        "advertising_costs.import", on: "advertising_costs", by: session.username,
                        role: session.auditRole,
                        detail: ["rows": .integer(costs.count), "new": .integer(added), "replaced": .integer(replaced)])
                )
            }
            return AdvertisingCostImport(
                isTried: isTried, rows: costs.count, added: added, replaced: replaced, failures: failures)
        }
    }
}

/// A file of costs: a heading, then a row for each day, source and campaign.
enum AdvertisingCostFile {
    static let mostRows = 5000

    /// The rows that can be, and what is wrong with each of the others, by its line.
    static func read(
        _ text: String, today: ShanghaiDate
    ) throws -> (costs: [AdvertisingCost], failures: [ValidationFailure]) {
        let rows = try CSVRows.readable(text)
        let heading = rows.first?.cells.map { $0.lowercased() } ?? []
        func place(_ names: String...) -> Int? { heading.firstIndex { names.contains($0) } }
        guard let day = place("日期", "day"), let source = place("来源", "source"),
            let yuan = place("花费", "消费", "yuan")
        else {
            throw CSVRows.unreadable(
                "第一行应有“日期、来源、花费”三列，可加“计划”", "The first line names day, source, yuan, and campaign if wanted.")
        }
        guard rows.count - 1 <= Self.mostRows else {
            throw CSVRows.unreadable("一个文件最多 \(Self.mostRows) 行，请分几个文件提交", "At most \(Self.mostRows) rows.")
        }
        let campaign = place("计划", "campaign")
        var (costs, failures) = ([AdvertisingCost](), [ValidationFailure]())
        var lines: [[String]: Int] = [:]
        for row in rows.dropFirst() {
            func cell(_ place: Int?) -> String {
                place.flatMap { row.cells.indices.contains($0) ? row.cells[$0] : nil } ?? ""
            }
            do throws(ValidationFailure) {
                let cost = try Self.cost(
                    day: cell(day), source: cell(source), campaign: cell(campaign), yuan: cell(yuan), today: today)
                let key = [cost.day.description, cost.source, cost.campaign]
                if let first = lines[key] {
                    throw Self.failure("source", "和第 \(first) 行是同一天、同一来源、同一计划", "The same as line \(first).")
                }
                lines[key] = row.line
                costs.append(cost)
            } catch {
                failures.append(error.within("/\(row.line)"))
            }
        }
        return (costs, failures)
    }

    private static func cost(
        day: String, source: String, campaign: String, yuan: String, today: ShanghaiDate
    ) throws(ValidationFailure) -> AdvertisingCost {
        // A spreadsheet writes 2026/11/5.
        let parts = day.split(whereSeparator: { "/-".contains($0) }).map { $0.count == 1 ? "0\($0)" : String($0) }
        let date: ShanghaiDate
        do {
            date = try ShanghaiDate(parsing: parts.joined(separator: "-"))
        } catch {
            throw error.within("/day")
        }
        guard date <= today else { throw Self.failure("day", "这一天还没有到", "This day is still to come.") }
        func isText(_ text: String) -> Bool {
            text.unicodeScalars.count <= AdvertisingCost.longest
                && !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
        }
        guard !source.isEmpty, isText(source) else {
            throw Self.failure("source", "请填写来源，最多 200 个字", "A source of 1–200 characters.")
        }
        guard isText(campaign) else { throw Self.failure("campaign", "计划最多 200 个字", "At most 200 characters.") }
        let amount = yuan.hasPrefix("¥") || yuan.hasPrefix("￥") ? String(yuan.dropFirst()) : yuan
        guard let match = amount.wholeMatch(of: /([0-9]{1,9}|[0-9]{1,3}(?:,[0-9]{3}){1,2})(?:\.([0-9]{1,2}))?/),
            let whole = Int(match.1.replacing(",", with: "")),
            let rest = Int((match.2 ?? "").padding(toLength: 2, withPad: "0", startingAt: 0))
        else {
            throw Self.failure("yuan", "花费应是金额，如 128.50，单位为元", "An amount in yuan such as 128.50.")
        }
        return AdvertisingCost(day: date, source: source, campaign: campaign, fen: whole * 100 + rest)
    }

    private static func failure(_ column: String, _ detail: String, _ english: String) -> ValidationFailure {
        ValidationFailure("cost_invalid", at: "/\(column)", detail, english: english)
    }
}
