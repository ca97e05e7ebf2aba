import Foundation
import Leads

/// Somebody made up, what they ask, and what becomes of it on the desk.
struct DemoVisitor: Sendable {
    /// When they submit.
    enum Arrival: Sendable {
        /// The day before the day of calls, at a minute of it: promised for the day of calls.
        case dayBefore(minute: Int)
        /// On the day of calls: promised for the working day after it.
        case dayOfCalls(minute: Int)
        case minutesAgo(Int)
    }

    /// How their call on the day of calls ends.
    struct Call: Sendable {
        /// Which of the advisers calls.
        var adviser: Int
        var disposition: Disposition
        var note: String?
        var reason: String?
        var item: String?
        /// Hours from now until the agreed time, which then moves to where calling is allowed.
        var againInHours: Int?
    }

    var name: String
    var arrival: Arrival
    var answers: String?
    var source = "article"
    var remark: String?
    var window: PreferredWindow?
    var suspicion: InquiryDraft.Suspicion?
    var call: Call?

    /// A number of a block of which no number was ever given out; none of them gets a message (`SendRules`).
    static func phone(_ index: Int) throws -> PhoneNumber {
        try PhoneNumber(parsing: "\(SendRules.demonstration)\(1001 + index)")
    }

    /// Everybody, in no order.
    static let all: [DemoVisitor] = [
        // Called, and done with.
        DemoVisitor(
            name: "林女士", arrival: .dayBefore(minute: 602), answers: Self.master,
            remark: "孩子明年九月入学，想知道来不来得及",
            call: Call(adviser: 0, disposition: .converted, note: "签约，材料已寄")),
        DemoVisitor(
            name: "周先生", arrival: .dayBefore(minute: 617), answers: Self.short, source: "baidu",
            call: Call(adviser: 0, disposition: .reachedNotInterested, note: "已经找了别家", reason: "已找其他机构")),
        DemoVisitor(
            name: "欧阳先生", arrival: .dayBefore(minute: 641), answers: Self.blocked, source: "wechat",
            call: Call(adviser: 1, disposition: .notEligible, note: "社保不足六个月", item: "insured_months")),
        DemoVisitor(
            name: "黄小姐", arrival: .dayBefore(minute: 655), source: "baidu",
            call: Call(adviser: 1, disposition: .wrongPerson)),
        DemoVisitor(
            name: "孙先生", arrival: .dayBefore(minute: 668), source: "wechat",
            call: Call(adviser: 2, disposition: .doNotCall, note: "说不用再打了")),
        // Spoken with, and to be called again at an agreed time.
        DemoVisitor(
            name: "陈晓", arrival: .dayBefore(minute: 690), answers: Self.close, remark: "就差几分，想算算怎么补",
            call: Call(adviser: 0, disposition: .reachedInterested, note: "对中级职称路线有兴趣", againInHours: 3)),
        DemoVisitor(
            name: "王女士", arrival: .dayBefore(minute: 701), answers: Self.suburb, source: "xiaohongshu",
            call: Call(adviser: 1, disposition: .callBackAt, note: "在开会", againInHours: 26)),
        DemoVisitor(
            name: "赵宇航", arrival: .dayBefore(minute: 733), answers: Self.close, source: "douyin",
            call: Call(adviser: 2, disposition: .reachedInterested, note: "想带配偶一起办", againInHours: 50)),
        DemoVisitor(
            name: "吴敏", arrival: .dayBefore(minute: 765), answers: Self.master,
            call: Call(adviser: 2, disposition: .reachedNeedMaterials, note: "学历认证报告还没有")),
        // Tried, not reached.
        DemoVisitor(
            name: "郑凯", arrival: .dayBefore(minute: 790), answers: Self.short, source: "baidu",
            call: Call(adviser: 0, disposition: .poweredOff, reason: "off")),
        DemoVisitor(
            name: "何女士", arrival: .dayBefore(minute: 812), answers: Self.close,
            call: Call(adviser: 1, disposition: .noAnswer)),
        DemoVisitor(
            name: "马先生", arrival: .dayBefore(minute: 840), source: "wechat",
            call: Call(adviser: 2, disposition: .busyOrRejected, note: "第二声挂断")),
        // Promised for the day of calls, and nobody called.
        DemoVisitor(name: "许静", arrival: .dayBefore(minute: 895), answers: Self.suburb, remark: "请下午打给我"),
        DemoVisitor(name: "罗先生", arrival: .dayBefore(minute: 930), answers: Self.short, source: "douyin"),
        DemoVisitor(name: "梁思", arrival: .dayBefore(minute: 1005), source: "xiaohongshu"),
        // Promised for the next working day.
        DemoVisitor(name: "宋佳", arrival: .dayOfCalls(minute: 1020), answers: Self.master),
        DemoVisitor(
            name: "唐先生", arrival: .dayOfCalls(minute: 1105), answers: Self.close, source: "baidu", window: .afternoon
        ),
        DemoVisitor(name: "韩梅", arrival: .dayOfCalls(minute: 1210), source: "wechat", remark: "晚上七点以后方便"),
        DemoVisitor(name: "冯先生", arrival: .dayOfCalls(minute: 1290), answers: Self.blocked, window: .morning),
        // Just now.
        DemoVisitor(name: "董女士", arrival: .minutesAgo(11), answers: Self.close, remark: "公司在临港，算新城吗"),
        DemoVisitor(name: "程先生", arrival: .minutesAgo(6), answers: Self.suburb, source: "douyin"),
        DemoVisitor(name: "曹欣怡", arrival: .minutesAgo(2), answers: Self.master, source: "xiaohongshu"),
        // What looks like a program's work.
        DemoVisitor(name: "测试用户", arrival: .minutesAgo(44), source: "unknown", suspicion: .honeypot),
        DemoVisitor(name: "优惠代办", arrival: .minutesAgo(19), source: "unknown", suspicion: .fillTime),
    ]

    private static let master =
        #"{"age":34,"education":"master","insured_months":40,"months_at_1x":36,"spouse_shanghai_marriage_years":3}"#
    private static let close = #"{"age":33,"education":"associate","insured_months":40,"months_at_0_8x":36}"#
    private static let suburb =
        #"{"age":29,"education":"bachelor","insured_months":50,"months_at_0_8x":36,"suburb_area":{"zone":"new_city","years":3}}"#
    private static let short = #"{"age":42,"education":"associate","insured_months":26}"#
    private static let blocked = #"{"age":38,"education":"associate","insured_months":4,"insured_months_in_last_12":4}"#

    func readAnswers() throws -> Answers? {
        try self.answers.map { try Answers(try StrictJSON.read(Array($0.utf8))) }
    }
}

/// Somebody made up of the staff.
struct DemoColleague: Sendable {
    var username: String
    var displayName: String
    var role: Role

    static let advisers = [
        DemoColleague(username: "demo.lin", displayName: "林晓（演示）", role: .adviser),
        DemoColleague(username: "demo.chen", displayName: "陈立（演示）", role: .adviser),
        DemoColleague(username: "demo.he", displayName: "何倩（演示）", role: .adviser),
    ]
    static let supervisor = DemoColleague(username: "demo.zhou", displayName: "周主管（演示）", role: .supervisor)
    static let all = Self.advisers + [Self.supervisor]
}
