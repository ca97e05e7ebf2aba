import Metrics
import Synchronization

/// Something that counts or measures.
protocol Instrument: AnyObject, Sendable {
    func samples(labels: [(String, String)]) -> [MetricFamily.Sample]
}

final class CounterInstrument: Instrument, CounterHandler {
    private let total = Mutex<Int64>(0)

    func increment(by amount: Int64) {
        self.total.withLock { $0 &+= amount }
    }

    func reset() {
        self.total.withLock { $0 = 0 }
    }

    func samples(labels: [(String, String)]) -> [MetricFamily.Sample] {
        [.init(labels: labels, value: Double(self.total.withLock { $0 }))]
    }
}

final class GaugeInstrument: Instrument, MeterHandler, RecorderHandler {
    private let value = Mutex<Double>(0)

    func set(_ value: Int64) { self.set(Double(value)) }
    func set(_ value: Double) { self.value.withLock { $0 = value } }
    func record(_ value: Int64) { self.set(Double(value)) }
    func record(_ value: Double) { self.set(value) }
    func increment(by amount: Double) { self.value.withLock { $0 += amount } }
    func decrement(by amount: Double) { self.value.withLock { $0 -= amount } }

    func samples(labels: [(String, String)]) -> [MetricFamily.Sample] {
        [.init(labels: labels, value: self.value.withLock { $0 })]
    }
}

/// Counts measurements into fixed buckets; timers measure in seconds.
final class HistogramInstrument: Instrument, TimerHandler, RecorderHandler {
    private static let bounds: [Double] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    private struct Counts {
        var buckets = [Int](repeating: 0, count: HistogramInstrument.bounds.count)
        var count = 0
        var sum = 0.0
    }

    private let counts = Mutex(Counts())

    func recordNanoseconds(_ duration: Int64) { self.record(Double(duration) / 1e9) }
    func record(_ value: Int64) { self.record(Double(value)) }

    func record(_ value: Double) {
        self.counts.withLock { counts in
            if let bucket = Self.bounds.firstIndex(where: { value <= $0 }) { counts.buckets[bucket] += 1 }
            counts.count += 1
            counts.sum += value
        }
    }

    func samples(labels: [(String, String)]) -> [MetricFamily.Sample] {
        let counts = self.counts.withLock { $0 }
        var samples: [MetricFamily.Sample] = []
        var upTo = 0
        for (bound, count) in zip(Self.bounds, counts.buckets) {
            upTo += count
            samples.append(
                .init(suffix: "_bucket", labels: labels + [("le", MetricsExporter.number(bound))], value: Double(upTo)))
        }
        samples.append(.init(suffix: "_bucket", labels: labels + [("le", "+Inf")], value: Double(counts.count)))
        samples.append(.init(suffix: "_sum", labels: labels, value: counts.sum))
        samples.append(.init(suffix: "_count", labels: labels, value: Double(counts.count)))
        return samples
    }
}
