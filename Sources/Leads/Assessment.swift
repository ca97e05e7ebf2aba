import Foundation

/// The indicators, in the order they are listed in.
package enum AssessmentItem: String, Sendable, CaseIterable {
    case age
    case educationOrTitle = "education_or_title"
    case insuredYears = "insured_years"
    case contributionBase = "contribution_base"
    case shortageMajor = "shortage_major"
    case startupTalent = "startup_talent"
    case intermediaryTalent = "intermediary_talent"
    case investment
    case publicService = "public_service"
    case suburbArea = "suburb_area"
    case freshGraduate = "fresh_graduate"
    case awards
    case spouseShanghai = "spouse_shanghai"
    case deductions

    package var title: String {
        switch self {
        case .age: "年龄"
        case .educationOrTitle: "教育背景或职称技能"
        case .insuredYears: "社保年限"
        case .contributionBase: "社保缴费基数"
        case .shortageMajor: "紧缺急需专业"
        case .startupTalent: "创业人才"
        case .intermediaryTalent: "创新创业中介服务人才"
        case .investment: "投资纳税或带动就业"
        case .publicService: "特定公共服务领域"
        case .suburbArea: "远郊重点区域"
        case .freshGraduate: "全日制应届毕业生"
        case .awards: "表彰奖励"
        case .spouseShanghai: "配偶为本市户籍"
        case .deductions: "扣减"
        }
    }
}

/// Why an application would not be taken, whatever the points.
package enum Blocker: String, Sendable, CaseIterable {
    case age = "age_outside_18_60"
    case crime = "veto_serious_crime"
    case permit = "permit_not_valid"
    case notInsured = "not_insured_in_application_month"
    case tooFewMonths = "less_than_6_months_in_last_12"
    case employer = "employer_not_eligible"

    package var text: String {
        switch self {
        case .age: "年龄需在 18–60 周岁"
        case .crime: "有严重刑事犯罪记录的，不能申请"
        case .permit: "需持有效期内的上海市居住证"
        case .notInsured: "申请当月需在缴职工社保"
        case .tooFewMonths: "申请前 12 个月内职工社保需累计缴满 6 个月（不含补缴）"
        case .employer: "用人单位需在本市注册并正常经营纳税"
        }
    }
}

/// Answers scored under one version of the rules.
package struct Assessment: Sendable, Hashable {
    package struct Item: Sendable, Hashable {
        package let item: AssessmentItem
        package let points: Int
        /// What it is and why so many points, in Chinese.
        package let text: String
    }

    package struct Note: Sendable, Hashable {
        package let code: String
        package let text: String
    }

    /// One step that would reach the standard.
    package struct Suggestion: Sendable, Hashable {
        package let answers: Answers
        /// How long it takes at least, where time is what it takes.
        package let months: Int?
        package let text: String
    }

    package let ruleVersion: String
    package let answers: Answers
    package let items: [Item]
    package let sumBeforeDeductions: Int
    package let total: Int
    package let standard: Int
    package let blockers: [Blocker]
    package let notes: [Note]

    package var reachesStandard: Bool { self.total >= self.standard }
    package var canApply: Bool { self.reachesStandard && self.blockers.isEmpty }
    package var gap: Int { max(0, self.standard - self.total) }
}

extension PointsRules {
    /// Scores answers: indicators add up, the same one counts once at its highest; education or title, tax or jobs;
    /// deductions accumulate; the total never falls below 0 (Measures, articles 10–12).
    package func assess(_ answers: Answers) -> Assessment {
        var items: [Assessment.Item] = []
        var notes: [Assessment.Note] = []
        func add(_ item: AssessmentItem, _ points: Int, _ text: String) {
            if points != 0 { items.append(Assessment.Item(item: item, points: points, text: "\(item.title)：\(text)")) }
        }
        if let band = self.ages.first(where: { $0.from <= answers.age && answers.age <= $0.to }) {
            add(.age, band.points, "\(answers.age) 周岁")
        }
        let (educationPoints, educationText) = self.educationOrTitle(answers, &notes)
        add(.educationOrTitle, educationPoints, educationText)
        add(
            .insuredYears, self.insuredYears.perYear * (answers.insuredMonths / 12),
            "满 \(answers.insuredMonths / 12) 年，每年 \(self.insuredYears.perYear) 分")
        if let tier = self.bestTier(answers) {
            add(.contributionBase, tier.points, "近 \(tier.window) 个月内有 \(tier.months) 个月达到 \(tier.times) 倍")
        }
        add(.shortageMajor, answers.shortageMajor ? self.shortageMajor : 0, "专业与岗位一致，在紧缺目录内")
        add(.startupTalent, answers.startupTalent ? self.startupTalent : 0, "符合创业人才条件")
        add(.intermediaryTalent, answers.intermediaryTalent ? self.intermediaryTalent : 0, "符合中介服务人才条件")
        if let investment = answers.investment {
            let (points, text) = self.score(investment, &notes)
            add(.investment, points, text)
        }
        add(
            .publicService, Self.years(answers.publicServiceYears, self.publicService),
            "满 \(Self.whole(answers.publicServiceYears)) 年")
        if let suburb = answers.suburb {
            let rule = Stepped(
                perYear: self.suburb.perYear, fromYears: self.suburb.fromYears[suburb.zone.rawValue],
                cap: self.suburb.cap)
            add(.suburbArea, Self.years(suburb.years, rule), "在该区域工作并居住满 \(Self.whole(suburb.years)) 年")
        }
        add(.freshGraduate, answers.freshGraduate ? self.freshGraduate : 0, "毕业当年或次年")
        add(.awards, answers.awards.max() ?? 0, "多项奖励只计最高一项")
        add(.spouseShanghai, Self.years(answers.spouseYears, self.spouse), "结婚满 \(Self.whole(answers.spouseYears)) 年")
        let sum = items.reduce(0) { $0 + $1.points }
        let deducted =
            answers.falseMaterialRecords * self.falseMaterial + answers.detentionRecords * self.detention
            + answers.minorCrimeRecords * self.minorCrime
        add(.deductions, -deducted, "按记录逐条扣减")
        if answers.insuredMonths > 0 {
            notes.append(Assessment.Note(code: "months_cumulative", text: "社保年限按累计月数估算，补缴和单位不一致的月份通常不计"))
        }
        notes.append(Assessment.Note(code: "estimate", text: "本结果为估算，以人工审核和受理部门认定为准"))
        return Assessment(
            ruleVersion: self.version, answers: answers, items: items, sumBeforeDeductions: sum,
            total: max(0, sum - deducted),
            standard: self.standard, blockers: self.blockers(answers), notes: notes)
    }

