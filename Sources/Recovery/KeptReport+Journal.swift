internal import Content
internal import FileSystemTypes
internal import ObjectStorage
package import Reports
package import Staging

extension Recovered.File {
    var shownKey: String { String(escaping: record.key.bytes) }
}

extension KeptReport {
    init(_ file: Recovered.File) {
        let size = file.content.flatMap { try? ExtentMap(decoding: $0.extents).size }
        self.init(key: file.shownKey, state: State(file), bytes: size, since: file.record.began.seconds, why: Self.why(file))
    }

    /// Nil for an intent that is no deletion.
    init?(_ intent: Intent) {
        guard case .delete(let key, _) = intent.action else { return nil }
        self.init(
            key: String(escaping: key.bytes), state: .deletion, bytes: nil, since: 0, why: "deleted here, and the store has not been told yet")
    }

    package init(_ copy: ConflictCopy) {
        let place = String(escaping: copy.copy.bytes)
        self.init(
            key: String(escaping: copy.key.bytes), state: .copied, bytes: nil, since: copy.moment.seconds,
            why: "changed by somebody else; what was written here is \(place)", copy: place)
    }

    private static func why(_ file: Recovered.File) -> String {
        guard file.content != nil else { return "only parts of it were sent, and nothing of it was acknowledged" }
        return switch file.record.state {
        case .writing, .closed: "not uploaded yet"
        case .uploading: "its upload had begun"
        case .failed(let reason): reason
        case .conflict(let found): conflict(file.record.base, found)
        }
    }

    private static func conflict(_ base: BaseVersion, _ found: ETag?) -> String {
        let before =
            switch base {
            case .new: "a new file here"
            case .existing(let etag, _): "based on version \(etag?.text ?? "without a name")"
            }
        return "\(before); the store has " + (found.map { "version \($0.text)" } ?? "another version, or none")
    }
}

extension KeptReport.State {
    fileprivate init(_ file: Recovered.File) {
        switch file.record.state {
        case .writing, .closed, .uploading: self = .waiting
        case .conflict: self = .conflict
        case .failed: self = .failed
        }
    }
}
