/// The name of an extended attribute, with its namespace (xattr(7)): bytes, not text.
package struct AttributeName: Hashable, Sendable {
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The longest name, with its namespace, in bytes (`XATTR_NAME_MAX`, linux/limits.h).
    package static let maximumBytes = 255

    /// What is before the first point decides who keeps the attribute and who may see it.
    package enum Namespace: Hashable, Sendable {
        /// Anyone's, on files and folders.
        case user
        /// The administrator's.
        case trusted
        case accessList
        case defaultAccessList
        /// What this project shows of the object.
        case windlass
        /// Not kept: ENOTSUP.
        case other
    }

    package var namespace: Namespace {
        if self == .accessList { return .accessList }
        if self == .defaultAccessList { return .defaultAccessList }
        if hasPrefix("user.") { return .user }
        if hasPrefix("trusted.") { return .trusted }
        return hasPrefix("windlass.") ? .windlass : .other
    }

    /// True with at least one byte after the prefix.
    private func hasPrefix(_ prefix: String) -> Bool {
        bytes.starts(with: prefix.utf8) && bytes.count > prefix.utf8.count
    }

    package static let accessList: AttributeName = "system.posix_acl_access"
    package static let defaultAccessList: AttributeName = "system.posix_acl_default"
}

extension AttributeName: Comparable {
    package static func < (left: AttributeName, right: AttributeName) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}

extension AttributeName: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) {
        bytes = Array(value.utf8)
    }
}

extension AttributeName: CustomStringConvertible {
    /// For messages only: bytes that are not UTF-8 show as U+FFFD.
    package var description: String {
        String(decoding: bytes, as: UTF8.self)
    }
}
