import Foundation
import Leads

/// What an administrator has to see to before visitors come, each from what there really is.
struct StartList: Sendable {
    /// One thing to see to.
    struct Item: Sendable {
        enum State: String, Sendable {
            case done, open
            /// It cannot be seen from here.
            case unknown
        }

        var key: String
        var title: String
        var state: State
        /// What there is, or what to do.
        var detail: String
        /// The page on which to do it.
        var path: String?

        var json: JSONOutput {
            .object([
                "key": .string(self.key), "title": .string(self.title), "state": .string(self.state.rawValue),
                "detail": .string(self.detail), "path": .optional(self.path),
            ])
        }
    }

    private let database: Database
    private let dependencies: Dependencies
    private let settings: SettingsStore
    private let notices: PrivacyNoticeStore
    private let calendar: CalendarStore

    /// An archive that took nothing for a day does not work.
    private static let longestSilence: TimeInterval = 86400

    init(
        database: Database, dependencies: Dependencies, settings: SettingsStore, notices: PrivacyNoticeStore,
        calendar: CalendarStore
    ) {
        self.database = database
        self.dependencies = dependencies
        self.settings = settings
        self.notices = notices
        self.calendar = calendar
    }

    func json() async throws -> JSONOutput {
        let items = try await self.items()
        return .object([
            "items": .array(items.map(\.json)), "next_cursor": .null,
            "done": .bool(items.allSatisfy { $0.state != .open }),
        ])
    }

    private func items() async throws -> [Item] {
        let facts = try await self.database.autocommit { try await $0.startFacts() }
        return [
            self.company, self.notice, self.years, await self.gateway, Self.administrators(facts.administrators),
            self.backup(facts.archivedAt), Self.trial(facts.trial),
        ]
    }

    private var company: Item {
        let settings = self.settings.current
        let missing = [
            ("公司名称", settings.companyName), ("咨询电话", settings.companyTelephone), ("外呼号码", settings.callerNumber),
        ].filter { $0.1.isEmpty }.map(\.0)
        return Item(
            key: "company", title: "公司名称和电话", state: missing.isEmpty ? .done : .open,
            detail: missing.isEmpty
                ? "\(settings.companyName)，\(settings.companyTelephone)，外呼 \(settings.callerNumber)"
                : "还没有填\(missing.joined(separator: "、"))，访客不知道谁会打来",
            path: "/staff/settings")
    }

    /// The shipped text counts once it says whose it is.
    private var notice: Item {
        guard let notice = self.notices.current else {
            return Item(
                key: "notice", title: "隐私说明", state: .open, detail: "今天没有生效的隐私说明，访客无法提交", path: "/staff/settings")
        }
        let settings = self.settings.current
        let isOwn = settings.notices.contains { $0.version == notice.version }
        let detail: String
        switch (isOwn, settings.companyName.isEmpty) {
        case (true, _):
            let day = (try? ShanghaiDate(parsing: notice.effectiveOn))?.fullText ?? notice.effectiveOn
            detail = "自己发布的一版，\(day)起生效"
        case (false, false): detail = "自带的一版，以\(settings.companyName)的名义；另有约定请发布自己的版本"
        case (false, true): detail = "自带的一版没有公司名称，请先填写公司名称"
        }
        return Item(
            key: "notice", title: "隐私说明", state: isOwn || !settings.companyName.isEmpty ? .done : .open,
            detail: detail, path: isOwn || !settings.companyName.isEmpty ? "/privacy" : "/staff/settings")
    }

    /// The notice for the next year comes in autumn, so it is missed from December on.
    private var years: Item {
        let (year, month, _) = ShanghaiDate(self.dependencies.now()).components
        let wanted = month == 12 ? [year, year + 1] : [year]
        let missing = wanted.filter { !self.calendar.current.covers(year: $0) }
        return Item(
            key: "calendar", title: "放假安排", state: missing.isEmpty ? .done : .open,
            detail: missing.isEmpty
                ? "\(wanted.map(String.init).joined(separator: "、")) 年的正式安排已载入"
                : "还没有载入 \(missing.map(String.init).joined(separator: "、")) 年的正式安排，承诺的时间是预估的",
            path: "/staff/calendar")
    }

    private var gateway: Item {
        get async {
            let gateways = self.dependencies.gateways.filter { $0.name != "console" }
            var failing: [String] = []
            for gateway in gateways where await !gateway.canConnect() {
                failing.append(GatewayStatistics.title(of: gateway.name))
            }
            let detail: String
            if gateways.isEmpty {
                detail = "还是开发用的通道，短信只写在 /dev/messages；请在服务器上设 HUIFANG_SMS_GATEWAY"
            } else if failing.isEmpty {
                detail = gateways.map { GatewayStatistics.title(of: $0.name) }.joined(separator: "、") + "，连得上"
            } else {
                detail = "连不上\(failing.joined(separator: "、"))，请核对地址、密钥和网络"
            }
            return Item(
                key: "gateway", title: "短信通道", state: !gateways.isEmpty && failing.isEmpty ? .done : .open,
                detail: detail)
        }
    }

    private static func administrators(_ count: Int) -> Item {
        Item(
            key: "administrators", title: "第二位管理员", state: count >= 2 ? .done : .open,
            detail: count >= 2 ? "共 \(count) 位" : "只有一位；他不在或忘了密码时，没有人能进来，完整号码的导出也没有人批准",
            path: "/staff/people")
    }

    private func backup(_ archivedAt: Date?) -> Item {
        guard let archivedAt else {
            return Item(
                key: "backup", title: "备份", state: .unknown,
                detail: "数据库没有日志归档；每晚的备份从这里看不到，请在服务器上看 backup.timer 和 huifang doctor")
        }
        let isFresh = self.dependencies.now().timeIntervalSince(archivedAt) < Self.longestSilence
        return Item(
            key: "backup", title: "备份", state: isFresh ? .done : .open,
            detail: (isFresh ? "日志归档到 " : "日志归档停在 ") + ShanghaiDate.timeText(archivedAt))
    }

    private static func trial(_ trial: TrialMessage?) -> Item {
        Item(
            key: "trial", title: "一条真实短信", state: trial?.isGood == true ? .done : .open,
            detail: trial.map { "\(ShanghaiDate.timeText($0.sentAt))：\($0.words)" } ?? "还没有试发过")
    }
}
