/// One component of a path: any bytes but `/` and NUL, and neither empty, `.` nor `..`.
///
/// Names are bytes, not text: the kernel hands over whatever a program wrote, valid UTF-8 or not.
package struct FileName: Hashable, Sendable {
    package let bytes: [UInt8]

    /// Nil when `bytes` cannot be one component of a path.
    package init?(_ bytes: [UInt8]) {
        let slash = UInt8(ascii: "/")
        let dot = UInt8(ascii: ".")
        guard !bytes.isEmpty, bytes != [dot], bytes != [dot, dot] else { return nil }
        guard !bytes.contains(where: { $0 == slash || $0 == 0 }) else { return nil }
        self.bytes = bytes
    }

    /// The longest name the kernel passes on, in bytes (`NAME_MAX`, limits.h).
    package static let maximumBytes = 255
}

extension FileName: Comparable {
    package static func < (left: FileName, right: FileName) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}

extension FileName: CustomStringConvertible {
    /// For messages only: bytes that are not UTF-8 show as U+FFFD.
    package var description: String {
        String(decoding: bytes, as: UTF8.self)
    }
}
