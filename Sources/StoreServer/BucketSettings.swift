import Foundation
import Synchronization

/// What was set on a bucket besides its objects: names and values in one small file, which outlive a restart.
///
/// A name belongs to whoever uses it; documents of any kind are kept as text.
final class BucketSettings: Sendable {
    private let path: String
    private let values: Mutex<[String: String]>

    /// Takes what is in the file; none where there is no file or it is damaged.
    init(path: String) {
        self.path = path
        let bytes = (try? SystemFile.readAll(path)) ?? []
        values = Mutex((try? JSONDecoder().decode([String: String].self, from: Data(bytes))) ?? [:])
    }

    subscript(_ name: String) -> String? { values.withLock { $0[name] } }

    var all: [String: String] { values.withLock { $0 } }

    /// Changes them, in the file before anybody sees it.
    func change(_ body: (inout [String: String]) -> Void) throws {
        try values.withLock { values in
            var changed = values
            body(&changed)
            if changed == values { return }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            let draft = path + ".draft"
            try SystemFolder.unlink(draft)
            try SystemFile.create(draft).write(Array(encoder.encode(changed)))
            try SystemFolder.rename(draft, to: path)
            values = changed
        }
    }
}
