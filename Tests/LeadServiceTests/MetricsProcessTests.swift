import LeadService
import Testing

/// What Prometheus finds at a process that has just begun.
@Suite struct MetricsProcessTests {
    @Test func `what alerts look for an increase of is there with a zero before anything happens`() async throws {
        try await withInstallation { place in
            let server = try await place.start()
            var wanted: Set<String> = []
            for state in ["raised", "stopped"] {
                wanted.insert(#"huifang_send_breaker_trips_total{to="\#(state)"} 0"#)
            }
            for percent in [50, 80, 100] {
                wanted.insert(#"huifang_send_budget_alarms_total{budget="all_day",percent="\#(percent)"} 0"#)
            }
            for outcome in ["config_bad", "no_funds", "account_throttled"] {
                wanted.insert(
                    #"huifang_sms_attempts_total{gateway="webhook",operator="mobile",outcome="\#(outcome)"} 0"#)
            }
            let expected = wanted
            let isThere = try await eventually(within: .seconds(30)) {
                let lines = Set(try await server.operations("/metrics").text.split(separator: "\n").map(String.init))
                return lines.isSuperset(of: expected)
            }
            #expect(isThere)
            // A budget that is set while it runs has its zeros as well.
            try await place.rows(
                """
                INSERT INTO settings (key, value, effective_at, changed_by, changed_at)
                VALUES ('sends_per_site_per_hour', '1000', '2026-01-01', 'test', '2026-01-01')
                """)
            let isAdded = try await eventually(within: .seconds(30)) {
                try await server.operations("/metrics").text.contains(
                    #"huifang_send_budget_alarms_total{budget="site_hour",percent="80",site="default"} 0"#)
            }
            #expect(isAdded)
            #expect(try await server.terminate() == 0)
        }
    }
}
