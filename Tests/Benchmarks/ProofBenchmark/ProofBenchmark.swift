import Crypto
import Foundation
import Leads

/// How long the service looks at one proof of work: reading, hash, signature, comparison.
///
/// Marking it as used is one row of the statement that issues the code, and not in here.
@main struct ProofBenchmark {
    static func main() throws {
        let key = SymmetricKey(size: .bits256)
        let (now, action) = (Date(), "verification-codes")
        let payloads = (0..<1000).map { round in
            let number = round * 50
            let made = ProofOfWork.challenge(
                action: action, nonce: (0..<12).map { UInt8(truncatingIfNeeded: round >> ($0 % 8)) }, number: number,
                maxNumber: 50_000, at: now, key: key)
            let json =
                #"{"algorithm":"SHA-256","challenge":"\#(made.challenge)","number":\#(number),"salt":"\#(made.salt)","signature":"\#(made.signature)","took":117}"#
            return Data(json.utf8).base64EncodedString()
        }
        // The key before this one as well, as after a change of keys.
        let keys = [key, SymmetricKey(size: .bits256)]
        let clock = ContinuousClock()
        var medians: [Double] = []
        for round in 0...5 {
            var times: [Double] = []
            for _ in 0..<20 {
                for payload in payloads {
                    let start = clock.now
                    let proof = ProofOfWork.proof(in: payload, action: action, at: now, keys: keys)
                    let time = start.duration(to: clock.now)
                    guard proof != nil else { throw Refused() }
                    times.append(Double(time.components.attoseconds) / 1e12)
                }
            }
            guard round > 0 else { continue }
            times.sort()
            medians.append(times[times.count / 2])
            print(
                String(
                    format: "round %d: %d proofs, median %.1f µs, p99 %.1f µs", round, times.count,
                    times[times.count / 2], times[times.count * 99 / 100]))
        }
        print(String(format: "median of the rounds: %.1f µs", medians.sorted()[medians.count / 2]))
    }

    struct Refused: Error {}
}
