import Reports
import Requests

extension MountStatus.Requests {
    init(_ figures: RequestFigures) {
        self.init(
            limit: Int(figures.limit.rounded(.up)), underWay: figures.inFlight, waiting: figures.waiting, sent: figures.counters.sent,
            throttled: figures.counters.throttled, hedged: figures.counters.hedged, hedgesWon: figures.counters.hedgesWon,
            merged: figures.counters.merged)
    }
}
