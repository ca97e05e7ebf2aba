/// Writes metrics in Prometheus's text format, version 0.0.4.
package enum MetricsExporter {
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// One block of HELP, TYPE and samples per family.
    package static func text(_ families: [MetricFamily]) -> String {
        var text = ""
        for family in families {
            text +=
                "# HELP \(family.name) \(MetricNames.help(for: family.name))\n# TYPE \(family.name) \(family.kind.rawValue)\n"
            for sample in family.samples {
                text +=
                    family.name + sample.suffix + Self.labels(sample.labels) + " " + Self.number(sample.value) + "\n"
            }
        }
        return text
    }

    static func number(_ value: Double) -> String {
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        if let whole = Int64(exactly: value) { return String(whole) }
        return value.isNaN ? "NaN" : value.description
    }

    private static func labels(_ labels: [(String, String)]) -> String {
        guard !labels.isEmpty else { return "" }
        let pairs = labels.map { name, value in
            let escaped = value.flatMap { character -> [Character] in
                switch character {
                case "\\": ["\\", "\\"]
                case "\"": ["\\", "\""]
                case "\n": ["\\", "n"]
                default: [character]
                }
            }
            return "\(name)=\"\(String(escaped))\""
        }
        return "{" + pairs.joined(separator: ",") + "}"
    }
}
