import FileSystemTypes
import Foundation
import Transfers

/// One event as a line of JSON.
struct EventLine: Encodable {
    var event: String
    var time = Timestamp.now.iso8601
    var job: String?
    var source: String?
    var target: String?
    var path: String?
    /// The bytes of a path that is no text, in Base64.
    var pathBytes: Data?
    var bytes: Int64?
    var done: Int64?
    var text: String?
    var status: String?
    var files: Int?
    var unchanged: Int?
    var deleted: Int?
    var failed: Int?
    var seconds: Double?

    init(_ event: String) {
        self.event = event
    }

    init(_ event: TransferEvent) {
        switch event {
        case .queued(let path, let bytes): self.init("queued", path, bytes: bytes)
        case .progress(let path, let done, let bytes): self.init("progress", path, bytes: bytes, done: done)
        case .done(let path, let bytes): self.init("done", path, bytes: bytes)
        case .unchanged(let path): self.init("unchanged", path)
        case .failed(let path, let error): self.init(error.kind == .conflict ? "refused" : "failed", path, text: error.message)
        case .note(let path, let text): self.init("skipped", path, text: text)
        case .deleted(let path): self.init("deleted", path)
        case .wouldCopy(let path, let bytes): self.init("would-copy", path, bytes: bytes)
        case .wouldDelete(let path): self.init("would-delete", path)
        }
    }

    private init(_ event: String, _ path: RelativePath, bytes: Int64? = nil, done: Int64? = nil, text: String? = nil) {
        self.event = event
        self.path = path.description
        if String(validating: path.bytes, as: UTF8.self) == nil { pathBytes = Data(path.bytes) }
        (self.bytes, self.done, self.text) = (bytes, done, text)
    }

    /// Without a line break.
    var line: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}
