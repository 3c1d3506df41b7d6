import Glibc

/// A moment of UNIX time.
package struct Timestamp: Hashable, Sendable {
    package let seconds: Int64
    /// 0 ..< 1,000,000,000
    package let nanoseconds: Int32

    package init(seconds: Int64, nanoseconds: Int32 = 0) {
        precondition((0..<1_000_000_000).contains(nanoseconds), "nanoseconds out of range")
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// The wall clock (clock_gettime(2), `CLOCK_REALTIME`).
    package static var now: Timestamp {
        var value = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &value)
        return Timestamp(seconds: Int64(value.tv_sec), nanoseconds: Int32(value.tv_nsec))
    }
}

extension Timestamp: Comparable {
    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
}
