package import Foundation

/// Where a residence permit stands in its yearly endorsement (上海市居住证管理办法, 市政府令第58号), by calendar days.
package struct PermitRenewal: Sendable, Hashable {
    package enum Status: String, Sendable, CaseIterable {
        case tooEarly = "too_early"
        case windowOpen = "window_open"
        case overdueCurable = "overdue_curable"
        case continuityLost = "overdue_continuity_lost"
        case overOneYear = "overdue_over_1_year"
    }

    package let validUntil: ShanghaiDate
    package let on: ShanghaiDate

    package init(validUntil: ShanghaiDate, on: ShanghaiDate) {
        self.validUntil = validUntil
        self.on = on
    }

    /// Where the permit stands on the day asked about.
    ///
    /// Thirty days before the end until the end itself: in time. Sixty days after it: continuity is kept. Until the same
    /// day next year: the police may restore it for a good reason.
    package var status: Status {
        let days = self.on.dayNumber - self.validUntil.dayNumber
        if days < -30 { return .tooEarly }
        if days <= 0 { return .windowOpen }
        if days <= 60 { return .overdueCurable }
        return self.on <= self.reasonableCauseLastDay ? .continuityLost : .overOneYear
    }

    package var windowOpen: ShanghaiDate { self.validUntil.adding(-30) }
    package var windowOpenStrict: ShanghaiDate { self.validUntil.adding(-29) }
    /// Thirty days before the end and seven: from the first one on it can be endorsed, after the last one nobody is reminded.
    package var lastReminder: ShanghaiDate { self.validUntil.adding(-7) }
    /// Whether a reminder asked for on the day is still to come.
    package var canBeReminded: Bool { self.on < self.lastReminder }
    package var lastValidDay: ShanghaiDate { self.validUntil }
    package var suspendedFrom: ShanghaiDate { self.validUntil.adding(1) }
    package var graceLastDay: ShanghaiDate { self.validUntil.adding(60) }
    package var continuityLostFrom: ShanghaiDate { self.validUntil.adding(61) }
    package var reasonableCauseLastDay: ShanghaiDate { self.validUntil.nextYear }

    /// Whether the residence years go on when endorsed today; nil before the window opens.
    package var residenceYearsContinuous: Bool? {
        switch self.status {
        case .tooEarly: nil
        case .windowOpen, .overdueCurable: true
        case .continuityLost, .overOneYear: false
        }
    }

    /// The new end if endorsed today; unknown after the sixtieth day.
    package var nextValidUntil: ShanghaiDate? {
        self.residenceYearsContinuous == true ? self.validUntil.nextYear : nil
    }

    /// The last day to report a changed address or other registered data: thirty days after the change.
    package static func lastDayToReport(changedOn day: ShanghaiDate) -> ShanghaiDate { day.adding(30) }

    /// What it means, in one sentence.
    package var text: String {
        switch self.status {
        case .tooEarly: "还未到签注时间，\(self.windowOpen.fullText)起可以办理"
        case .windowOpen: "现在可以签注，请在 \(self.validUntil.fullText)（含当天）前办理"
        case .overdueCurable:
            "已逾期 \(self.on.dayNumber - self.validUntil.dayNumber) 天，使用功能已中止；"
                + "在 \(self.graceLastDay.fullText)（含当天）前补办，居住年限连续计算"
        case .continuityLost:
            "已超过 60 天，居住年限自补办之日重新计算；因出差等正当理由错过的，"
                + "可在 \(self.reasonableCauseLastDay.fullText)（含当天）前向公安人口管理部门申请恢复"
        case .overOneYear: "已超过一年，请向社区事务受理服务中心咨询"
        }
    }
}

/// What to bring, as data.
package struct PermitChecklist: Sendable, Decodable {
    package struct Note: Sendable, Decodable {
        package var claim: String
        package var rule: String
    }

    package var source: String
    package var online: [String]
    package var offline: [String]
    package var agent: String
    package var notes: [Note]

    package static func decode(_ data: Data) throws -> PermitChecklist {
        try JSONDecoder().decode(PermitChecklist.self, from: data)
    }
}
