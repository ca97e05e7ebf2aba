import Foundation
import Leads

extension CallbackQueue {
    /// The claimed task: its shape, the whole name and the fence.
    func claimed(_ task: CallbackTask) throws -> [String: JSONOutput] {
        var members = try task.json(self.dependencies, at: self.dependencies.now())
        members["name"] = .string(try self.dependencies.shown { try task.name($0).text })
        members["claim_token"] = .string(String(task.claimNumber))
        return members
    }

    /// The one task shape, as it stands now.
    func shape(of task: CallbackTask) throws -> [String: JSONOutput] {
        try task.json(self.dependencies, at: self.dependencies.now())
    }

    /// The full card: every inquiry, assessment, consent and event.
    ///
    /// Names, remarks and notes are whole for the claimant only; looking is activity, so the claimant's lease is extended.
    func card(_ id: UUID, for session: StaffSession, publicURL: URL) async throws -> JSONOutput? {
        let now = self.dependencies.now()
        let settings = self.settings.current
        let read: CardRead? = try await self.database.autocommit { tx in
            try await tx.extendClaim(
                on: id, by: session.staffID, at: now, until: now.addingTimeInterval(settings.claimLength))
            guard let task = try await tx.task(id) else { return nil }
            return CardRead(
                task: task, inquiries: try await tx.cardInquiries(of: task.leadID),
                consents: try await tx.cardConsents(of: task.leadID),
                claims: try await tx.cardClaims(of: id), attempts: try await tx.cardAttempts(of: id),
                pauses: try await tx.cardPauses(of: id),
                assessments: try await tx.cardAssessments(of: task.leadID),
                benefits: try await tx.cardBenefits(of: task.leadID),
                onWeChat: try await tx.weChatContact(of: task.leadID), life: try await tx.cardLife(of: task),
                viewers: try await tx.viewers(seenAfter: now.addingTimeInterval(-Viewer.length), of: id)[id] ?? [],
                telephone: try await tx.cardTelephone(of: task))
        }
        guard let read else { return nil }
        let task = read.task
        let isMine = task.claimedBy == session.staffID && task.isHeld(at: now)
        var members = try task.json(self.dependencies, at: now)
        members["met_at"] = .optional(task.metAt.map { RFC3339.text($0) })
        members["last_disposition"] = .optional(task.lastDisposition)
        members["last_attempt_at"] = .optional(task.lastAttemptAt.map { RFC3339.text($0) })
        members["closed_reason"] = .optional(task.closedReason)
        members["pause"] = task.pause(by: read.pauses.first?.by)
        members["server_time"] = .string(RFC3339.text(now))
        members["mine"] = .bool(isMine)
        members["incoming"] = .bool(task.claimKind == "incoming")
        members["preferred_window"] = .optional(task.window?.rawValue)
        members["working_seconds_left"] = .integer(
            Int(self.calendar.current.workingSeconds(from: now, to: task.dueAt, within: settings.openingHours)))
        members["deadline_trace"] = .array(self.trace(of: task, read.inquiries).map(\.json))
        if isMine {
            members["name"] = .string(try self.dependencies.shown { try task.name($0).text })
            members["claim_token"] = .string(String(task.claimNumber))
        }
        members["inquiries"] = .array(
            try read.inquiries.map { try $0.json(self.dependencies, settings, whole: isMine) })
        let results = publicURL.absoluteString.trimmingSuffix("/") + "/a/"
        let links = LinkToken(keys: self.dependencies.keys)
        members["assessments"] = .array(
            try read.assessments.map { assessment in
                var members = try assessment.members(self.dependencies, whole: isMine)
                // Whoever has the link can read the result: it is for whoever is in the call.
                members["result_url"] = .optional(
                    isMine ? results + links.token(.assessment, for: assessment.assessed.id) : nil)
                return .object(members)
            })
        members["comparison"] = AssessmentComparison(read.assessments)?.json ?? .null
        members["benefits"] = .array(read.benefits.map(\.json))
        members["wechat"] = read.onWeChat?.json ?? .null
        members["permit"] = read.life.permit?.json ?? .null
        members["permit_due"] = .optional(read.life.permitDue)
        members["viewers"] = .array(
            read.viewers.filter { $0.username != session.username && $0.username != task.holder }.map(\.json))
        members["consents"] = .array(try read.consents.map { try $0.json(self.dependencies, whole: isMine) })
        members.merge(read.telephone.members(self.dependencies, settings, isMine: isMine)) { $1 }
        let showsRecordings = isMine || session.role.may(.assignCallbacks)
        members["history"] = .array(try self.history(read, whole: isMine, showsRecordings: showsRecordings))
        return .object(members)
    }

