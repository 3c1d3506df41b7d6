package import FileSystemTypes
package import ObjectStorage

/// Multipart uploads that were begun and neither completed nor aborted; their parts are paid for.
package struct UnfinishedUploads: Sendable {
    package let uploads: [Upload]

    /// Those below a prefix that are older than that; all of them without an age. One whose beginning the store does not tell has no age.
    package init(_ all: [Upload], olderThan age: Duration?, now: Timestamp) {
        guard let age else {
            uploads = all
            return
        }
        let limit = now.seconds - age.components.seconds
        uploads = all.filter { upload in upload.initiated.map { $0.seconds <= limit } ?? false }
    }

    /// `7d`, `12h`, `30m`, `90s`; nil for anything else.
    package static func age(_ text: String) -> Duration? {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604_800]
        guard let last = text.last, let unit = units[last], let number = Int64(text.dropLast()), number >= 0 else { return nil }
        let (seconds, isTooMuch) = number.multipliedReportingOverflow(by: unit)
        return isTooMuch ? nil : .seconds(seconds)
    }

    /// The oldest number of whole units, for a person.
    package static func text(ofAge seconds: Int64) -> String {
        for (unit, name) in [(86400, "d"), (3600, "h"), (60, "m")] as [(Int64, String)] where seconds >= unit { return "\(seconds / unit)\(name)" }
        return "\(max(0, seconds))s"
    }
}
