import ArgumentParser
import ObjectCommands

/// Which version is meant, and under which conditions.
struct VersionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("This version of it.", valueName: "id")) var versionId: String?
    @Option(help: ArgumentHelp("Only if its ETag is this.", valueName: "etag")) var ifMatch: String?
    @Option(help: ArgumentHelp("Only if its ETag is another.", valueName: "etag")) var ifNoneMatch: String?
    @Option(help: ArgumentHelp("Only if it was changed since, e.g. 'Sat, 14 Mar 2026 09:26:53 GMT'.", valueName: "date")) var ifModifiedSince: String?
    @Option(help: ArgumentHelp("Only if it was not.", valueName: "date")) var ifUnmodifiedSince: String?

    var wish: ReadWish {
        var wish = ReadWish()
        wish.version = versionId
        wish.ifMatch = ifMatch
        wish.ifNoneMatch = ifNoneMatch
        wish.ifModifiedSince = ifModifiedSince
        wish.ifUnmodifiedSince = ifUnmodifiedSince
        return wish
    }
}

/// Which bytes are answered, and how.
struct AnswerOptions: ParsableArguments {
    @Option(help: ArgumentHelp("These bytes: FIRST-LAST, FIRST- or -COUNT.", valueName: "bytes")) var range: String?
    @Option(
        name: .customLong("response"),
        help: ArgumentHelp("A header of the answer instead of the object's own, e.g. content-type=text/plain.", valueName: "name=value"))
    var overrides: [NamedText] = []
    @Option(name: .customLong("image-process"), help: ArgumentHelp("OBS: what becomes of an image, e.g. image/resize,w_100.", valueName: "steps"))
    var process: String?

    func add(to wish: inout ReadWish) {
        wish.range = range
        wish.overrides = overrides.map { ($0.name.lowercased(), $0.value) }
        wish.process = process
    }

    func validate() throws {
        let known = ["content-type", "cache-control", "content-disposition", "content-encoding", "content-language", "expires"]
        guard overrides.allSatisfy({ known.contains($0.name.lowercased()) }) else {
            throw ValidationError("--response takes \(known.joined(separator: ", "))")
        }
    }
}
