package import FileSystemTypes
internal import Glibc

/// The number that stat(2) has for type and permissions, and how tools write it into metadata.
package struct FileMode: Hashable, Sendable {
    /// `st_mode`: type and twelve permission bits; without a type where a tool left it out.
    package let bits: UInt32

    /// Nil for a type that there is not, and for more than sixteen bits.
    package init?(bits: UInt32) {
        guard bits <= 0o177777, bits & Self.typeMask == 0 || Self.kind(bits) != nil else { return nil }
        self.bits = bits
    }

    package init(_ kind: FileKind, _ permissions: UInt16) {
        bits = Self.typeBits(kind) | UInt32(permissions & 0o7777)
    }

    package var kind: FileKind? { Self.kind(bits) }
    package var permissions: UInt16 { UInt16(bits & 0o7777) }

    private static let typeMask = UInt32(S_IFMT)

    private static func typeBits(_ kind: FileKind) -> UInt32 {
        switch kind {
        case .regular: UInt32(S_IFREG)
        case .directory: UInt32(S_IFDIR)
        case .symbolicLink: UInt32(S_IFLNK)
        case .fifo: UInt32(S_IFIFO)
        case .socket: UInt32(S_IFSOCK)
        case .characterDevice: UInt32(S_IFCHR)
        case .blockDevice: UInt32(S_IFBLK)
        }
    }

    private static let kinds: [FileKind] = [.regular, .directory, .symbolicLink, .fifo, .socket, .characterDevice, .blockDevice]

    private static func kind(_ bits: UInt32) -> FileKind? {
        kinds.first { typeBits($0) == bits & typeMask }
    }
}

extension FileMode {
    /// How a mode is written.
    enum Form: Hashable, Sendable {
        /// s3fs: decimal with type. Others write octal under the same name.
        case ambiguous
        /// Decimal, perhaps without type; with a leading zero it is octal.
        case decimal
        /// Octal, with or without type and leading zero.
        case octal
        /// Octal with type and a leading zero.
        case typedOctal
    }

    /// The mode and whether it was written in octal; nil for anything that is none.
    ///
    /// `mode` is decimal in s3fs and octal without a leading zero in rclone. A leading zero means octal; else decimal if that names a
    /// type, and octal if not. No octal mode of a regular file is the decimal mode of anything; the octal ones of folders with special bits
    /// read as decimal symbolic links, which the folder's key settles.
    static func read(_ text: String, _ form: Form, isFolder: Bool) -> (mode: FileMode, isOctal: Bool)? {
        let octal = number(text, radix: 8).flatMap(FileMode.init(bits:))
        let decimal = text.hasPrefix("0") && text != "0" ? nil : number(text, radix: 10).flatMap(FileMode.init(bits:))
        switch form {
        case .octal, .typedOctal: return octal.map { ($0, true) }
        case .decimal: return decimal.map { ($0, false) } ?? octal.map { ($0, true) }
        case .ambiguous:
            if let decimal, let kind = decimal.kind, !isFolder || kind == .directory || octal?.kind != .directory { return (decimal, false) }
            return octal.map { ($0, true) } ?? decimal.map { ($0, false) }
        }
    }

    func text(_ form: Form) -> String {
        switch form {
        case .ambiguous, .decimal: String(bits)
        case .octal: String(bits, radix: 8)
        case .typedOctal: "0" + String(bits, radix: 8)
        }
    }

    /// Digits only: `UInt32("+1")` would be a number too.
    private static func number(_ text: String, radix: Int) -> UInt32? {
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return UInt32(text, radix: radix)
    }
}
