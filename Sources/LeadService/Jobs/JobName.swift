import Foundation

/// A kind of background work, one for each worker; its name is what holds and runs are kept under.
package enum JobName: String, Sendable, CaseIterable {
    case outbox, calls, deliveries, reminders
    case lateNotices = "late_notices"
    case permits, eligibility, promises, forecast, pauses, assignment, watch, robots
    case sendWatch = "send_watch"
    case exports, imports, webhooks, rollups, housekeeping
    case auditChain = "audit_chain"
    case auditAnchors = "audit_anchors"

    /// What people know it by.
    var title: String {
        switch self {
        case .outbox: "短信发送"
        case .calls: "电话系统拨号"
        case .deliveries: "短信回执"
        case .reminders: "居住证到期提醒"
        case .lateNotices: "来不及回访时告知客户"
        case .permits: "居住证到期前开任务"
        case .eligibility: "新规则下重新测算"
        case .promises: "回访承诺预警"
        case .forecast: "可能超时的回访预警"
        case .pauses: "到时继续暂停的任务"
        case .assignment: "自动分配任务"
        case .watch: "异常提醒"
        case .robots: "群机器人消息"
        case .sendWatch: "验证码预算与熔断"
        case .exports: "后台导出"
        case .imports: "后台导入"
        case .webhooks: "Webhook"
        case .rollups: "统计汇总"
        case .housekeeping: "到期清理与删除"
        case .auditChain: "审计链"
        case .auditAnchors: "审计锚点"
        }
    }

    /// What stands still while it is held.
    var whileHeld: String {
        switch self {
        case .outbox: "验证码和通知都发不出去，客户无法提交"
        case .calls: "点击拨号不响，顾问只能自己拨"
        case .deliveries: "送达结果不再更新"
        case .reminders, .lateNotices: "客户收不到这类短信"
        case .permits, .eligibility: "不再为这些客户开新任务"
        case .promises, .forecast, .watch: "不再发出提醒"
        case .pauses: "暂停的任务到时不会自己回到队列"
        case .assignment: "新任务不再自动分给顾问"
        case .robots: "群里收不到消息"
        case .sendWatch: "短信预算不再预警，异常发送不会熔断"
        case .exports: "新的导出一直排队，到期的文件不会删除"
        case .imports: "导入的文件一直排队，正在导入的那批会先做完"
        case .webhooks: "别的系统收不到事件，事件先排队"
        case .rollups: "统计照样准确，只是打开得慢"
        case .housekeeping: "到期的个人信息不会按时删除"
        case .auditChain: "新的审计记录暂不入链"
        case .auditAnchors: "链尾不再记到第二处"
        }
    }

    /// Whether what failed for good can be tried again.
    var hasRetry: Bool { [.robots, .exports, .imports].contains(self) }
}
