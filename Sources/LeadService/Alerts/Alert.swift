import Foundation
import Leads

/// What the staff is told of.
package enum AlertKind: String, Sendable, CaseIterable {
    case slaHalf = "sla_half"
    case slaMost = "sla_most"
    case slaBroken = "sla_broken"
    case slaLate = "sla_late"
    /// At the pace of now a promise will be broken.
    case forecastLate = "forecast_late"
    /// Somebody was rung and not spoken to, and the target for that is near.
    case contactLate = "contact_late"
    /// Somebody was given a task.
    case assigned
    /// A claim ran out before a result came.
    case claimLapsed = "claim_lapsed"
    /// A year has begun, or soon will, whose working days nobody has loaded.
    case calendarMissing = "calendar_missing"
    /// Somebody looked at the numbers of very many people in a day.
    case manyReveals = "many_reveals"
    /// Somebody recorded very many results in a day without a look at the number.
    case unrevealedResults = "unrevealed_results"
    /// A robot took a post in none of its tries.
    case robotFailing = "robot_failing"
    /// Too few of a gateway's messages reach the telephones of an operator.
    case deliveryFalling = "delivery_falling"
    /// The numbers of a prefix asked for more codes than it has.
    case prefixFull = "prefix_full"
    /// The codes of the day, or the money for them, are nearly used up or used up.
    case budgetFull = "budget_full"
    /// Codes do not come back, and sending is stopped for a while.
    case sendingStopped = "sending_stopped"
    /// A privacy case must be answered soon, or should have been.
    case privacyDue = "privacy_due"
    /// Promises lie on a day that was closed after they were made.
    case closedDay = "closed_day"
    /// Somebody exported more often in a day than is usual.
    case manyExports = "many_exports"
    /// An export with plain numbers waits for a second administrator.
    case exportWaiting = "export_waiting"
    /// A webhook was paused because nobody took what it sent.
    case webhookPaused = "webhook_paused"

    /// Whose robots tell it too.
    var robots: [RobotAudience] {
        switch self {
        case .slaMost, .forecastLate: [.team]
        case .slaBroken: [.team, .supervisors]
        case .slaLate, .calendarMissing, .manyReveals, .unrevealedResults, .closedDay, .manyExports:
            [.supervisors]
        case .slaHalf, .contactLate, .assigned, .claimLapsed, .robotFailing, .deliveryFalling, .prefixFull, .budgetFull,
            .sendingStopped, .privacyDue, .exportWaiting, .webhookPaused:
            []
        }
    }
}

/// An alert on its way to whom it concerns.
struct AlertDraft: Sendable {
    var id: UUID
    var kind: AlertKind
    var taskID: UUID?
    /// The promise it is about; it is told only while that is open and unmet.
    var dueAt: Date?
    /// What tells this occasion from the others of its kind; nil when each is one of its own.
    var about: String?
    var parameters: [String: String] = [:]
    /// One person, and everybody of these roles; with nobody of either, supervisors and administrators.
    var person: UUID?
    var roles: [Role] = []
    /// Noted so that it is not told later, and told to nobody.
    var isSilent = false
}

/// An alert as it is told.
struct Alert: Sendable {
    var kind: AlertKind
    var dueAt: Date?
    var parameters: [String: String]

    private var promise: String { self.dueAt.map { ShanghaiDate.timeText($0) } ?? "" }
    private func value(_ name: String) -> String { self.parameters[name] ?? "" }

    /// One sentence without the name or number of a visitor.
    var text: String {
        switch self.kind {
        case .slaHalf: "回访的时间用去一半还没有打，\(self.promise) 前要打"
        case .slaMost: "回访的时间用去八成还没有打，\(self.promise) 前要打"
        case .slaBroken: "回访超时未打，答应的是 \(self.promise) 前"
        case .slaLate: "回访超时又过了 4 个工作小时，仍没有打，答应的是 \(self.promise) 前"
        case .forecastLate:
            "按现在的速度可能超时，\(self.promise) 前要打，\(self.value("owner").isEmpty ? "在公共池" : "在 \(self.value("owner")) 名下")"
        case .contactLate: "打过还没有联系上，目标是 \(self.value("by")) 前联系上"
        case .assigned: "\(self.value("by")) 把一条回访转给您"
        case .claimLapsed: "占用到期，没有记录结果，任务已回到队列"
        case .calendarMissing: "\(self.value("year")) 年的放假安排还没有导入，期限是暂定的"
        case .manyReveals: "\(self.value("who")) 今天看了 \(self.value("count")) 位客户的号码，请留意"
        case .unrevealedResults: "\(self.value("who")) 今天有 \(self.value("count")) 个结果没有看过号码，请核对"
        case .closedDay: "\(self.value("day"))改为休息，有 \(self.value("count")) 个承诺在那天，答应的时间不变，请在看板上安排"
        case .manyExports: "\(self.value("who")) 今天导出了 \(self.value("count")) 次线索，请核对用途"
        case .exportWaiting: "\(self.value("who")) 提交了含完整号码的导出，等另一位管理员批准"
        case .robotFailing: "群机器人 \(self.value("robot")) 发不出去（\(self.value("failure"))），请检查"
        case .privacyDue:
            self.value("late").isEmpty
                ? "一件隐私请求最迟 \(self.value("day"))要答复" : "一件隐私请求已过答复期限（\(self.value("day"))）"
        case .prefixFull:
            "号段 \(self.value("prefix")) 的号码\(self.value("window") == "hour" ? "这一小时" : "今天")要的验证码太多（上限 \(self.value("count")) 条），先不发给它们；若是刷量，可在设置里列入不发的号段"
        case .budgetFull:
            (self.value("budget") == "money_day" ? "今天的短信费用" : "今天全站的验证码")
                + (self.value("percent") == "100"
                    ? "已用完（\(self.value("count")) 条），暂时发不出验证码，请核对是否刷量，再调整设置"
                    : "已用去八成（上限 \(self.value("count")) 条），请核对是否刷量")
        case .sendingStopped:
            "发出的验证码几乎没有人用上，像是刷量，已暂停发送 15 分钟；今天再次暂停不再提醒，请核对"
        case .webhookPaused:
            "发往 \(self.value("host")) 的 Webhook 已自动暂停（\(self.value("reason"))），新的事件先排队，请检查后恢复"
        case .deliveryFalling:
            "网关 \(self.value("gateway")) 发往\(self.value("operator"))号码的短信，最近 24 小时 \(self.value("reports")) 条有回执，只送达 \(self.value("delivered")) 条，请检查"
        }
    }
}

/// An alert in somebody's list.
struct ReadableAlert: Sendable {
    var id: UUID
    var alert: Alert
    var taskID: UUID?
    var createdAt: Date
    var readAt: Date?

    var json: JSONOutput {
        .object([
            "id": .string(self.id.uuidString.lowercased()), "kind": .string(self.alert.kind.rawValue),
            "text": .string(self.alert.text), "callback_id": .optional(self.taskID?.uuidString.lowercased()),
            "created_at": .string(RFC3339.text(self.createdAt)),
            "read_at": .optional(self.readAt.map { RFC3339.text($0) }),
        ])
    }
}
