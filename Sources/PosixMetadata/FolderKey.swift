package import ObjectStorage

/// A folder of the mount, as what the keys below it begin with.
///
/// Folders that components of keys go on in (`%@more-…`, docs/NAMES.md) are prefixes that end within a component.
package struct FolderKey: Hashable, Sendable {
    /// What the keys below begin with: empty at the top of a bucket, else it ends in `/` unless `isContinuation`.
    package let prefix: Key
    /// How many bytes at the end of `prefix` belong to a component that goes on below; 0 for every other folder.
    package let openBytes: Int

    package init(prefix: Key, openBytes: Int = 0) {
        self.prefix = prefix
        self.openBytes = openBytes
    }

    /// No folder of the bucket but a part of a long name: it has no key of its own, is there whenever it is asked for, and
    /// is listed where a key needs it.
    package var isContinuation: Bool { openBytes > 0 }

    /// The zero-byte key that keeps the folder when it is empty; nil where no such key can be.
    package var marker: Key? {
        guard !isContinuation, prefix.bytes.last == slash else { return nil }
        return prefix
    }

    /// The folder's component with everything before it: where the component that goes on begins.
    var open: ArraySlice<UInt8> { prefix.bytes.suffix(openBytes) }
}

let slash = UInt8(ascii: "/")
