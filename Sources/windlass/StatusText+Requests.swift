import Foundation
import Reports

extension StatusText {
    static func text(_ settings: SettingsReport) -> [String] {
        var lines: [String] = []
        if let credentials = settings.credentials { lines.append("  keys      \(credentials), signature \(settings.signature)") }
        if !settings.options.isEmpty { lines.append("  options   " + settings.options.joined(separator: " ")) }
        return lines
    }

    /// Kinds of requests with their times, and what went wrong.
    static func table(_ requests: MountStatus.Requests) -> [String] {
        guard !requests.kinds.isEmpty else { return [] }
        let rows = requests.kinds.map { kind in
            let times = kind.latency.map { [$0.half, $0.ninety, $0.ninetyNine].map(milliseconds) } ?? ["-", "-", "-"]
            return [kind.kind, "\(kind.sent)", "\(kind.failed)"] + times
        }
        let errors = requests.errors.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }
        return Table.lines([["KIND", "SENT", "FAILED", "HALF", "90 %", "99 %"]] + rows, right: [1, 2, 3, 4, 5])
            + (errors.isEmpty ? [] : ["failed: " + errors.joined(separator: ", ")])
    }

    static func messages(_ status: MountStatus) -> [String] {
        guard !status.messages.isEmpty else { return [] }
        let rows = status.messages.suffix(5).map { [age(max(0, Date.now.timeIntervalSince1970 - $0.time)) + " ago", $0.level, $0.text] }
        return ["last warnings and errors:"] + Table.lines(rows, right: [0])
    }

    /// How much of a file the store has.
    static func progress(_ file: FileReport) -> String {
        guard let sent = file.sent, file.bytes > 0 else { return "-" }
        return "\(sent * 100 / file.bytes) %"
    }

    private static func milliseconds(_ seconds: Double) -> String {
        seconds < 1 ? String(format: "%.1f ms", seconds * 1000) : String(format: "%.2f s", seconds)
    }
}
