import Foundation
import Leads
import Testing

@Suite struct `Dispositions` {
    @Test func `names, keys and titles`() {
        #expect(
            Disposition.allCases.map(\.rawValue) == [
                "reached_interested", "reached_need_materials", "call_back_at", "no_answer", "busy_or_rejected",
                "powered_off", "wrong_person",
                "reached_not_interested", "do_not_call", "not_eligible", "converted", "duplicate", "spam",
            ])
        #expect(Disposition.allCases.map(\.key) == [1, 2, 3, 4, 5, 6, 7, 8, 9, nil, nil, nil, nil])
        #expect(Set(Disposition.allCases.map(\.title)).count == 13)
    }

    @Test func `flags of the table`() {
        let closing: [Disposition: String] = [
            .wrongPerson: "bad_number", .reachedNotInterested: "not_interested", .doNotCall: "do_not_call",
            .notEligible: "not_eligible",
            .converted: "converted", .duplicate: "duplicate", .spam: "spam",
        ]
        let contact: Set<Disposition> = [
            .reachedInterested, .reachedNeedMaterials, .callBackAt, .reachedNotInterested, .doNotCall, .notEligible,
            .converted,
        ]
        for disposition in Disposition.allCases {
            #expect(disposition.closedReason == closing[disposition])
            #expect(disposition.isContact == contact.contains(disposition))
            #expect(disposition.canCount == ![.spam, .duplicate].contains(disposition))
            #expect(disposition.needsCallAgainAt == [.reachedInterested, .callBackAt].contains(disposition))
            #expect(disposition.needsReason == (disposition == .reachedNotInterested))
            #expect(disposition.needsMergeTarget == (disposition == .duplicate))
        }
    }
}
