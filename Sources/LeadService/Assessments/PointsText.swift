/// Points as pages write them: a minus is U+2212, as wide as a plus. JSON has numbers.
extension Int {
    var minusSigned: String { self < 0 ? "−\(self.magnitude)" : "\(self)" }

    /// With its sign, where points add and take away.
    var signed: String { self > 0 ? "+\(self)" : self.minusSigned }
}
