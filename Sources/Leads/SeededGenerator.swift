import Foundation

/// Numbers that look random and are the same for the same seed (SplitMix64, Steele, Lea and Flood 2014).
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) {
        self.state = seed
    }

    package mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to 1, which is excluded.
    package mutating func fraction() -> Double { Double(self.next() >> 11) * 0x1p-53 }

    /// A waiting time of a Poisson process, or a length of an exponential distribution, in the unit of its mean.
    package mutating func exponential(mean: Double) -> Double { -mean * Foundation.log(1 - self.fraction()) }
}
