import Foundation
import Leads

/// Everything kept of one number, opened for the person it is about; no member of the staff is named.
struct PersonalCopy: Sendable {
    var leads: [CopiedLead] = []
    var inquiries: [CopiedInquiry] = []
    /// Their own and those an adviser made of them.
    var assessments: [CardAssessment] = []
    var consents: [CopiedConsent] = []
    var calls: [CopiedCall] = []
    var exports: [CopiedExport] = []
    var messages: [CopiedMessage] = []
    var benefits: [BenefitRequest] = []
    /// Calls that a telephone system made, which may record them.
    var dialled: [CopiedDialling] = []
    /// When rules that changed were tried on what they had answered.
    var eligibility: [CopiedEligibility] = []

    var isEmpty: Bool { self.leads.isEmpty }

    /// The lists of the answer; all empty for a number we do not know.
    var members: [String: JSONOutput] {
        [
            "leads": .array(self.leads.map(\.json)), "inquiries": .array(self.inquiries.map(\.json)),
            "assessments": .array(
                self.assessments.map { assessment in
                    let assessed = assessment.assessed
                    var members = assessed.members
                    members["assessment_id"] = .string(assessed.id.uuidString.lowercased())
                    members["assessed_on"] = .string(assessed.assessedOn)
                    members["answers"] = .raw(assessed.answers)
                    members["reviewed"] = .bool(assessment.reviewedBy != nil)
                    return .object(members)
                }),
            "consents": .array(self.consents.map(\.json)), "calls": .array(self.calls.map(\.json)),
            "exports": .array(self.exports.map(\.json)), "messages": .array(self.messages.map(\.json)),
            "benefits": .array(self.benefits.map(\.json)), "dialled": .array(self.dialled.map(\.json)),
            "eligibility": .array(self.eligibility.map(\.json)),
        ]
    }
}

struct CopiedLead: Sendable {
    var id: UUID
    var phone: String
    var createdAt: Date
    var state: String?
    var doNotCall: Bool
    var hasSecond: Bool
    /// Nil when there is none, or it does not open.
    var second: SecondNumber?

    /// As people read it.
    var secondText: String? {
        guard self.hasSecond else { return nil }
        guard let second else { return SealBroken.shown }
        return second.e164 + (second.extensionDigits.map { " 转 " + $0 } ?? "")
    }
    var onWeChatSince: Date?
    /// The end of their residence permit, if an adviser wrote it down.
    var permitUntil: String?

    var json: JSONOutput {
        .object([
            "lead_id": .string(self.id.uuidString.lowercased()), "phone": .string(self.phone),
            "created_at": .string(RFC3339.text(self.createdAt)), "state": .optional(self.state),
            "do_not_call": .bool(self.doNotCall), "second_phone": .optional(self.secondText),
            "wechat_added_at": .optional(self.onWeChatSince.map { RFC3339.text($0) }),
            "permit_valid_until": .optional(self.permitUntil),
        ])
    }
}

struct CopiedInquiry: Sendable {
    var id: UUID
    var acceptedAt: Date
    var dueAt: Date
    /// What they were told instead when the call was going to be late.
    var postponedTo: Date?
    var metAt: Date?
    var name: String
    var remark: String?
    var extra: String?
    var window: String?
    var source: String

    var json: JSONOutput {
        .object([
            "inquiry_id": .string(self.id.uuidString.lowercased()),
            "accepted_at": .string(RFC3339.text(self.acceptedAt)), "due_at": .string(RFC3339.text(self.dueAt)),
            "postponed_to": .optional(self.postponedTo.map { RFC3339.text($0) }),
            "met_at": .optional(self.metAt.map { RFC3339.text($0) }), "name": .string(self.name),
            "remark": .optional(self.remark), "extra": self.extra.map { .raw($0) } ?? .null,
            "preferred_window": .optional(self.window), "source": .raw(self.source),
        ])
    }
}

struct CopiedConsent: Sendable {
    var purpose: String
    var noticeVersion: String
    var textShown: String?
    var givenAt: Date
    var withdrawnAt: Date?
    /// The network address it came from, and the digest of the browser's name; nil where a colleague wrote it down, whose they are.
    var address: String?
    var browser: String?
    /// By which form; nil for the oldest.
    var channel: String?
    /// The end of the permit that is to be reminded of.
    var reminderUntil: String?

    var json: JSONOutput {
        .object([
            "purpose": .string(self.purpose), "notice_version": .string(self.noticeVersion),
            "text_shown": .optional(self.textShown), "given_at": .string(RFC3339.text(self.givenAt)),
            "withdrawn_at": .optional(self.withdrawnAt.map { RFC3339.text($0) }),
            "address": .optional(self.address), "user_agent_sha256": .optional(self.browser),
            "channel": .optional(self.channel), "reminder_valid_until": .optional(self.reminderUntil),
        ])
    }
}

struct CopiedCall: Sendable {
    var at: Date
    var disposition: Disposition
    /// In seconds, where the adviser let the clock run.
    var duration: Int?

    var json: JSONOutput {
        .object([
            "at": .string(RFC3339.text(self.at)), "disposition": .string(self.disposition.rawValue),
            "text": .string(self.disposition.textForVisitor), "duration_seconds": .optional(self.duration),
        ])
    }
}

struct CopiedEligibility: Sendable {
    var at: Date
    var ruleVersion: String
    var total: Int
    /// Whether they were to be called again because of it.
    var wasOffered: Bool

    var json: JSONOutput {
        .object([
            "at": .string(RFC3339.text(self.at)), "rule_version": .string(self.ruleVersion),
            "total": .integer(self.total), "offered": .bool(self.wasOffered),
        ])
    }
}

struct CopiedDialling: Sendable {
    var at: Date
    var durationSeconds: Int?
    var isRecorded: Bool

    var json: JSONOutput {
        .object([
            "at": .string(RFC3339.text(self.at)), "duration_seconds": .optional(self.durationSeconds),
            "recorded": .bool(self.isRecorded),
        ])
    }
}

struct CopiedExport: Sendable {
    var at: Date
    var format: String
    var phone: String

    var json: JSONOutput {
        .object([
            "at": .string(RFC3339.text(self.at)), "format": .string(self.format), "phone": .string(self.phone),
        ])
    }
}

struct CopiedMessage: Sendable {
    var at: Date
    var template: String
    var state: String

    var json: JSONOutput {
        .object([
            "at": .string(RFC3339.text(self.at)), "template": .string(self.template), "state": .string(self.state),
        ])
    }
}
