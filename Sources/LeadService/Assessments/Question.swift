import Leads

/// One question of the self-assessment, as programs and pages ask it.
struct Question: Sendable {
    enum Kind: Sendable {
        case choice([(value: String, label: String)])
        case whole(ClosedRange<Int>)
        case flag
        case object([Question])
        case list([Int])
    }

    let name: String
    let label: String
    let kind: Kind
    var help = ""

    var json: JSONOutput {
        var members: [String: JSONOutput] = [
            "name": .string(self.name), "label": .string(self.label), "help": .string(self.help),
        ]
        switch self.kind {
        case .choice(let options):
            members["type"] = .string("choice")
            members["options"] = .array(
                options.map { .object(["value": .string($0.value), "label": .string($0.label)]) })
        case .whole(let range):
            members["type"] = .string("number")
            members["minimum"] = .integer(range.lowerBound)
            members["maximum"] = .integer(range.upperBound)
        case .flag: members["type"] = .string("boolean")
        case .object(let questions):
            members["type"] = .string("object")
            members["questions"] = .array(questions.map(\.json))
        case .list(let values):
            members["type"] = .string("list")
            members["options"] = .array(values.map { .object(["value": .integer($0), "label": .string("\($0) 分")]) })
        }
        return .object(members)
    }

    static let all: [Question] = [
        Question(name: "age", label: "周岁年龄", kind: .whole(0...120)),
        Question(
            name: "education", label: "最高学历（可核验）",
            kind: .choice(Answers.Education.allCases.map { ($0.rawValue, $0.text) })),
        Question(name: "title", label: "职称或技能等级", kind: .choice(Answers.Title.allCases.map { ($0.rawValue, $0.text) })),
        Question(name: "title_contribution_ok", label: "近 12 个月内有 6 个月缴费基数达到 1 倍", kind: .flag, help: "技能二级、中级职称及以上需要"),
        Question(name: "insured_months", label: "在沪缴纳职工社保的累计月数", kind: .whole(0...720), help: "不含补缴"),
        Question(name: "months_at_0_8x", label: "近 48 个月内基数达 0.8 倍的月数", kind: .whole(0...48)),
        Question(name: "months_at_1x", label: "近 48 个月内基数达 1 倍的月数", kind: .whole(0...48)),
        Question(name: "months_at_2x", label: "近 48 个月内基数达 2 倍的月数", kind: .whole(0...48)),
        Question(name: "months_at_3x", label: "近 36 个月内基数达 3 倍的月数", kind: .whole(0...36)),
        Question(name: "shortage_major", label: "所学专业在紧缺急需目录内", kind: .flag),
        Question(name: "fresh_graduate", label: "全日制应届毕业生", kind: .flag),
        Question(name: "spouse_shanghai_marriage_years", label: "与沪籍配偶结婚的年数", kind: .whole(0...100)),
        Question(
            name: "suburb_area", label: "在远郊重点区域工作并居住",
            kind: .object([
                Question(
                    name: "zone", label: "区域",
                    kind: .choice([("lingang", "临港新片区"), ("new_city", "五个新城"), ("transformation_area", "南北重点转型区域")])),
                Question(name: "years", label: "年数", kind: .whole(0...60)),
            ])),
        Question(name: "public_service_years", label: "在特定公共服务领域工作的年数", kind: .whole(0...60), help: "如环卫"),
        Question(
            name: "invest", label: "在沪投资办企业",
            kind: .object([
                Question(name: "share_pct", label: "个人出资比例（%）", kind: .whole(0...100)),
                Question(name: "tax_total_3y_wan", label: "近三年纳税合计（万元）", kind: .whole(0...100_000_000)),
                Question(name: "avg_local_employees", label: "平均本市户籍员工人数", kind: .whole(0...10_000_000)),
            ])),
        Question(name: "startup_talent", label: "符合创业人才条件", kind: .flag),
        Question(name: "intermediary_talent", label: "符合创新创业中介服务人才条件", kind: .flag),
        Question(name: "awards", label: "在沪工作期间获得的表彰奖励", kind: .list([30, 60, 110])),
        Question(name: "false_material_records", label: "三年内提供虚假材料的次数", kind: .whole(0...100)),
        Question(name: "detention_records", label: "五年内行政拘留记录的条数", kind: .whole(0...100)),
        Question(name: "minor_crime_records", label: "五年内一般刑事犯罪记录的条数", kind: .whole(0...100)),
        Question(name: "serious_crime", label: "有严重刑事犯罪记录", kind: .flag),
        Question(name: "permit_valid", label: "持有效期内的上海市居住证", kind: .flag),
        Question(name: "insured_this_month", label: "申请当月在缴职工社保", kind: .flag),
        Question(name: "insured_months_in_last_12", label: "近 12 个月内缴纳职工社保的月数", kind: .whole(0...12)),
        Question(name: "employer_eligible", label: "单位在本市注册、经营并纳税", kind: .flag),
    ]
}
