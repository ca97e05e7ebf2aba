import Leads

extension SeededGenerator {
    /// One of these.
    mutating func pick<Value>(_ values: [Value]) -> Value { values[Int(self.next() % UInt64(values.count))] }
}
