import Reports
import Requests

extension MountStatus.Requests {
    init(_ figures: RequestFigures) {
        self.init(
            limit: Int(figures.limit.rounded(.up)), underWay: figures.inFlight, waiting: figures.waiting, sent: figures.counters.sent,
            throttled: figures.counters.throttled, hedged: figures.counters.hedged, hedgesWon: figures.counters.hedgesWon,
            merged: figures.counters.merged)
        retried = figures.counters.retried
        errors = figures.counters.errors
        kinds = figures.kinds.map { RequestReport($0) }
    }
}

extension RequestReport {
    init(_ figures: RequestKindFigures) {
        let tally = figures.tally
        var sum = 0
        let within = zip(RequestTally.bounds, tally.buckets).map { seconds, count in
            sum += count
            return Bound(seconds: seconds, count: sum)
        }
        let latency =
            figures.quantiles.count == 3
            ? Latency(half: figures.quantiles[0], ninety: figures.quantiles[1], ninetyNine: figures.quantiles[2]) : nil
        self.init(
            kind: figures.kind.name, sent: tally.sent, answered: tally.answered, failed: tally.failed, throttled: tally.throttled,
            seconds: tally.seconds, within: within, latency: latency)
    }
}
