import Foundation
import LeadService
import Leads
import Testing

@Suite struct ClientAddressTests {
    struct Hops: Sendable, CustomTestStringConvertible {
        var peer: String
        var lines: [String]
        var trusted: [String]
        var client: String

        var testDescription: String { "\(self.peer) \(self.lines.joined(separator: " | ").prefix(60))" }
    }

    static let vectors: [Hops] = {
        guard let file = Bundle.module.url(forResource: "Vectors/misc-vectors", withExtension: "json"),
            let data = try? Data(contentsOf: file), let all = try? StrictJSON.read(Array(data))
        else { return [] }
        return all["xff"].array.map {
            Hops(
                peer: $0["peer"].string, lines: $0["x_forwarded_for_lines"].array.map(\.string),
                trusted: $0["trusted"].array.map(\.string), client: $0["client"].string)
        }
    }()

    static let more = [
        // Empty elements of a list are ignored (RFC 9110 §5.6.1).
        Hops(peer: "10.0.0.2", lines: ["1.2.3.4,,10.0.0.3"], trusted: ["10.0.0.0/8"], client: "1.2.3.4"),
        Hops(peer: "10.0.0.2", lines: ["1.2.3.4", ""], trusted: ["10.0.0.0/8"], client: "1.2.3.4"),
        Hops(peer: "10.0.0.2", lines: ["::ffff:1.2.3.4"], trusted: ["10.0.0.0/8"], client: "1.2.3.4"),
        Hops(peer: "10.0.0.2", lines: ["01.2.3.4"], trusted: ["10.0.0.0/8"], client: "10.0.0.2"),
        Hops(
            peer: "10.0.0.2", lines: ["1.2.3.4 , 10.0.0.3 "], trusted: ["10.0.0.2", "10.0.0.3/32"], client: "1.2.3.4"),
        Hops(peer: "2001:db8:a::1", lines: ["2001:DB8::1"], trusted: ["2001:db8:a::/48"], client: "2001:db8::1"),
        Hops(peer: "10.0.0.2", lines: ["1.2.3.4"], trusted: [], client: "10.0.0.2"),
        Hops(
            peer: "10.0.0.2", lines: ["unknown, " + String(repeating: "10.0.0.3,", count: 5000)],
            trusted: ["10.0.0.0/8"],
            client: "10.0.0.3"),
    ]

    @Test(arguments: vectors + more)
    func `the address is the right-most hop that is not trusted`(hops: Hops) {
        let found = ClientAddress(
            peer: hops.peer, forwardedFor: hops.lines, trusted: hops.trusted.compactMap { AddressRange($0) })
        #expect(found == ClientAddress(peer: hops.client), "\(found)")
    }

    @Test func `all vectors are there`() {
        #expect(Self.vectors.count == 11)
    }

    @Test func `an address counts with its household and its network`() {
        for (address, household, network) in [
            ("203.0.113.77", "203.0.113.77", "203.0.113.0/24"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2:0:0:0:0/64", "2001:db8:1:0:0:0:0:0/48"),
            ("::ffff:203.0.113.77", "203.0.113.77", "203.0.113.0/24"),
        ] {
            #expect(ClientAddress(peer: address).household == household)
            #expect(ClientAddress(peer: address).network == network)
        }
    }

    @Test func `a forged header moves no budget`() async throws {
        try await withService(["SENDS_PER_ADDRESS_PER_HOUR": "3"]) { service in
            for number in 0..<4 {
                let answer = try await service.askForCode("138\(1000 + number)0001", from: "203.0.113.\(number)")
                #expect(answer.status == (number < 3 ? 202 : 429))
            }
        }
    }
}
