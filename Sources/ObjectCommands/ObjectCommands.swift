package import ObjectStorage
package import RemoteStore

/// What can be done with the objects of one bucket: one way for all dialects. Each group of verbs has a file of its own.
package struct ObjectCommands: Sendable {
    package let objects: RemoteObjects

    package init(_ objects: RemoteObjects) {
        self.objects = objects
    }

    package var dialect: Dialect { objects.dialect }

    func header(_ name: String) -> String { dialect.ownHeader(name) }

    /// Everything that the store says of one version of an object (HEAD).
    package func stat(_ key: Key, _ wish: ReadWish) async throws(StoreError) -> ObjectAnswer {
        try await objects.send(try wish.call("HEAD", key, dialect))
    }

    static func invalid(_ message: String) -> StoreError { StoreError(.invalidRequest, message) }
}

/// Which bytes of an object are wanted, under which conditions, and how they are to be answered.
package struct ReadWish: Sendable {
    package var version: String?
    /// `0-99`, `100-` or `-50`, as RFC 9110 has it without the unit.
    package var range: String?
    package var ifMatch: String?
    package var ifNoneMatch: String?
    /// HTTP dates.
    package var ifModifiedSince: String?
    package var ifUnmodifiedSince: String?
    /// Headers of the answer instead of the object's own, by their names in lower case, e.g. `content-type`.
    package var overrides: [(name: String, value: String)] = []
    /// What OBS is to make of an image, e.g. `image/resize,w_100`.
    package var process: String?

    package init() {}

    func call(_ method: String, _ key: Key, _ dialect: Dialect) throws(StoreError) -> ObjectCall {
        var call = ObjectCall(method, key, .reads)
        if let version { call.ask("versionId", version) }
        if let process {
            try ObjectFeature.imageProcessing.check(dialect)
            call.ask("x-image-process", process)
        }
        for item in overrides { call.ask("response-\(item.name)", item.value) }
        if let range { call.say("Range", "bytes=\(try Self.checked(range))") }
        call.say("If-Match", ifMatch.map { ETag($0).quoted })
        call.say("If-None-Match", ifNoneMatch.map { ETag($0).quoted })
        call.say("If-Modified-Since", ifModifiedSince)
        call.say("If-Unmodified-Since", ifUnmodifiedSince)
        return call
    }

    private static func checked(_ range: String) throws(StoreError) -> String {
        let ends = range.split(separator: "-", omittingEmptySubsequences: false)
        let isGood = ends.count == 2 && ends.allSatisfy { $0.isEmpty || Int64($0) != nil } && !(ends[0].isEmpty && ends[1].isEmpty)
        guard isGood else { throw ObjectCommands.invalid("a range is written as FIRST-LAST, FIRST- or -COUNT, in bytes from 0 on") }
        return range
    }
}
