import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// Leads from large files, for `OpenAPIAnswerTests`.
extension DescribedService {
    func importFiles() async throws {
        let boss = try await self.service.colleague("importer", .administrator)
        let (files, list, csv) = (
            "/api/v1/import-files", "/api/v1/imports", [HTTPField.Name.contentType: "text/csv"] as HTTPFields
        )
        func upload(_ text: String, _ headers: HTTPFields) async throws -> Answer {
            try await self.call(.post, files, text, token: boss.token, headers: headers)
        }
        #expect(try await upload(String(repeating: " ", count: 50 * 1024 * 1024 + 1), csv).status == 413)
        #expect(try await upload("a", [.contentType: "text/plain"]).status == 415)
        #expect(try await upload("", csv).status == 422)
        func draft(_ text: String) async throws -> String {
            let made = try await upload(text, csv)
            try #require(made.status == 201, "\(made.text)")
            return "\(list)/\(made["id"].string)"
        }
        let dropped = try await draft("name,phone\n甲,13700000001\n")
        #expect(try await self.call(.delete, dropped, token: boss.token).status == 204)
        let file = "name,phone\n甲甲,13700000001\n乙,1\n"
        let path = try await draft(file)
        #expect(try await self.call(.post, path + "/try", token: boss.token).status == 200)
        #expect(try await self.call(.post, path + "/try", #"{"columns":{"name":1}}"#, token: boss.token).status == 422)
        #expect(try await self.call(.post, path + "/undo", token: boss.token).code == "import_running")
        let consent = #"{"consent":{"basis":"written","evidence":"表"}}"#
        #expect(try await self.call(.post, path + "/start", consent, token: boss.token).status == 202)
        #expect(try await self.call(.post, path + "/start", consent, token: boss.token).code == "import_started")
        #expect(try await self.call(.post, path + "/try", token: boss.token).code == "import_started")
        #expect(try await self.call(.delete, path, token: boss.token).code == "import_started")
        #expect(try await upload(file, csv).code == "import_repeated")
        while try await self.service.services.imports.runOnce() {}
        #expect(try await self.call(.get, path, token: boss.token)["state"].string == "done")
        #expect(try await self.call(.get, path + "?x=1", token: boss.token).status == 422)
        #expect(try await self.call(.get, path + "/errors", token: boss.token).status == 200)
        #expect(try await self.call(.get, path + "/errors?x=1", token: boss.token).status == 422)
        #expect(try await self.call(.get, list, token: boss.token)["items"].array.isEmpty == false)
        #expect(try await self.call(.get, list + "?limit=0", token: boss.token).status == 422)
        #expect(try await self.call(.post, path + "/undo", token: boss.token).status == 204)
        #expect(try await self.call(.post, path + "/undo", token: boss.token).code == "import_undone")
        let html: HTTPFields = [.accept: "text/html"]
        #expect(try await self.call(.get, "/staff/imports", token: boss.token, headers: html).status == 200)
    }
}
