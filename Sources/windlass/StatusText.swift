import Foundation
import Reports

/// What `windlass status` prints.
enum StatusText {
    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func text(_ status: MountStatus) -> String {
        let bucket = status.prefix.isEmpty ? status.bucket : "\(status.bucket)/\(status.prefix)"
        let mode = status.isReadOnly ? "read-only" : status.writesBack ? "write-back" : "read and write"
        var lines = [
            status.mountPoint,
            "  bucket    \(bucket) at \(status.endpoint)" + (status.settings.map { " (\($0.dialect))" } ?? ""),
            "  process   \(status.process), version \(status.version), \(mode), for \(age(Double(max(0, Int64(Date.now.timeIntervalSince1970) - status.since)))), "
                + "\(size(status.memory)) of memory",
            "  files     \(status.openFiles) open; \(status.pending.files) to store, \(size(status.pending.bytes))",
        ]
        if let settings = status.settings { lines += text(settings) }
        if let staging = status.staging { lines.append("  staging   \(size(staging.used)) of \(size(staging.limit)) in \(status.stateFolder ?? "")") }
        if let journal = status.journal { lines.append("  journal   " + text(journal)) }
        if let budget = status.budget { lines.append("  memory    " + text(budget)) }
        if let cache = status.cache { lines.append("  cache     " + text(cache)) }
        if let requests = status.requests { lines += ["  requests  " + text(requests)] + table(requests).map { "            " + $0 } }
        lines += status.moves.map { "  renaming  " + text($0) }
        lines += files(status).map { "  " + $0 }
        lines += kept(status).map { "  " + $0 }
        lines += messages(status).map { "  " + $0 }
        return lines.joined(separator: "\n")
    }

    private static func text(_ journal: MountStatus.Journal) -> String {
        var parts = ["\(journal.waiting) waiting", "\(journal.conflicts) in conflict", "\(journal.failed) failed"]
        if journal.deletions > 0 { parts.append("\(journal.deletions) to delete") }
        if journal.conflictCopies > 0 { parts.append("\(journal.conflictCopies) stored beside another version") }
        return parts.joined(separator: ", ")
    }

    private static func text(_ move: MoveReport) -> String {
        let progress = move.total > 0 ? ", \(move.done * 100 / move.total) %" : ""
        return "\(move.from) to \(move.to)\(progress)" + (move.isStuck ? " (refused by the store; it is tried again)" : "")
    }

    private static func text(_ requests: MountStatus.Requests) -> String {
        var now = "\(requests.underWay) of \(requests.limit) at a time"
        if requests.waiting > 0 { now += ", \(requests.waiting) waiting" }
        var parts = ["\(requests.sent) sent"]
        if requests.merged > 0 { parts.append("\(requests.merged) saved") }
        if requests.retried > 0 { parts.append("\(requests.retried) sent again after a failure") }
        if requests.throttled > 0 { parts.append("\(requests.throttled) throttled") }
        if requests.hedged > 0 { parts.append("\(requests.hedged) sent twice for being slow, \(requests.hedgesWon) of them to good effect") }
        return now + "; " + parts.joined(separator: ", ")
    }

    private static func files(_ status: MountStatus) -> [String] {
        guard !status.files.isEmpty else { return [] }
        let rows = status.files.map { file in
            [file.phase.rawValue, size(file.bytes), progress(file), age(file.age), file.key + (file.error.map { "  (\($0))" } ?? "")]
        }
        return Table.lines([["STATE", "SIZE", "SENT", "AGE", "KEY"]] + rows, right: [1, 2, 3]) + more(status.omittedFiles)
    }

    private static func kept(_ status: MountStatus) -> [String] {
        guard !status.kept.isEmpty else { return [] }
        return ["kept aside, see `windlass recover`:"] + table(status.kept) + more(status.omittedKept)
    }

    private static func more(_ count: Int) -> [String] { count > 0 ? ["and \(count) more"] : [] }

    /// What `windlass recover --list` prints.
    static func table(_ kept: [KeptReport]) -> [String] {
        let rows = kept.map { [$0.state.rawValue, $0.bytes.map(size) ?? "-", moment($0.since), $0.key, $0.why] }
        return Table.lines([["STATE", "SIZE", "SINCE", "KEY", "WHY"]] + rows, right: [1])
    }

    // MARK: Figures

    static func size(_ bytes: Int64) -> String {
        if bytes < 1024 { return "\(bytes) B" }
        let units = ["KiB", "MiB", "GiB", "TiB", "PiB"]
        var value = Double(bytes) / 1024
        var unit = 0
        while value >= 1023.95, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return String(format: "%.1f ", value) + units[unit]
    }

    static func age(_ seconds: Double) -> String {
        let whole = Int(seconds)
        return switch whole {
        case ..<120: "\(whole) s"
        case ..<7200: "\(whole / 60) min"
        case ..<172_800: "\(whole / 3600) h"
        default: "\(whole / 86_400) days"
        }
    }

    private static func moment(_ seconds: Int64) -> String {
        guard seconds > 0 else { return "-" }
        return Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    }
}

/// Columns of text that stand below each other.
enum Table {
    /// `right`: the columns that are aligned at their ends. The last column is as long as it is.
    static func lines(_ rows: [[String]], right: Set<Int>) -> [String] {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { column, cell in
                guard column < row.count - 1 else { return cell }
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return right.contains(column) ? space + cell : cell + space
            }.joined(separator: "  ")
        }
    }
}
