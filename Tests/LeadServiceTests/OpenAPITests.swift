import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// The description against the router and against itself.
@Suite struct OpenAPITests {
    @Test func `every route is described, and nothing else is`() async throws {
        let description = try APIDescription()
        let described = Set(description.operations.map(\.name))
        try await withService { service in
            let served = Set(service.services.router.routes.map { "\($0.method.rawValue) \($0.path)" })
            #expect(served.subtracting(described).sorted() == [])
            #expect(described.subtracting(served).sorted() == [])
        }
    }

    @Test func `an operation asks for a session exactly where the route does`() async throws {
        let description = try APIDescription()
        try await withService { service in
            for route in service.services.router.routes {
                let operation = try #require(description.operation(route.method, route.path))
                let isOpen = route.access == .visitor || route.access == .login
                #expect((operation.json["security"] == .array([])) == isOpen, "\(operation.name)")
                let statuses = Set(operation.json["responses"].names)
                if !isOpen { #expect(statuses.isSuperset(of: ["401", "403"]), "\(operation.name)") }
                if operation.json["requestBody"] != .null {
                    #expect(statuses.isSuperset(of: ["413", "415"]), "\(operation.name)")
                }
                #expect(statuses.contains("default"), "\(operation.name)")
            }
        }
    }

    @Test func `every parameter of a path is described`() throws {
        let description = try APIDescription()
        for path in description.root["paths"].names {
            let inPath = path.matches(of: /\{([a-z_]+)\}/).map { String($0.1) }
            let parameters = description.root["paths"][path]["parameters"].array.map { description.schema.resolved($0) }
            #expect(parameters.filter { $0["in"].string == "path" }.map(\.["name"].string) == inPath, "\(path)")
        }
    }

    @Test func `every reference leads somewhere and every component is used`() throws {
        let description = try APIDescription()
        let references = Set(Self.values(of: "$ref", in: description.root).map(\.string))
        for reference in references {
            #expect(description.schema.resolved(.object(["$ref": .string(reference)])) != .null, "\(reference)")
        }
        for section in description.root["components"].names where section != "securitySchemes" {
            for name in description.root["components"][section].names {
                #expect(references.contains("#/components/\(section)/\(name)"), "\(section)/\(name)")
            }
        }
    }

    @Test func `every operation has a name of its own`() throws {
        let names = try APIDescription().operations.map(\.json["operationId"].string)
        #expect(Set(names).count == names.count && !names.contains(""))
    }

    @Test func `every object is closed, or says that it is open`() throws {
        let description = try APIDescription()
        let open: Set<String> = ["AssessmentMembers", "CallbackMembers", "QuestionMembers"]
        for name in description.root["components"]["schemas"].names where !open.contains(name) {
            for schema in Self.objects(in: description.root["components"]["schemas"][name]) {
                let isSaid = schema["additionalProperties"] != .null || schema["unevaluatedProperties"] != .null
                #expect(isSaid, "\(name): \(schema.names.sorted())")
            }
        }
    }

    @Test func `every example fits its schema`() throws {
        let description = try APIDescription()
        let examples = Self.objects(with: "example", in: description.root).filter { $0["schema"] != .null }
        #expect(examples.count > 30)
        for example in examples {
            #expect(description.schema.errors(in: example["example"], against: example["schema"]) == [])
        }
    }

    /// Every object with a member of that name, at any depth.
    private static func objects(with name: String, in value: JSONValue) -> [JSONValue] {
        switch value {
        case .object(let members):
            (members[name] == nil ? [] : [value]) + members.values.flatMap { Self.objects(with: name, in: $0) }
        case .array(let values): values.flatMap { Self.objects(with: name, in: $0) }
        default: []
        }
    }

    private static func values(of name: String, in value: JSONValue) -> [JSONValue] {
        Self.objects(with: name, in: value).map { $0[name] }
    }

    /// Every schema with properties.
    private static func objects(in schema: JSONValue) -> [JSONValue] {
        Self.objects(with: "properties", in: schema).filter { $0["type"] != .null }
    }
}
