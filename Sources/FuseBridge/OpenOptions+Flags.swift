import FileSystemTypes
import Glibc

extension OpenOptions {
    /// The flags of open(2), as far as the kernel passes them on.
    init(flags: Int32) {
        let mode: Mode =
            switch flags & O_ACCMODE {
            case O_WRONLY: .writeOnly
            case O_RDWR: .readWrite
            default: .readOnly
            }
        self.init(
            mode: mode, append: flags & O_APPEND != 0, truncate: flags & O_TRUNC != 0, exclusive: flags & O_EXCL != 0,
            direct: flags & __O_DIRECT != 0, durability: Durability(flags: flags))
    }
}

extension OpenOptions.Durability {
    /// `O_SYNC` includes the bit of `O_DSYNC`.
    fileprivate init(flags: Int32) {
        switch flags & O_SYNC {
        case 0: self = .none
        case O_SYNC: self = .dataAndAttributes
        default: self = .data
        }
    }
}

extension RenameMode {
    /// Throws EINVAL for flags that renameat2(2) knows and a `FileSystem` does not (`RENAME_WHITEOUT`).
    init(flags: UInt32) throws(Errno) {
        switch flags {
        case 0: self = .replace
        case 1: self = .failIfExists  // RENAME_NOREPLACE
        case 2: self = .exchange  // RENAME_EXCHANGE
        default: throw .invalidArgument
        }
    }
}

extension FileName {
    /// A name as the kernel hands it over: ENAMETOOLONG over 255 bytes, EINVAL for what is no name.
    init(_ text: UnsafePointer<CChar>) throws(Errno) {
        let count = unsafe strlen(text)
        guard count <= Self.maximumBytes else { throw .nameTooLong }
        let bytes = unsafe [UInt8](UnsafeRawBufferPointer(start: text, count: count))
        guard let name = FileName(bytes) else { throw .invalidArgument }
        self = name
    }
}
