package import Foundation

/// Every answer that breaks a rule, with the field's pointer.
package struct AnswersFailure: Error, Sendable {
    package let failures: [ValidationFailure]

    package init(failures: [ValidationFailure]) {
        self.failures = failures
    }
}

/// The answers of a self-assessment; what was not answered has the default of a person with nothing special.
///
/// Names and enums are those of the published cases; gaps between fields are allowed, impossible values are not.
package struct Answers: Sendable, Hashable {
    package enum Education: String, Sendable, CaseIterable {
        case none, associate, bachelor
        case bachelorWithDegree = "bachelor_with_degree"
        case master, doctor
    }

    package enum Title: String, Sendable, CaseIterable {
        case none
        case skill5 = "skill_5"
        case skill4 = "skill_4"
        case skill3 = "skill_3"
        case middle = "skill_2_or_mid_title"
        case senior = "skill_1_or_senior_title"
    }

    package enum Zone: String, Sendable, CaseIterable {
        case lingang
        case newCity = "new_city"
        case transformationArea = "transformation_area"
    }

    package struct Investment: Sendable, Hashable {
        package var sharePercent: Decimal = 0
        package var taxTotal: Decimal = 0
        package var localEmployees: Decimal = 0

        package init(sharePercent: Decimal, taxTotal: Decimal, localEmployees: Decimal) {
            self.sharePercent = sharePercent
            self.taxTotal = taxTotal
            self.localEmployees = localEmployees
        }
    }

    package struct Suburb: Sendable, Hashable {
        package var zone: Zone
        package var years: Decimal

        package init(zone: Zone, years: Decimal) {
            self.zone = zone
            self.years = years
        }
    }

    package var age = 30
    package var education = Education.none
    package var title = Title.none
    package var titleContributionOK: Bool?
    package var insuredMonths = 0
    package var monthsAt08 = 0
    package var monthsAt1 = 0
    package var monthsAt2 = 0
    package var monthsAt3 = 0
    package var shortageMajor = false
    package var startupTalent = false
    package var intermediaryTalent = false
    package var investment: Investment?
    package var publicServiceYears: Decimal = 0
    package var suburb: Suburb?
    package var freshGraduate = false
    package var awards: [Int] = []
    package var spouseYears: Decimal = 0
    package var falseMaterialRecords = 0
    package var detentionRecords = 0
    package var minorCrimeRecords = 0
    package var seriousCrime = false
    package var permitValid = true
    package var insuredThisMonth = true
    package var insuredMonthsInLast12 = 12
    package var employerEligible = true

    package init() {}

    /// Reads a JSON object.
    ///
    /// - Throws: `AnswersFailure` with every field that breaks a rule.
    package init(_ value: JSONValue) throws {
        var reader = try AnswerReader(value)
        self.age = reader.whole("age", 0...120) ?? self.age
        self.education = reader.choice("education") ?? self.education
        self.title = reader.choice("title") ?? self.title
        self.titleContributionOK = reader.flag("title_contribution_ok")
        self.insuredMonths = reader.whole("insured_months", 0...720) ?? self.insuredMonths
        self.monthsAt08 = reader.whole("months_at_0_8x", 0...48) ?? self.monthsAt08
        self.monthsAt1 = reader.whole("months_at_1x", 0...48) ?? self.monthsAt1
        self.monthsAt2 = reader.whole("months_at_2x", 0...48) ?? self.monthsAt2
        self.monthsAt3 = reader.whole("months_at_3x", 0...36) ?? self.monthsAt3
        self.shortageMajor = reader.flag("shortage_major") ?? self.shortageMajor
        self.startupTalent = reader.flag("startup_talent") ?? self.startupTalent
        self.intermediaryTalent = reader.flag("intermediary_talent") ?? self.intermediaryTalent
        self.investment = reader.object("invest") { invest in
            Investment(
                sharePercent: invest.number("share_pct", 0...100) ?? 0,
                taxTotal: invest.number("tax_total_3y_wan", 0...100_000_000) ?? 0,
                localEmployees: invest.whole("avg_local_employees", 0...10_000_000).map { Decimal($0) } ?? 0)
        }
        self.publicServiceYears = reader.number("public_service_years", 0...60) ?? self.publicServiceYears
        self.suburb = reader.object("suburb_area") { suburb in
            let zone: Zone? = suburb.choice("zone")
            let years = suburb.number("years", 0...60)
            if zone == nil { suburb.missing("zone") }
            return Suburb(zone: zone ?? .lingang, years: years ?? 0)
        }
        self.freshGraduate = reader.flag("fresh_graduate") ?? self.freshGraduate
        self.awards = reader.awards("awards") ?? self.awards
        self.spouseYears = reader.number("spouse_shanghai_marriage_years", 0...100) ?? self.spouseYears
        self.falseMaterialRecords = reader.whole("false_material_records", 0...100) ?? 0
        self.detentionRecords = reader.whole("detention_records", 0...100) ?? 0
        self.minorCrimeRecords = reader.whole("minor_crime_records", 0...100) ?? 0
        self.seriousCrime = reader.flag("serious_crime") ?? self.seriousCrime
        self.permitValid = reader.flag("permit_valid") ?? self.permitValid
        self.insuredThisMonth = reader.flag("insured_this_month") ?? self.insuredThisMonth
        self.insuredMonthsInLast12 = reader.whole("insured_months_in_last_12", 0...12) ?? self.insuredMonthsInLast12
        self.employerEligible = reader.flag("employer_eligible") ?? self.employerEligible
        try reader.finish()
    }

    /// The members as JSON, in alphabetical order, every one of them.
    package var members: [(name: String, json: String)] {
        func text(_ value: Decimal) -> String { "\(value)" }
        let invest = self.investment.map {
            "{\"avg_local_employees\":\(text($0.localEmployees)),\"share_pct\":\(text($0.sharePercent)),\"tax_total_3y_wan\":\(text($0.taxTotal))}"
        }
        let suburb = self.suburb.map { "{\"years\":\(text($0.years)),\"zone\":\"\($0.zone.rawValue)\"}" }
        return [
            ("age", "\(self.age)"), ("awards", "[\(self.awards.map(String.init).joined(separator: ","))]"),
            ("detention_records", "\(self.detentionRecords)"), ("education", "\"\(self.education.rawValue)\""),
            ("employer_eligible", "\(self.employerEligible)"),
            ("false_material_records", "\(self.falseMaterialRecords)"),
            ("fresh_graduate", "\(self.freshGraduate)"), ("insured_months", "\(self.insuredMonths)"),
            ("insured_months_in_last_12", "\(self.insuredMonthsInLast12)"),
            ("insured_this_month", "\(self.insuredThisMonth)"),
            ("intermediary_talent", "\(self.intermediaryTalent)"), ("invest", invest ?? "null"),
            ("minor_crime_records", "\(self.minorCrimeRecords)"), ("months_at_0_8x", "\(self.monthsAt08)"),
            ("months_at_1x", "\(self.monthsAt1)"), ("months_at_2x", "\(self.monthsAt2)"),
            ("months_at_3x", "\(self.monthsAt3)"),
            ("permit_valid", "\(self.permitValid)"), ("public_service_years", text(self.publicServiceYears)),
            ("serious_crime", "\(self.seriousCrime)"), ("shortage_major", "\(self.shortageMajor)"),
            ("spouse_shanghai_marriage_years", text(self.spouseYears)), ("startup_talent", "\(self.startupTalent)"),
            ("suburb_area", suburb ?? "null"), ("title", "\"\(self.title.rawValue)\""),
            ("title_contribution_ok", self.titleContributionOK.map { "\($0)" } ?? "null"),
        ]
    }

    /// The whole as JSON, equal for equal answers.
    package var canonicalJSON: String {
        "{" + self.members.map { "\"\($0.name)\":\($0.json)" }.joined(separator: ",") + "}"
    }

    /// The members that differ from another person's answers, as JSON.
    package func changes(from other: Answers) -> String {
        let changed = zip(self.members, other.members).filter { $0.json != $1.json }.map {
            "\"\($0.0.name)\":\($0.0.json)"
        }
        return "{" + changed.joined(separator: ",") + "}"
    }
}
