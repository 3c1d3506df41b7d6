import Requests
import Testing

@Suite struct LatencyRecordTests {
    private func record(_ latencies: [Duration], of kind: RequestKind = .head) -> LatencyRecord {
        var record = LatencyRecord()
        for latency in latencies { record.add(latency, of: kind) }
        return record
    }

    @Test(.timeLimit(.minutes(1))) func tellsQuantiles() {
        let record = record((1...320).map { .milliseconds($0) })
        // Looked up again after every 16 requests only.
        #expect(abs((record.quantile(0.5, of: .head)?.seconds ?? 0) - 0.160) < 0.009)
        #expect(abs((record.quantile(0.99, of: .head)?.seconds ?? 0) - 0.317) < 0.017)
        #expect(record.quantile(0.5, of: .list) == nil)
    }

    @Test(.timeLimit(.minutes(1))) func forgetsWhatIsLongAgo() {
        let latencies = [Duration](repeating: .seconds(9), count: 1000) + [Duration](repeating: .milliseconds(1), count: LatencyRecord.capacity + 16)
        let record = record(latencies)
        #expect(record.count(of: .head) == LatencyRecord.capacity)
        #expect((record.quantile(1, of: .head) ?? .seconds(1)) < .milliseconds(2))
    }

    @Test(.timeLimit(.minutes(1))) func leavesFewStragglersOut() {
        let ordinary = (0..<400).map { Duration.milliseconds(10 + $0 % 10) }
        let few = record(ordinary + [Duration](repeating: .seconds(2), count: 32))
        #expect(few.quantile(0.99, of: .head) == .seconds(2))
        #expect((few.ordinaryP99(of: .head) ?? .zero) < .milliseconds(20))
        // A fifth of all requests is no exception any more.
        let many = record(ordinary + [Duration](repeating: .seconds(2), count: 112))
        #expect(many.ordinaryP99(of: .head) == .seconds(2))
    }
}
