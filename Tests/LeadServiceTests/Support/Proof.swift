import Crypto
import Foundation
import HTTPTypes
import LeadService
import Leads

extension TestService {
    /// Asks for a code as the page's script does.
    func sendCode(
        _ phone: String, purpose: String = "inquiry", proof: String? = nil, address: String? = nil
    ) async throws -> Answer {
        let more = proof.map { #","proof_of_work":"\#($0)""# } ?? ""
        return try await self.call(
            .post, "/api/v1/verification-codes", #"{"phone":"\#(phone)","purpose":"\#(purpose)"\#(more)}"#,
            headers: address.map { [.forwardedFor: $0] } ?? [:])
    }
}

extension HTTPField.Name {
    // swift-format-ignore: NeverForceUnwrap
    static let forwardedFor = HTTPField.Name("X-Forwarded-For")!
}

/// Solves a challenge as a browser does and spells the answer as ALTCHA v1 does.
func solve(_ challenge: JSONValue, salt: String? = nil, algorithm: String = "SHA-256") throws -> String {
    let (wanted, original) = (challenge["challenge"].string, challenge["salt"].string)
    let digest = stride(from: 0, to: wanted.utf8.count, by: 2).compactMap {
        UInt8(wanted.dropFirst($0).prefix(2), radix: 16)
    }
    var start = SHA256()
    start.update(data: Data(original.utf8))
    for number in 0...challenge["maxnumber"].int {
        var hash = start
        hash.update(data: Data(String(number).utf8))
        guard hash.finalize().elementsEqual(digest) else { continue }
        let json =
            #"{"algorithm":"\#(algorithm)","challenge":"\#(wanted)","number":\#(number),"salt":"\#(salt ?? original)","signature":"\#(challenge["signature"].string)"}"#
        return Data(json.utf8).base64EncodedString()
    }
    throw Unsolved()
}

struct Unsolved: Error {}
