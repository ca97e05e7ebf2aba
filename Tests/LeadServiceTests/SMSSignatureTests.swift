import Crypto
import Foundation
import LeadService
import Leads
import Testing

/// The published requests, signed again byte for byte.
@Suite struct SMSSignatureTests {
    private static func vectors(_ scheme: String) throws -> [JSONValue] {
        let file = try #require(Bundle.module.url(forResource: "Vectors/sms-signing", withExtension: "json"))
        let all = try StrictJSON.read(Array(try Data(contentsOf: file)))["vectors"].array
        return all.filter { $0["scheme"].string.hasPrefix(scheme) }
    }

    private static func header(_ name: String, of vector: JSONValue) -> String {
        vector["request"]["headers"].array.first { $0[0].string.lowercased() == name }?[1].string ?? ""
    }

    private static func hash(_ bytes: [UInt8]) -> String { Hex.text(SHA256.hash(data: bytes)) }

    @Test func `every request of Aliyun's third signature`() throws {
        let vectors = try Self.vectors("ACS3")
        #expect(vectors.count == 11)
        for vector in vectors {
            let request = vector["request"]
            let body = Array(try #require(Data(base64Encoded: request["body_base64"].string)))
            let query = FormFields(request["query"].string).values.flatMap { name, values in values.map { (name, $0) } }
            let signature = AliyunSignature(
                method: request["method"].string, path: request["path"].string, query: query,
                headers: vector["signature"]["signed_headers"].array.map {
                    ($0.string, Self.header($0.string, of: vector))
                },
                payloadHash: Self.hash(body), keyID: vector["credentials"]["access_key_id"].string,
                secret: vector["credentials"]["access_key_secret"].string)
            #expect(signature.canonicalRequest == vector["signature"]["canonical_request"].string, "\(vector["id"])")
            #expect(signature.stringToSign == vector["signature"]["string_to_sign"].string)
            #expect(signature.signature == vector["signature"]["signature_hex"].string)
            #expect(signature.authorization == vector["signature"]["authorization"].string)
        }
    }

    @Test func `a form body is written as Aliyun reads it`() throws {
        let vector = try #require(try Self.vectors("ACS3").first { $0["id"].string == "aliyun-v3-min-002" })
        let pairs = [
            ("TemplateParam", #"{"code":"004217"}"#), ("SignName", "沪邦邦"), ("PhoneNumbers", "13900001234"),
            ("TemplateCode", "SMS_154950909"), ("OutId", "lead-otp-0001"),
        ]
        #expect(AliyunSignature.encode(pairs) == vector["request"]["body_utf8"].string)
    }

    @Test func `every request of Tencent's third signature`() throws {
        let vectors = try Self.vectors("TC3")
        #expect(vectors.count == 8)
        for vector in vectors {
            let request = vector["request"]
            var body = Array(try #require(Data(base64Encoded: request["body_base64"].string)))
            // One of them signs these words instead of the body.
            if Self.header("x-tc-content-sha256", of: vector) == "UNSIGNED-PAYLOAD" {
                body = Array("UNSIGNED-PAYLOAD".utf8)
            }
            let time = try #require(Double(Self.header("x-tc-timestamp", of: vector)))
            let signature = TencentSignature(
                method: request["method"].string, query: request["query"].string,
                headers: vector["signature"]["signed_headers"].array.map {
                    ($0.string, Self.header($0.string, of: vector))
                },
                body: body, at: Date(timeIntervalSince1970: time), keyID: vector["credentials"]["secret_id"].string,
                secret: vector["credentials"]["secret_key"].string)
            #expect(signature.canonicalRequest == vector["signature"]["canonical_request"].string, "\(vector["id"])")
            #expect(signature.stringToSign == vector["signature"]["string_to_sign"].string)
            #expect(signature.signature == vector["signature"]["signature_hex"].string)
            #expect(signature.authorization == vector["signature"]["authorization"].string)
        }
    }

    @Test func `a Standard Webhooks signature is made and checked`() throws {
        let vector = try #require(try Self.vectors("Standard").first)
        let secret = try #require(Data(base64Encoded: String(vector["credentials"]["secret"].string.dropFirst(6))))
        let body = Array(try #require(Data(base64Encoded: vector["request"]["body_base64"].string)))
        let (id, timestamp) = (Self.header("webhook-id", of: vector), Self.header("webhook-timestamp", of: vector))
        let expected = vector["signature"]["signature"].string
        let signature = WebhookSignature(secret: Array(secret))
        #expect(signature.header(id: id, timestamp: timestamp, body: body) == expected)
        let time = Date(timeIntervalSince1970: try #require(Double(timestamp)))
        func verifies(_ header: String, after seconds: TimeInterval = 0, _ body: [UInt8] = body) -> Bool {
            signature.verifies(
                header, id: id, timestamp: timestamp, body: body, at: time.addingTimeInterval(seconds))
        }
        #expect(verifies(expected) && verifies("v1,AAAA \(expected)") && verifies(expected, after: 300))
        #expect(!verifies(expected, after: 301) && !verifies(expected, after: -301))
        #expect(
            !verifies(expected, after: 0, body + [0x20]) && !verifies("") && !verifies("v2," + expected.dropFirst(3)))
    }
}