    private func educationOrTitle(_ answers: Answers, _ notes: inout [Assessment.Note]) -> (Int, String) {
        let education = self.education[answers.education.rawValue] ?? 0
        var title = self.titles[answers.title.rawValue] ?? 0
        if title > 0, self.titlesNeedingContribution.contains(answers.title.rawValue),
            answers.titleContributionOK != true
        {
            title = 0
            notes.append(
                Assessment.Note(code: "title_contribution_missing", text: "该职称或技能需近 12 个月内有 6 个月缴费基数达 1 倍，未满足时不计分"))
        }
        if education > 0, title > 0 {
            notes.append(Assessment.Note(code: "education_or_title", text: "学历 \(education) 分与职称技能 \(title) 分只取较高的一项"))
        }
        return education >= title ? (education, answers.education.text) : (title, answers.title.text)
    }

    private func bestTier(_ answers: Answers) -> Tier? {
        self.contribution.filter { answers.months(at: $0.times) >= $0.months }.max { $0.points < $1.points }
    }

    private func score(_ investment: Answers.Investment, _ notes: inout [Assessment.Note]) -> (Int, String) {
        func points(_ value: Decimal) -> Int {
            min(self.investment.cap, self.investment.points * (Self.whole(value / Decimal(self.investment.step))))
        }
        let tax = points(investment.taxTotal * investment.sharePercent / 300)
        let jobs = points(investment.localEmployees * investment.sharePercent / 100)
        if tax > 0, jobs > 0 { notes.append(Assessment.Note(code: "one_investment_route", text: "纳税与带动就业只取较高的一项")) }
        return tax >= jobs ? (tax, "按个人份额计算的近三年平均纳税额") : (jobs, "按个人份额计算的本市户籍员工人数")
    }

    private func blockers(_ answers: Answers) -> [Blocker] {
        var blockers: [Blocker] = []
        if !(18...60).contains(answers.age) { blockers.append(.age) }
        if answers.seriousCrime { blockers.append(.crime) }
        if !answers.permitValid { blockers.append(.permit) }
        if !answers.insuredThisMonth { blockers.append(.notInsured) }
        if answers.insuredMonthsInLast12 < 6 { blockers.append(.tooFewMonths) }
        if !answers.employerEligible { blockers.append(.employer) }
        return blockers
    }

    private static func years(_ years: Decimal, _ rule: Stepped) -> Int {
        let whole = Self.whole(years)
        guard whole >= rule.fromYears ?? 0 else { return 0 }
        return min(rule.cap ?? .max, rule.perYear * whole)
    }

    /// Full years only.
    static func whole(_ value: Decimal) -> Int {
        var value = value
        var rounded = Decimal()
        unsafe NSDecimalRound(&rounded, &value, 0, .down)
        return Int("\(rounded)") ?? 0
    }
}

extension Answers.Education {
    package var text: String {
        switch self {
        case .none: "大专以下"
        case .associate: "大专（高职）"
        case .bachelor: "本科学历"
        case .bachelorWithDegree: "本科学历和学士学位"
        case .master: "硕士"
        case .doctor: "博士"
        }
    }
}

extension Answers.Title {
    package var text: String {
        switch self {
        case .none: "没有"
        case .skill5: "技能五级"
        case .skill4: "技能四级"
        case .skill3: "技能三级"
        case .middle: "技能二级或中级职称"
        case .senior: "技能一级或高级职称"
        }
    }
}
