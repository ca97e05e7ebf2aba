/// Made-up arrangements of the State Council, as files.
enum Notices {
    /// A year with a day off for each statutory holiday, and further days.
    static func official(_ year: Int, off: [String], makeup: [String] = []) -> String {
        let holidays = [
            "01-01", "02-16", "02-17", "02-18", "04-05", "05-01", "06-09", "09-25", "10-01", "10-02", "10-03",
        ].map { "\(year)-\($0)" }
        func list(_ days: [String]) -> String { days.map { "\"\($0)\"" }.joined(separator: ",") }
        return
            #"{"years":{"\#(year)":{"status":"official","notice":"n","off_days":[\#(list(holidays + off))],"makeup_workdays":[\#(list(makeup))]}}}"#
    }
}
