import Foundation
import Leads
import Testing

@Suite struct `Answers that break a rule` {
    private func pointers(_ value: JSONValue) -> [String] {
        do {
            _ = try Answers(value)
            return []
        } catch let failure as AnswersFailure {
            return failure.failures.map(\.pointer)
        } catch {
            return ["\(error)"]
        }
    }

    @Test(arguments: [
        "insured_months", "months_at_0_8x", "months_at_1x", "months_at_2x", "months_at_3x", "insured_months_in_last_12",
        "public_service_years", "spouse_shanghai_marriage_years", "false_material_records", "detention_records",
        "minor_crime_records", "age",
    ])
    func `a negative number is refused with the field's name`(_ name: String) {
        #expect(self.pointers([name: -1]) == ["/" + name])
    }

    @Test(arguments: ["age", "insured_months", "months_at_1x", "detention_records", "insured_months_in_last_12"])
    func `a fraction of a month, a year of age or a record is refused`(_ name: String) {
        #expect(self.pointers([name: .number(1.5)]) == ["/" + name])
    }

    @Test func `a fraction of a person is refused`() {
        #expect(
            self.pointers(["invest": ["share_pct": 100, "avg_local_employees": .number(0.5)]]) == [
                "/invest/avg_local_employees"
            ])
    }

    @Test(arguments: [
        ("age", 121), ("months_at_0_8x", 49), ("months_at_1x", 49), ("months_at_2x", 49), ("months_at_3x", 37),
        ("insured_months_in_last_12", 13),
    ])
    func `a number above its window is refused and the window's last one is not`(_ name: String, _ value: Int) {
        #expect(self.pointers([name: .number(Decimal(value))]) == ["/" + name])
        #expect(self.pointers([name: .number(Decimal(value - 1))]) == [])
    }

    @Test func `unknown names are refused, also inside`() {
        #expect(self.pointers(["colour": "red"]) == ["/colour"])
        #expect(self.pointers(["a/b~c": 1]) == ["/a~1b~0c"])
        #expect(self.pointers(["invest": ["shares": 1]]) == ["/invest/shares"])
        #expect(self.pointers(["suburb_area": ["zone": "lingang", "years": 3, "city": 1]]) == ["/suburb_area/city"])
    }

    @Test func `wrong types and options are refused`() {
        #expect(self.pointers(["age": "30"]) == ["/age"])
        #expect(self.pointers(["shortage_major": 1]) == ["/shortage_major"])
        #expect(self.pointers(["suburb_area": ["zone": "x", "years": 3]]) == ["/suburb_area/zone"])
        #expect(self.pointers(["education": "phd"]) == ["/education"])
        #expect(self.pointers(["awards": [30, 40]]) == ["/awards"])
        #expect(self.pointers(["awards": 30]) == ["/awards"])
        #expect(self.pointers(["invest": []]) == ["/invest"])
        #expect(self.pointers(["suburb_area": ["years": 3]]) == ["/suburb_area/zone"])
        #expect(self.pointers(["invest": ["share_pct": 101]]) == ["/invest/share_pct"])
        #expect(self.pointers([]) == [""])
    }

    @Test func `huge numbers are refused, not rounded`() throws {
        #expect(self.pointers(try json(#"{"age": 1e30}"#)) == ["/age"])
        #expect(self.pointers(try json(#"{"insured_months": 99999999999999999999}"#)) == ["/insured_months"])
    }

    @Test func `every failure is listed at once, in Chinese and English`() {
        #expect(throws: AnswersFailure.self) { try Answers(["age": -1, "title": "x", "colour": 1]) }
        #expect(self.pointers(["age": -1, "title": "x", "colour": 1]) == ["/age", "/title", "/colour"])
    }

    @Test func `gaps between fields are allowed`() throws {
        let answers = try Answers(["months_at_2x": 36, "insured_months": 0])
        #expect(answers.monthsAt2 == 36)
        #expect(answers.monthsAt1 == 0)
    }

    @Test func `answers survive their own JSON, with members in order`() throws {
        let answers = try Answers([
            "invest": ["share_pct": 80, "tax_total_3y_wan": .number(29.9)],
            "suburb_area": ["zone": "lingang", "years": .number(3.5)],
            "awards": [110, 30],
        ])
        #expect(try Answers(json(answers.canonicalJSON)) == answers)
        #expect(answers.members.map(\.name) == answers.members.map(\.name).sorted())
        #expect(answers.awards == [30, 110])
    }
}
