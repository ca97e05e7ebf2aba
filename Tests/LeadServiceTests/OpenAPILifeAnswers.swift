import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// Results taken back, leads opened again and parted, permits written down, for `OpenAPIAnswerTests`.
extension DescribedService {
    func takeBack() async throws {
        let anna = try await self.service.colleague("undoer")
        let chief = try await self.service.colleague("opener", .supervisor)
        let tasks = [
            try await self.service.seed(TaskSeed(phone: "13800000091")),
            try await self.service.seed(TaskSeed(phone: "13800000092")),
        ]
        func claim(_ task: SeededTask) async throws {
            let body = #"{"phone":"\#(task.phone)"}"#
            #expect(try await self.call(.post, "/api/v1/callbacks/claim", body, token: anna.token).status == 200)
        }
        func record(_ body: String, on task: SeededTask) async throws {
            #expect(try await self.call(.post, task.path + "/attempts", body, token: anna.token).status == 200)
        }
        let (first, second) = (tasks[0], tasks[1])
        try await claim(first)
        #expect(
            try await self.call(
                .put, "/api/v1/leads/\(first.lead.text)/permit", #"{"valid_until":"2027-03-01"}"#, token: anna.token
            )
            .status == 200)
        try await record(#"{"disposition":"converted"}"#, on: first)
        #expect(try await self.call(.post, first.path + "/undo", token: chief.token).code == "undo_not_yours")
        #expect(try await self.call(.post, first.path + "/undo", "{}", token: anna.token).status == 200)
        #expect(try await self.call(.get, first.path, token: anna.token).status == 200)
        let reason = #"{"reason":"客户改变主意"}"#
        #expect(try await self.call(.post, first.path + "/reopen", reason, token: chief.token).code == "not_closed")
        try await record(#"{"disposition":"converted"}"#, on: first)
        let opened = try await self.call(.post, first.path + "/reopen", reason, token: chief.token)
        #expect(opened.status == 200)
        try await claim(second)
        try await record(#"{"disposition":"duplicate","merge_into":"\#(first.lead.text)"}"#, on: second)
        let cards = [second.path, "/api/v1/callbacks/\(opened["id"].string)"]
        for path in cards { #expect(try await self.call(.get, path, token: chief.token).status == 200) }
        let unmerge = "/api/v1/leads/\(second.lead.text)/unmerge"
        #expect(try await self.call(.post, unmerge, "{}", token: chief.token).status == 204)
        #expect(try await self.call(.post, unmerge, "{}", token: chief.token).code == "not_merged")
        for path in cards { #expect(try await self.call(.get, path, token: chief.token).status == 200) }
        try await claim(second)
        try await record(#"{"disposition":"not_eligible","item":"points_below_120"}"#, on: second)
        try await self.service.database.query(
            """
            INSERT INTO eligibility_checks (lead_id, rule_version, offered, total, checked_at)
            SELECT \(second.lead), version, true, 121, \(self.service.clock.now) FROM points_rule_versions
            """)
        let list = try await self.call(.get, "/api/v1/eligible-leads", token: chief.token)
        #expect(list["count"].int == 1)
        #expect(try await self.call(.get, "/api/v1/eligible-leads?x=1", token: chief.token).status == 422)
        // What is open is left to nobody who comes after.
        try await claim(first)
        let rest = "/api/v1/callbacks/\(opened["id"].string)/attempts"
        #expect(try await self.call(.post, rest, #"{"disposition":"spam"}"#, token: anna.token).status == 200)
    }
}
