import ArgumentParser
import Foundation
import UserFiles

/// Where something is: on this machine, or in a bucket where it is written as a URL.
enum Place: ExpressibleByArgument {
    case local(String)
    case remote(ObjectAddress)

    init?(argument: String) {
        guard ObjectAddress.isURL(argument) else {
            guard !argument.isEmpty else { return nil }
            self = .local(argument)
            return
        }
        guard let address = ObjectAddress(argument: argument) else { return nil }
        self = .remote(address)
    }
}

/// Files of this machine as keys name them.
enum LocalFolder {
    /// The plain files below, by their paths relative to it; what is behind symbolic links to folders is left out.
    static func files(below folder: String) throws -> [String] {
        guard let walk = FileManager.default.enumerator(atPath: folder) else { throw Failure("cannot read the folder \(folder)") }
        var files: [String] = []
        while let path = walk.nextObject() as? String {
            if let facts = try? FileFacts.at("\(folder)/\(path)"), facts.isPlainFile { files.append(path) }
        }
        return files.sorted()
    }

    /// Where the rest of a key lies below a folder; nil for what would be no file, or lie outside.
    static func path(_ rest: String, below folder: String) -> String? {
        let parts = rest.split(separator: "/", omittingEmptySubsequences: false)
        guard !rest.isEmpty, parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." && !$0.contains("\0") }) else { return nil }
        return ([folder] + parts.map(String.init)).joined(separator: "/")
    }

    static func makeParents(of path: String) throws {
        let parent = (path as NSString).deletingLastPathComponent
        guard !parent.isEmpty else { return }
        do {
            try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        } catch {
            throw Failure("cannot make the folder \(parent): \(error.localizedDescription)")
        }
    }

    static func isFolder(_ path: String) -> Bool {
        (try? FileFacts.at(path))?.isFolder ?? false
    }
}
