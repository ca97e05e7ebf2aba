/// Which column of a file of leads holds what, counted from nought.
package struct ImportColumns: Sendable, Equatable {
    /// What a column may hold.
    package enum Field: String, Sendable, CaseIterable {
        case name, phone, source, remark, need, window

        /// The headings that mean it, in lower case and without spaces.
        var headings: Set<String> {
            switch self {
            case .name: ["姓名", "称呼", "名字", "客户", "客户姓名", "联系人", "name", "fullname", "contact"]
            case .phone:
                [
                    "手机", "手机号", "手机号码", "电话", "电话号码", "联系电话", "联系方式", "phone", "phonenumber", "mobile", "tel",
                    "telephone",
                ]
            case .source: ["来源", "渠道", "客户来源", "source", "channel", "utm_source"]
            case .remark: ["备注", "说明", "留言", "remark", "remarks", "note", "notes", "comment"]
            case .need: ["需求", "咨询内容", "意向", "咨询项目", "need", "needs", "demand"]
            case .window: ["时段", "方便时段", "希望时段", "联系时间", "方便联系时间", "window", "preferredwindow"]
            }
        }
    }

    package var places: [Field: Int]

    package init(places: [Field: Int]) {
        self.places = places
    }

    /// What the headings of a file look like; the first column that means a field is taken.
    package init(guessing headings: [String]) {
        self.places = [:]
        for (place, heading) in headings.enumerated() {
            let plain = heading.lowercased().filter { !$0.isWhitespace }
            guard let field = Field.allCases.first(where: { $0.headings.contains(plain) }), self.places[field] == nil
            else { continue }
            self.places[field] = place
        }
    }

    /// The cell of a field, empty where the row or the file has none.
    package func cell(_ field: Field, of cells: [String]) -> String {
        guard let place = self.places[field], cells.indices.contains(place) else { return "" }
        return cells[place]
    }
}
