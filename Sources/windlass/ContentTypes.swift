import FileSystemTypes
import PosixMetadata

/// The media type of a file by its name, as the mount has it.
enum ContentTypes {
    static func ofPath(_ path: String) -> String {
        let last = path.split(separator: "/").last.map(String.init) ?? ""
        guard let name = FileName(Array(last.utf8)) else { return ContentType.unknown }
        return ContentType.guess(.regular, name: name)
    }
}
