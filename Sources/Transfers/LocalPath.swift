internal import Glibc

/// A path of this machine, in bytes: names need not be UTF-8.
package struct LocalPath: Hashable, Sendable {
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    package init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// Something below this folder; the path itself where `relative` is empty.
    package func appending(_ relative: RelativePath) -> LocalPath {
        if relative.isEmpty { return self }
        return LocalPath(bytes.last == RelativePath.slash ? bytes + relative.bytes : bytes + [RelativePath.slash] + relative.bytes)
    }

    /// The folder that it is in.
    package var parent: LocalPath {
        guard let slash = bytes.lastIndex(of: RelativePath.slash) else { return LocalPath(".") }
        return LocalPath(slash == 0 ? [RelativePath.slash] : Array(bytes[..<slash]))
    }

    /// As C has it.
    var characters: [CChar] { bytes.map { CChar(bitPattern: $0) } + [0] }
}

extension LocalPath: CustomStringConvertible {
    package var description: String { String(decoding: bytes, as: UTF8.self) }
}
