import Foundation
import Leads

/// What webhooks tell; each is queued by a trigger in the transaction of its fact.
enum WebhookEvent: String, Sendable, CaseIterable {
    case leadCreated = "lead.created"
    case inquiryReceived = "inquiry.received"
    case taskClaimed = "task.claimed"
    case callRecorded = "call.recorded"
    case callUndone = "call.undone"
    case leadClosed = "lead.closed"
    case leadReopened = "lead.reopened"
    case consentWithdrawn = "consent.withdrawn"
    case leadErased = "lead.erased"
    case slaWarned = "sla.warned"
    case slaBreached = "sla.breached"
    case exportMade = "export.made"

    var title: String {
        switch self {
        case .leadCreated: "新客户"
        case .inquiryReceived: "收到咨询"
        case .taskClaimed: "领取任务"
        case .callRecorded: "记录通话"
        case .callUndone: "撤销通话结果"
        case .leadClosed: "任务结束"
        case .leadReopened: "重新打开"
        case .consentWithdrawn: "撤回同意"
        case .leadErased: "删除客户"
        case .slaWarned: "快要超时"
        case .slaBreached: "已经超时"
        case .exportMade: "导出"
        }
    }

    /// A made-up event as its receiver would get it, marked as such.
    func sample(at now: Date) -> JSONOutput {
        let (id, time) = (JSONOutput.string("00000000-0000-7000-8000-000000000000"), RFC3339.text(now))
        let at = JSONOutput.string(time)
        let task: [String: JSONOutput] = ["lead_id": id, "task_id": id]
        let facts: [String: JSONOutput] =
            switch self {
            case .leadCreated: ["lead_id": id, "created_at": at]
            case .inquiryReceived:
                ["lead_id": id, "inquiry_id": id, "accepted_at": at, "due_at": at, "site": .null]
            case .taskClaimed: task.with(["adviser_id": id, "kind": .string("ordinary"), "claimed_at": at])
            case .callRecorded:
                task.with([
                    "call_id": id, "adviser_id": id, "disposition": .string("no_answer"), "counts": .bool(true),
                    "at": at, "next_attempt_at": at,
                ])
            case .callUndone: task.with(["call_id": id, "adviser_id": id, "undone_at": at])
            case .leadClosed: task.with(["reason": .string("converted"), "closed_at": at])
            case .leadReopened: task.with(["reason": .string("reopened"), "at": at])
            case .consentWithdrawn:
                ["lead_id": id, "consent_id": id, "purpose": .string("inquiry"), "withdrawn_at": at]
            case .leadErased: ["lead_id": id, "erased_at": at]
            case .slaWarned: task.with(["stage": .string("most"), "due_at": at])
            case .slaBreached: task.with(["stage": .string("broken"), "due_at": at])
            case .exportMade:
                [
                    "export_id": id, "staff_id": id, "format": .string("csv"), "phone": .string("masked"),
                    "rows": .integer(1), "finished_at": at,
                ]
            }
        return .object([
            "type": .string(self.rawValue), "timestamp": at, "data": .object(facts), "sample": .bool(true),
        ])
    }
}

extension [String: JSONOutput] {
    fileprivate func with(_ more: [String: JSONOutput]) -> [String: JSONOutput] { self.merging(more) { $1 } }
}
