import Metrics
import Reports
import Testing

@Suite("Metrics", .timeLimit(.minutes(1)))
struct PrometheusTextTests {
    private var status: MountStatus {
        var status = MountStatus(
            mountPoint: "/mnt/\"a\\b\nc", endpoint: "https://s3.example.com", bucket: "photos", prefix: "2024/", process: 1, version: "1.0",
            isReadOnly: false, writesBack: true, since: 1_700_000_000, stateFolder: nil, memory: 1 << 20)
        status.files = [FileReport(key: "a", bytes: 10, phase: .retrying, age: 12.5, error: "refused")]
        var requests = MountStatus.Requests(limit: 8, underWay: 1, waiting: 0, sent: 5, throttled: 1, hedged: 0, hedgesWon: 0, merged: 2)
        requests.errors = ["timedOut": 3]
        requests.kinds = [
            RequestReport(
                kind: "head", sent: 5, answered: 4, failed: 1, throttled: 1, seconds: 0.25,
                within: [RequestReport.Bound(seconds: 0.1, count: 3), RequestReport.Bound(seconds: 1, count: 4)], latency: nil)
        ]
        status.requests = requests
        return status
    }

    @Test("labels are escaped, counts are whole numbers")
    func samples() {
        let lines = PrometheusText.text(status).split(separator: "\n").map(String.init)
        let mount = #"mount="/mnt/\"a\\b\nc""#
        #expect(lines.contains("windlass_start_time_seconds{\(mount)} 1700000000"))
        #expect(lines.contains("windlass_pending_oldest_seconds{\(mount)} 12.5"))
        #expect(lines.contains("windlass_failing_files{\(mount)} 1"))
        #expect(lines.contains(#"windlass_requests_total{\#(mount),kind="head"} 5"#))
        #expect(lines.contains(#"windlass_request_errors_total{\#(mount),reason="timedOut"} 3"#))
        #expect(lines.contains { $0.hasPrefix("windlass_info{") && $0.contains(#"bucket="photos""#) && $0.hasSuffix(" 1") })
    }

    @Test("a histogram counts up to its end, which is the number of answers")
    func histogram() {
        let lines = PrometheusText.text(status).split(separator: "\n").filter { $0.hasPrefix("windlass_request_duration_seconds_") }
        #expect(lines.map { $0.split(separator: " ").last.map(String.init) ?? "" } == ["3", "4", "4", "0.25", "4"])
        #expect(lines[2].contains(#"le="+Inf""#))
    }

    @Test("each name has its help and its type once, before its samples")
    func families() {
        var declared: Set<String> = []
        for line in PrometheusText.text(status).split(separator: "\n") {
            if line.hasPrefix("# HELP ") {
                let (inserted, _) = declared.insert(String(line.split(separator: " ")[2]))
                #expect(inserted, "\(line)")
            } else if !line.hasPrefix("#") {
                let name = line.prefix { $0 != "{" }
                #expect(declared.contains { family in ["", "_bucket", "_sum", "_count"].contains { name == family + $0 } }, "\(line)")
            }
        }
        #expect(declared.count > 15)
    }

    @Test(
        "where metrics go",
        arguments: [
            (":9400", MetricsPlace.address(host: "127.0.0.1", port: 9400)), ("[::1]:80", .address(host: "::1", port: 80)),
            ("localhost:0", .address(host: "localhost", port: 0)), ("/run/a.prom", .file("/run/a.prom")), ("./a.prom", .file("./a.prom")),
        ])
    func places(text: String, place: MetricsPlace) {
        #expect(MetricsPlace(text) == place)
    }

    @Test("what is no place", arguments: ["", "9400", "host", "host:", "host:99999", "::1:80", "[::1:80"])
    func noPlace(text: String) {
        #expect(MetricsPlace(text) == nil)
    }
}
