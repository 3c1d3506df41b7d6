package import FileSystemTypes

extension ExtendedAttributeName {
    /// What is before the first point decides who keeps the attribute and who may see it.
    package enum Namespace: Hashable, Sendable {
        /// Anyone's, on files and folders.
        case user
        /// The administrator's.
        case trusted
        /// `system.posix_acl_access`
        case accessList
        /// `system.posix_acl_default`
        case defaultAccessList
        /// What this project shows of the object.
        case windlass
        /// Not kept: ENOTSUP.
        case other
    }

    package var namespace: Namespace {
        if bytes == Self.accessListBytes { return .accessList }
        if bytes == Self.defaultAccessListBytes { return .defaultAccessList }
        if isWithin("user.") { return .user }
        if isWithin("trusted.") { return .trusted }
        return isWithin("windlass.") ? .windlass : .other
    }

    /// True with at least one byte after the namespace.
    private func isWithin(_ namespace: String) -> Bool {
        isIn(namespace) && bytes.count > namespace.utf8.count
    }

    private static let accessListBytes = Array("system.posix_acl_access".utf8)
    private static let defaultAccessListBytes = Array("system.posix_acl_default".utf8)
}
