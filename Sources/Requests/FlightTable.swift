internal import FileSystemTypes
internal import ObjectStorage
internal import Synchronization

/// What is asked; equal questions have equal answers.
enum StoreQuestion: Hashable, Sendable {
    case head(Key, ReadConditions)
    case get(Key, ByteRange?, ReadConditions)
    case list(ListRequest)

    var call: StoreCall {
        switch self {
        case .head: .asking(.head)
        case .get(_, let range, _): .asking(.get(range?.count))
        case .list: .asking(.list)
        }
    }

    /// Whether writing `key`, or all below it if it is a folder's, may change the answer.
    func isTouched(by key: Key) -> Bool {
        let isFolder = key.bytes.last == UInt8(ascii: "/")
        switch self {
        case .head(let own, _), .get(let own, _, _): return own == key || isFolder && own.bytes.starts(with: key.bytes)
        case .list(let request):
            return key.bytes.starts(with: request.prefix.bytes) || isFolder && request.prefix.bytes.starts(with: key.bytes)
        }
    }
}

/// The questions that have been asked and not been answered.
final class FlightTable: Sendable {
    private let flights = Mutex<[StoreQuestion: Flight<MergedAnswer>]>([:])

    /// The flight of a question, a new one if there is none to join.
    func flight(of question: StoreQuestion, _ requestClass: RequestClass) -> (flight: Flight<MergedAnswer>, member: Int, isNew: Bool) {
        flights.withLock { flights in
            if let flight = flights[question], let member = flight.join() { return (flight, member, false) }
            let flight = Flight<MergedAnswer>(requestClass)
            flights[question] = flight
            // Nobody else knows of it yet, so it can be joined.
            return (flight, flight.join() ?? 0, true)
        }
    }

    /// Nobody joins this one any more.
    func remove(_ flight: Flight<MergedAnswer>, of question: StoreQuestion) {
        flights.withLock { flights in
            if flights[question] === flight { flights[question] = nil }
        }
    }

    /// The keys have been written: who asks from now on must not get what was so before.
    func written(_ keys: [Key]) {
        guard !keys.isEmpty else { return }
        flights.withLock { flights in
            for question in flights.keys where keys.contains(where: { question.isTouched(by: $0) }) { flights[question] = nil }
        }
    }
}
