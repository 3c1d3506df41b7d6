import Credentials
import FileSystemTypes
import Synchronization

/// A clock that moves only when it is told to, or when someone sleeps.
final class ManualTime: Sendable {
    private let moment = Mutex<Int64>(1_780_000_000)
    private let slept = Mutex<[Duration]>([])

    var now: Int64 { moment.withLock { $0 } }
    var sleeps: [Duration] { slept.withLock { $0 } }

    func advance(_ seconds: Int64) {
        moment.withLock { $0 += seconds }
    }

    var time: CredentialsTime {
        CredentialsTime(
            now: { Timestamp(seconds: self.now) },
            sleep: { duration in self.slept.withLock { $0.append(duration) } },
            chance: { 0.5 })
    }

    /// As the services write it.
    func iso8601(after seconds: Int64) -> String {
        let civil = CivilTime(Timestamp(seconds: now + seconds))
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(civil.year)-\(two(civil.month))-\(two(civil.day))T\(two(civil.hour)):\(two(civil.minute)):\(two(civil.second))Z"
    }
}
