package import Metrics
import Synchronization

/// Every metric of the process, kept in memory until somebody asks for `/metrics`.
///
/// What is asked for twice under one name and one set of labels is one metric; nothing is ever forgotten, so labels
/// have to come from small sets: route patterns, status codes, states.
package final class MetricsRegistry: MetricsFactory {
    private struct Family {
        var kind: MetricFamily.Kind
        var series: [[String]: Series] = [:]
    }

    private struct Series {
        var labels: [(String, String)]
        var instrument: any Instrument
    }

    private let families = Mutex<[String: Family]>([:])

    package init() {}

    /// What is known now, by name, each family's series in the order of their labels.
    package var snapshot: [MetricFamily] {
        self.families.withLock { families in
            families.sorted { $0.key < $1.key }.map { name, family in
                let series = family.series.sorted { $0.key.lexicographicallyPrecedes($1.key) }
                return MetricFamily(
                    name: name, kind: family.kind,
                    samples: series.flatMap { $0.value.instrument.samples(labels: $0.value.labels) })
            }
        }
    }

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        self.instrument(label, dimensions, .counter) { CounterInstrument() }
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        self.instrument(label, dimensions, .gauge) { GaugeInstrument() }
    }

    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        if aggregate { return self.instrument(label, dimensions, .histogram) { HistogramInstrument() } }
        return self.instrument(label, dimensions, .gauge) { GaugeInstrument() }
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        self.instrument(label, dimensions, .histogram) { HistogramInstrument() }
    }

    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}

    /// The instrument under a name and labels.
    ///
    /// A name that is of another kind already gets one that nobody sees.
    private func instrument<Wanted: Instrument>(
        _ label: String, _ dimensions: [(String, String)], _ kind: MetricFamily.Kind, _ make: () -> Wanted
    ) -> Wanted {
        let name = MetricFamily.name(label, kind: kind)
        let labels = dimensions.sorted { $0.0 < $1.0 }
        let key = labels.flatMap { [$0.0, $0.1] }
        return self.families.withLock { families in
            var family = families[name] ?? Family(kind: kind)
            guard family.kind == kind else { return make() }
            if let present = family.series[key]?.instrument as? Wanted { return present }
            let instrument = make()
            family.series[key] = Series(labels: labels, instrument: instrument)
            families[name] = family
            return instrument
        }
    }
}

/// One name with all its series.
package struct MetricFamily: Sendable {
    package enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    /// One line of the text format.
    package struct Sample: Sendable {
        package var suffix = ""
        package var labels: [(String, String)]
        package var value: Double
    }

    package var name: String
    package var kind: Kind
    package var samples: [Sample]

    /// A name as Prometheus takes it: other characters become underscores, and counters end in `_total`.
    ///
    /// The driver's names become ours.
    static func name(_ label: String, kind: Kind) -> String {
        let label = label.hasPrefix("postgres_pool_") ? "huifang_db_pool_" + label.dropFirst(14) : label
        var name = String(label.map { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_" || $0 == ":" ? $0 : "_" })
        if name.first?.isNumber ?? true { name = "_" + name }
        if kind == .counter, !name.hasSuffix("_total") { name += "_total" }
        return name
    }
}
