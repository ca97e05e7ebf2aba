import Leads

extension SeededGenerator {
    /// Prints the seed, so that a failure can be repeated.
    init(_ property: String, seed: UInt64 = .random(in: 0...9_999_999)) {
        print("seed of “\(property)”: \(seed)")
        self.init(seed: seed)
    }
}