    /// The days that were counted for the task's deadline, from the first inquiry on that was told it.
    private func trace(of task: CallbackTask, _ inquiries: [CardInquiry]) -> [TracedDay] {
        let told = inquiries.filter { $0.metAt == nil && $0.dueAt == task.dueAt }.map(\.acceptedAt).min()
        return self.calendar.current.trace(acceptedAt: told ?? task.acceptedAt, dueAt: task.dueAt)
    }

    /// What happened, newest first.
    private func history(_ read: CardRead, whole: Bool, showsRecordings: Bool) throws -> [JSONOutput] {
        var events: [(Date, [String: JSONOutput])] = read.inquiries.map {
            ($0.acceptedAt, ["kind": .string("inquiry")])
        }
        for claim in read.claims {
            var claimed: [String: JSONOutput] = [
                "kind": .string("claimed"), "by": .string(claim.by), "incoming": .bool(claim.kind == "incoming"),
            ]
            if claim.beganAt != nil { claimed = ["kind": .string("undone"), "by": .string(claim.by)] }
            events.append((claim.claimedAt, claimed))
            // What an undone claim goes on with was looked at under the one before.
            if let revealed = claim.revealedAt, claim.beganAt == nil || revealed > claim.claimedAt {
                events.append((revealed, ["kind": .string("revealed"), "by": .string(claim.by)]))
            }
            switch claim.endReason {
            case "released":
                var members: [String: JSONOutput] = ["kind": .string("released"), "by": .string(claim.by)]
                if whole, let sealed = claim.releaseNoteSealed {
                    members["reason"] = .string(
                        try self.dependencies.shown {
                            try $0.open(
                                sealed, at: SealedPlace("callback_claims", "release_note_sealed", claim.taskID))
                        })
                }
                events.append((claim.endedAt ?? claim.claimedAt, members))
            case "expired":
                events.append(
                    (claim.endedAt ?? claim.claimedAt, ["kind": .string("claim_expired"), "by": .string(claim.by)]))
            default: break
            }
        }
        for attempt in read.attempts {
            var members: [String: JSONOutput] = [
                "kind": .string("attempt"), "by": .string(attempt.by), "disposition": .string(attempt.disposition),
                "reason": .optional(attempt.reason), "item": .optional(attempt.item),
                "reference": .optional(attempt.reference),
                "call_again_at": .optional(attempt.callAgainAt.map { RFC3339.text($0) }),
                "counts": .bool(attempt.counts),
                "refused": .bool(attempt.isRefused), "duration_seconds": .optional(attempt.duration),
                "undone": .bool(attempt.isUndone),
            ]
            if whole, let sealed = attempt.noteSealed {
                members["note"] = .string(
                    try self.dependencies.shown {
                        try $0.open(sealed, at: SealedPlace("call_attempts", "note_sealed", attempt.id))
                    })
            }
            events.append((attempt.at, members))
        }
        for pause in read.pauses { events += try pause.events(self.dependencies, whole: whole) }
        if let contact = read.onWeChat {
            events.append((contact.addedAt, ["kind": .string("wechat_added"), "by": .string(contact.by)]))
        }
        events += try read.telephone.events(self.dependencies, showsRecordings: showsRecordings)
        for ending in read.life.endings {
            // A disposition that closes is its own reason; what the cadence closes has a reason of its own.
            let closes = ending.disposition.flatMap { Disposition(rawValue: $0)?.closedReason } == ending.reason
            events.append(
                (
                    ending.at,
                    ["kind": .string("closed"), "reason": .optional(closes ? ending.disposition : ending.reason)]
                ))
        }
        for event in read.life.events { events.append((event.at, try event.json(self.dependencies, whole: whole))) }
        for link in read.life.links {
            events.append((link.at ?? read.task.acceptedAt, try link.json(self.dependencies)))
        }
        return events.sorted { $0.0 > $1.0 }.map { at, members in
            .object(members.merging(["at": .string(RFC3339.text(at))]) { first, _ in first })
        }
    }
}

extension TracedDay {
    var json: JSONOutput {
        .object([
            "date": .string(self.date.description), "counted": .bool(self.counts),
            "reason": .string(self.reason.rawValue),
            "name": .optional(self.name), "provisional": .bool(self.isProvisional),
        ])
    }
}

/// Everything a card shows, as it was read.
struct CardRead: Sendable {
    var task: CallbackTask
    var inquiries: [CardInquiry]
    var consents: [CardConsent]
    var claims: [CardClaim]
    var attempts: [CardAttempt]
    var pauses: [CardPause]
    var assessments: [CardAssessment]
    var benefits: [BenefitRequest]
    var onWeChat: WeChatContact?
    var life: CardLife
    var viewers: [Viewer]
    var telephone: CardTelephone
}

