import Leads

/// One figure that another set of rules has otherwise.
struct RuleChange: Sendable, Equatable {
    /// Where it stands in the file, entries of a list by what names them: `/wages/2026-07`.
    var path: String
    var title: String
    /// Nil for what was not there.
    var before: String?
    var after: String?

    var json: JSONOutput {
        .object([
            "path": .string(self.path), "title": .string(self.title), "before": .optional(self.before),
            "after": .optional(self.after),
        ])
    }

    /// What differs between two rule files, beside their names and days, in the order of their places.
    static func between(_ old: JSONValue, _ new: JSONValue) -> [RuleChange] {
        let (before, after) = (self.flat(old), self.flat(new))
        return Set(before.keys).union(after.keys).sorted().compactMap { path in
            guard before[path] != after[path] else { return nil }
            return RuleChange(path: path, title: Self.title(path), before: before[path], after: after[path])
        }
    }

    private static let skipped: Set<String> = ["version", "effective_from", "effective_to"]

    private static func flat(_ value: JSONValue) -> [String: String] {
        guard case .object(let members) = value else { return [:] }
        var found: [String: String] = [:]
        for (name, value) in members where !self.skipped.contains(name) { self.add(value, at: "/" + name, &found) }
        return found
    }

    private static func add(_ value: JSONValue, at path: String, _ found: inout [String: String]) {
        switch value {
        case .object(let members): for (name, value) in members { self.add(value, at: path + "/" + name, &found) }
        case .array(let values):
            for (index, value) in values.enumerated() {
                let (name, rest) = self.named(value, index)
                self.add(rest, at: path + "/" + name, &found)
            }
        case .string(let text): found[path] = text
        case .number(let number): found[path] = "\(number)"
        case .bool(let flag): found[path] = "\(flag)"
        case .null: break
        }
    }

    /// An entry of a list by what tells it from the others, so that one more moves none.
    private static func named(_ value: JSONValue, _ index: Int) -> (String, JSONValue) {
        switch value {
        case .string(let text): return (text, .string("是"))
        case .object(var members):
            let names = members["to"] == nil ? ["from", "times"] : ["from", "to"]
            let name = names.compactMap { members.removeValue(forKey: $0).map { JSONOutput($0).text } }
                .joined(separator: "–").replacing("\"", with: "")
            // A list of months has one figure each.
            if members.count == 1, let only = members["average"] { return (name, only) }
            return (name.isEmpty ? "\(index)" : name, .object(members))
        default: return ("\(index)", value)
        }
    }

    private static let words = [
        "source": "依据", "standard": "标准分值", "ages": "年龄", "education": "教育背景", "titles": "职称和技能",
        "titles_needing_contribution": "要看社保基数的职称", "insured_years": "社保年限", "contribution": "社保基数",
        "shortage_major": "紧缺急需专业", "startup_talent": "创业人才", "intermediary_talent": "中介服务人才",
        "investment": "投资纳税或带动就业", "public_service": "特定公共服务", "suburb": "远郊重点区域",
        "fresh_graduate": "全日制应届生", "spouse": "配偶沪籍", "false_material": "虚假材料扣分", "detention": "行政拘留扣分",
        "minor_crime": "一般犯罪扣分", "wages": "平均工资", "points": "分", "per_year": "每年分", "from_years": "从第几年起",
        "cap": "上限", "step": "每多少", "months": "要几个月", "window": "在几个月里", "associate": "大专", "bachelor": "本科",
        "bachelor_with_degree": "本科和学士", "master": "硕士", "doctor": "博士", "skill_5": "五级", "skill_4": "四级",
        "skill_3": "三级", "skill_2_or_mid_title": "二级或中级", "skill_1_or_senior_title": "一级或高级", "lingang": "临港",
        "new_city": "五个新城", "transformation_area": "南北转型",
    ]

    private static func title(_ path: String) -> String {
        let parts = path.split(separator: "/").map(String.init)
        return parts.enumerated().map { index, part in
            if index == 1, parts[0] == "wages" { return "\(part) 起" }
            if index == 1, parts[0] == "ages" { return "\(part) 岁" }
            if index == 1, parts[0] == "contribution" { return "\(part) 倍" }
            return self.words[part] ?? part
        }.joined(separator: " ")
    }
}
