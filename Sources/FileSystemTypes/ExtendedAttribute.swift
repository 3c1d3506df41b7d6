/// The whole name of an extended attribute with its namespace, as `user.comment` (xattr(7)): 1 to 255 bytes, no NUL.
package struct ExtendedAttributeName: Hashable, Sendable {
    package let bytes: [UInt8]

    /// Nil when `bytes` cannot be the name of an attribute.
    package init?(_ bytes: [UInt8]) {
        guard (1...Self.maximumBytes).contains(bytes.count), !bytes.contains(0) else { return nil }
        self.bytes = bytes
    }

    package init?(_ text: String) {
        self.init(Array(text.utf8))
    }

    /// `XATTR_NAME_MAX` (limits.h)
    package static let maximumBytes = 255

    /// Whether the attribute is in `namespace`, as `user.`, with the dot.
    package func isIn(_ namespace: String) -> Bool {
        bytes.starts(with: namespace.utf8)
    }
}

extension ExtendedAttributeName: Comparable {
    package static func < (left: ExtendedAttributeName, right: ExtendedAttributeName) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}

extension ExtendedAttributeName: CustomStringConvertible {
    /// For messages only: bytes that are not UTF-8 show as U+FFFD.
    package var description: String {
        String(decoding: bytes, as: UTF8.self)
    }
}

/// The limits of Linux for extended attributes (limits.h); the bridge keeps to them whatever a file system says.
package enum ExtendedAttributeLimit {
    /// `XATTR_SIZE_MAX`: of one value, in bytes.
    package static let value = 1 << 16
    /// `XATTR_LIST_MAX`: of all names of a file together, each with its NUL, in bytes.
    package static let list = 1 << 16
}

/// How setxattr(2) treats an attribute that is, or is not, there already.
package enum ExtendedAttributeMode: Hashable, Sendable {
    case createOrReplace
    /// `Errno.exists` when it is there.
    case create
    /// `Errno.noData` when it is not.
    case replace
}