struct CardInquiry: Sendable {
    var id: UUID
    var nameSealed: [UInt8]
    var remarkSealed: [UInt8]?
    var extraSealed: [UInt8]?
    var window: String?
    var source: String
    var acceptedAt: Date
    var dueAt: Date
    var metAt: Date?
    var postponedTo: Date?

    func json(_ dependencies: Dependencies, _ settings: Settings, whole: Bool) throws -> JSONOutput {
        func name(_ keys: KeyRing) throws -> PersonName {
            PersonName(stored: try keys.open(self.nameSealed, at: SealedPlace("inquiries", "name_sealed", self.id)))
        }
        let remark = try self.remarkSealed.map { sealed in
            try dependencies.shown { try $0.open(sealed, at: SealedPlace("inquiries", "remark_sealed", self.id)) }
        }
        let extra = try (whole ? self.extraSealed : nil).map { sealed in
            try dependencies.shown { try $0.open(sealed, at: SealedPlace("inquiries", "extra_sealed", self.id)) }
        }
        return .object([
            "id": .string(self.id.uuidString.lowercased()), "accepted_at": .string(RFC3339.text(self.acceptedAt)),
            "extra": .array(extra.map { settings.labelled($0).map(\.json) } ?? []),
            "due_at": .string(RFC3339.text(self.dueAt)), "met_at": .optional(self.metAt.map { RFC3339.text($0) }),
            "postponed_to": .optional(self.postponedTo.map { RFC3339.text($0) }),
            "name": .optional(try whole ? dependencies.shown { try name($0).text } : nil),
            "name_masked": .string(try dependencies.shown { try name($0).masked }),
            "remark": .optional(whole ? remark : nil),
            "preferred_window": .optional(self.window), "source": .raw(self.source),
        ])
    }
}

struct CardConsent: Sendable {
    var purpose: String
    var noticeVersion: String
    var givenAt: Date
    var withdrawnAt: Date?
    var id: UUID
    var basis: String?
    var recordedBy: String?
    var evidenceSealed: [UInt8]?

    func json(_ dependencies: Dependencies, whole: Bool) throws -> JSONOutput {
        let evidence = whole ? self.evidenceSealed : nil
        return .object([
            "purpose": .string(self.purpose), "notice_version": .string(self.noticeVersion),
            "given_at": .string(RFC3339.text(self.givenAt)),
            "withdrawn_at": .optional(self.withdrawnAt.map { RFC3339.text($0) }),
            "basis": .optional(self.basis), "recorded_by": .optional(self.recordedBy),
            "evidence": .optional(
                try evidence.map { sealed in
                    try dependencies.shown { try $0.open(sealed, at: ConsentBasis.evidencePlace(of: self.id)) }
                }),
        ])
    }
}

struct CardClaim: Sendable {
    var taskID: UUID
    var by: String
    var kind: String
    var claimedAt: Date
    var beganAt: Date?
    var revealedAt: Date?
    var endedAt: Date?
    var endReason: String?
    var releaseNoteSealed: [UInt8]?
}

struct CardAttempt: Sendable {
    var id: UUID
    var by: String
    var at: Date
    var disposition: String
    var reason: String?
    var item: String?
    var reference: String?
    var noteSealed: [UInt8]?
    var callAgainAt: Date?
    var counts: Bool
    var isRefused: Bool
    var duration: Int?
    var isUndone: Bool
}

/// The visitor's own assessment, or an adviser's with who and why.
struct CardAssessment: Sendable {
    var assessed: AssessedAnswers
    var at: Date
    var reviewedBy: String?
    var noteSealed: [UInt8]?

    static func notePlace(of id: UUID) -> SealedPlace { SealedPlace("assessment_reviews", "note_sealed", id) }

    func members(_ dependencies: Dependencies, whole: Bool) throws -> [String: JSONOutput] {
        var members = self.assessed.members
        members["id"] = .string(self.assessed.id.uuidString.lowercased())
        members["assessed_at"] = .string(RFC3339.text(self.at))
        members["reviewed_by"] = .optional(self.reviewedBy)
        members["note"] =
            whole && self.noteSealed != nil ? .string(try dependencies.shown { try self.note($0) ?? "" }) : .null
        return members
    }

    func note(_ keys: KeyRing) throws -> String? {
        try self.noteSealed.map { try keys.open($0, at: Self.notePlace(of: self.assessed.id)) }
    }
}
