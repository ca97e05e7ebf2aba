import Foundation
import Leads

/// A real message to a number that an administrator types, to see what the vendor says of it.
struct TrialMessages: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    private let notes: NoticeWriter
    private let audit: Audit
    private let signal: OutboxSignal

    /// So many a day, whoever asks: the number is nobody's proven own.
    static let mostPerDay = 5
    private static let patience: TimeInterval = 600

    init(
        database: Database, dependencies: Dependencies, settings: SettingsStore, budgetFactor: Double, publicURL: URL,
        signal: OutboxSignal
    ) {
        self.database = database
        self.dependencies = dependencies
        self.notes = NoticeWriter(
            dependencies: dependencies, settings: settings,
            budgets: SendBudgets(keys: dependencies.keys, factor: budgetFactor), publicURL: publicURL)
        self.audit = Audit(dependencies: dependencies)
        self.signal = signal
    }

    /// Leaves the message in the outbox: the template of codes, with one that opens nothing.
    ///
    /// - Returns: its id, and the code to compare with what arrives.
    /// - Throws: 422 `do_not_call`, `number_gets_no_messages`; 429.
    func send(to phone: PhoneNumber, by session: StaffSession) async throws -> (id: UUID, code: String) {
        let now = self.dependencies.now()
        let index = self.dependencies.keys.index(of: phone)
        let code = self.dependencies.randomBytes(6).map { String($0 % 10) }.joined()
        guard let note = try self.notes.draft(.inquiryCode, to: phone, ["code": code, "minutes": "5"], at: now) else {
            throw Self.noMessages
        }
        let event = self.audit.event("message.trial", on: note.message, by: session.actor)
        let day = ShanghaiDate(now)
        try await self.database.transaction { tx in
            guard try await !tx.isListed(phone: index) else { throw Self.listed }
            guard try await tx.insertTrial(note.message, of: session.staffID, on: day, most: Self.mostPerDay, at: now)
            else {
                let count = try await tx.trials(on: day)
                let midnight = day.adding(1).at(minute: 0).timeIntervalSince(now)
                throw Problems.tooManyRequests(retryAfter: count < Self.mostPerDay ? 1 : Int(midnight.rounded(.up)))
            }
            guard
                try await tx.insertTrialMessage(note, to: index, at: now, until: now.addingTimeInterval(Self.patience))
            else { throw Problems.tooManyRequests(retryAfter: 60) }
            try await tx.insert(event)
        }
        self.signal.wake()
        return (note.message, code)
    }

    /// What has become of it; nil for what is no trial.
    func state(of id: UUID) async throws -> TrialMessage? {
        try await self.database.autocommit { try await $0.trial(id) }
    }

    private static let listed = Problem(failures: [
        ValidationFailure(
            "do_not_call", at: "/phone", "这个号码要求过不再联系，不能发短信，请换一个", english: "This number is on the do-not-call list.")
    ])
    private static let noMessages = Problem(failures: [
        ValidationFailure(
            "number_gets_no_messages", at: "/phone", "这个号码不能发短信（测试号码、机器卡或停发的号段），请换一个",
            english: "No messages go to this number.")
    ])
}

/// What is known of a trial.
struct TrialMessage: Sendable {
    var id: UUID
    var sentAt: Date
    /// Nil once the message is no longer kept.
    var state: String?
    var gateway: String?
    var failure: String?
    var delivery: String?
    var deliveryCode: String?
    /// How the gateway that was asked last answered, as in the attempt log.
    var outcome: String?

    /// The vendor took it, and nobody said that it did not arrive.
    var isGood: Bool { self.state == "sent" && self.delivery != "failed" && self.gateway != "console" }

    /// Whether nothing more is to be expected.
    var isSettled: Bool {
        switch self.state {
        case "queued", "sending": false
        case "sent": self.delivery != nil || self.gateway == "console"
        default: true
        }
    }

    private var vendor: String { self.gateway.map { GatewayStatistics.title(of: $0) } ?? "短信通道" }
    private var code: String { self.failure.map { "（\($0)）" } ?? "" }

    /// The vendor's answer as a person reads it.
    var words: String {
        switch (self.state, self.delivery) {
        case (nil, _): "结果已过保存期限"
        case ("queued", _), ("sending", _):
            self.outcome.map { "\(self.reason($0))，稍后再试一次" } ?? "正在交给短信通道"
        case ("sent", _) where self.gateway == "console": "只写在 /dev/messages，没有真的发出"
        case ("sent", "delivered"): "\(self.vendor)已送达手机"
        case ("sent", "failed"): "\(self.vendor)接收了，但没有送到手机" + (self.deliveryCode.map { "（\($0)）" } ?? "")
        case ("sent", _): "\(self.vendor)已接收，正在等运营商的回执"
        case ("failed", _): "\(self.vendor)没有接收：\(self.reason(self.outcome ?? ""))\(self.code)"
        case ("expired", _): "没有发出去：\(self.outcome.map { self.reason($0) } ?? "没有通道接收")\(self.code)"
        default: "\(self.vendor)没有明确答复，可能已经发出\(self.code)"
        }
    }

    private func reason(_ outcome: String) -> String {
        if self.failure == "no_template" { return "没有配置验证码模板" }
        return switch Refusal(rawValue: outcome) {
        case .numberThrottled: "这个号码短时间内收得太多，请换一个或明天再试"
        case .accountThrottled: "账号发送太快，被限流"
        case .noFunds: "账户余额或套餐不足，请充值"
        case .numberBad: "这个号码收不了短信"
        case .numberBlocked: "这个号码退订过或在黑名单里"
        case .configBad: "签名、模板、密钥或权限不对，请核对服务器上的 HUIFANG_SMS_… 变量"
        case .transient: "连不上服务商，请检查网络和地址"
        case nil: "原因不明"
        }
    }

    var json: JSONOutput {
        .object([
            "id": .string(self.id.uuidString.lowercased()), "sent_at": .string(RFC3339.text(self.sentAt)),
            "state": .string(self.state ?? "forgotten"), "gateway": .optional(self.gateway),
            "delivery": .optional(self.delivery), "settled": .bool(self.isSettled), "good": .bool(self.isGood),
            "text": .string(self.words),
        ])
    }
}
