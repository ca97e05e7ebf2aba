import Foundation

/// What would close the gap to the standard, one step at a time.
///
/// Each kind of step is listed once, at its smallest; a way of paying on that takes a higher base is listed only when it
/// takes fewer months than every easier one. Steps are not combined: where no single one is enough, the list is empty.
extension PointsRules {
    /// For each kind of step, the smallest one that reaches the standard, shortest first; empty when it is reached already.
    package func suggestions(for answers: Answers) -> [Assessment.Suggestion] {
        guard !self.reaches(answers) else { return [] }
        let steps =
            self.payingOn(answers) + self.yearsPassing(answers)
            + [self.contributionForTitle(answers), self.higherEducation(answers), self.higherTitle(answers)].compactMap
        { $0 }
        let order = steps.enumerated().sorted {
            ($0.element.months ?? .max, $0.offset) < ($1.element.months ?? .max, $1.offset)
        }
        return order.map(\.element)
    }

    private func reaches(_ answers: Answers) -> Bool { self.assess(answers).reachesStandard }

    /// Paying on, at most ten years, first at any base, then at the base of each tier.
    private func payingOn(_ answers: Answers) -> [Assessment.Suggestion] {
        var steps: [Assessment.Suggestion] = []
        let tiers: [Tier?] = [nil] + self.contribution.sorted { $0.points < $1.points }
        for tier in tiers {
            let step = self.payingOn(answers, at: tier)
            if let step, let months = step.months, months < steps.compactMap(\.months).min() ?? .max {
                steps.append(step)
            }
        }
        return steps
    }

    /// Points change only when another insured year or the tier's months are full, so only those months are scored.
    private func payingOn(_ answers: Answers, at tier: Tier?) -> Assessment.Suggestion? {
        let reached = tier.map { $0.months - answers.months(at: $0.times) } ?? 0
        let toYear = 12 - answers.insuredMonths % 12
        let candidates = Set((0..<10).map { toYear + 12 * $0 } + [reached]).filter { (1...120).contains($0) }
        for months in candidates.sorted() where answers.insuredMonths + months <= 720 {
            let changed = answers.payingOn(months, at: tier?.times)
            guard self.reaches(changed) else { continue }
            let way = tier.map { "按不低于 \($0.times) 倍的基数再缴" } ?? "社保再缴"
            return Assessment.Suggestion(
                answers: changed, months: months,
                text: "\(way) \(months) 个月（累计满 \(changed.insuredMonths / 12) 年）" + self.caution(answers, after: months))
        }
        return nil
    }

    /// Years that pass by themselves, for somebody whose years are counted already.
    private func yearsPassing(_ answers: Answers) -> [Assessment.Suggestion] {
        [
            self.step(answers, from: answers.spouseYears, upTo: 100, "与沪籍配偶的婚姻满") { $0.spouseYears = $1 },
            self.step(answers, from: answers.publicServiceYears, upTo: 60, "在特定公共服务领域工作满") {
                $0.publicServiceYears = $1
            },
            self.step(answers, from: answers.suburb?.years ?? 0, upTo: 60, "在该远郊重点区域工作并居住满") { $0.suburb?.years = $1 },
        ].compactMap { $0 }
    }

    private func step(
        _ answers: Answers, from years: Decimal, upTo most: Int, _ text: String, set: (inout Answers, Decimal) -> Void
    ) -> Assessment.Suggestion? {
        guard years > 0 else { return nil }
        let full = Self.whole(years)
        for target in (full + 1)...(full + 10) where target <= most {
            var changed = answers
            set(&changed, Decimal(target))
            guard self.reaches(changed) else { continue }
            let months = -Self.whole((years - Decimal(target)) * 12)
            return Assessment.Suggestion(
                answers: changed, months: max(1, months),
                text: "\(text) \(target) 年" + self.caution(answers, after: months))
        }
        return nil
    }

    /// Age points fall on birthdays; whoever has, or may have, one of those ahead is told so.
    private func caution(_ answers: Answers, after months: Int) -> String {
        func falls(after years: Int) -> Bool { self.agePoints(answers.age + years) < self.agePoints(answers.age) }
        if falls(after: months / 12) { return "；期间年龄分会下降，请届时重新测评" }
        return falls(after: (months + 11) / 12) ? "；如期间过生日，年龄分会下降" : ""
    }

    private func agePoints(_ age: Int) -> Int { self.ages.first { $0.from <= age && age <= $0.to }?.points ?? 0 }

    private func contributionForTitle(_ answers: Answers) -> Assessment.Suggestion? {
        guard self.titlesNeedingContribution.contains(answers.title.rawValue), answers.titleContributionOK != true
        else { return nil }
        var changed = answers
        changed.titleContributionOK = true
        guard self.reaches(changed) else { return nil }
        return Assessment.Suggestion(
            answers: changed, months: 6, text: "近 12 个月内有 6 个月缴费基数达到 1 倍，使\(answers.title.text)计分")
    }

    private func higherEducation(_ answers: Answers) -> Assessment.Suggestion? {
        let levels = Answers.Education.allCases
        for level in levels.drop(while: { $0 != answers.education }).dropFirst() {
            var changed = answers
            changed.education = level
            guard self.reaches(changed) else { continue }
            return Assessment.Suggestion(answers: changed, months: nil, text: "取得\(level.text)（需可核验）")
        }
        return nil
    }

    private func higherTitle(_ answers: Answers) -> Assessment.Suggestion? {
        let levels = Answers.Title.allCases
        for level in levels.drop(while: { $0 != answers.title }).dropFirst() {
            var changed = answers
            changed.title = level
            let needsContribution = self.titlesNeedingContribution.contains(level.rawValue)
            if needsContribution { changed.titleContributionOK = true }
            guard self.reaches(changed) else { continue }
            let condition = needsContribution ? "，且近 12 个月内有 6 个月缴费基数达到 1 倍" : ""
            return Assessment.Suggestion(answers: changed, months: nil, text: "取得与岗位一致的\(level.text)\(condition)")
        }
        return nil
    }
}

extension Answers {
    /// The months counted for a tier, by how many times the average it asks.
    func months(at times: String) -> Int {
        switch times {
        case "0.8": self.monthsAt08
        case "1": self.monthsAt1
        case "2": self.monthsAt2
        case "3": self.monthsAt3
        default: 0
        }
    }

    /// The same person so many months later; a month at a tier is an insured one too and counts for the lower tiers.
    fileprivate func payingOn(_ months: Int, at times: String?) -> Answers {
        var changed = self
        changed.insuredMonths += months
        guard let times else { return changed }
        let reached = ["0.8", "1", "2", "3"].firstIndex(of: times) ?? -1
        if reached >= 0 { changed.monthsAt08 = min(48, self.monthsAt08 + months) }
        if reached >= 1 { changed.monthsAt1 = min(48, self.monthsAt1 + months) }
        if reached >= 2 { changed.monthsAt2 = min(48, self.monthsAt2 + months) }
        if reached >= 3 { changed.monthsAt3 = min(36, self.monthsAt3 + months) }
        return changed
    }
}
