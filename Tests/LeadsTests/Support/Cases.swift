import Foundation

/// The bytes of a file of worked cases.
func caseFile(_ file: String) throws -> Data {
    try Data(contentsOf: Bundle.module.bundleURL.appending(path: "Cases/\(file)"))
}

/// A file of worked cases.
func cases<Value: Decodable>(_ type: Value.Type = Value.self, in file: String) throws -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Value.self, from: caseFile(file))
}

/// A rule file as it is shipped.
func ruleFile(_ name: String) throws -> Data {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")
    return try Data(contentsOf: root.appending(path: "Sources/LeadService/Resources/rules/\(name)"))
}
