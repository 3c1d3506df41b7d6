internal import Foundation
package import Reports

/// What a mount tells of itself in the text format of Prometheus, version 0.0.4.
///
/// Every sample has the label `mount`, so that the files of several mounts can stand beside each other. Names are in the README, and stay.
package struct PrometheusText {
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private enum Kind: String {
        case gauge, counter, histogram
    }

    private let mount: String
    private var lines: [String] = []

    /// All samples of one moment, each name with its help and type before it.
    package static func text(_ status: MountStatus) -> String {
        var text = PrometheusText(mount: status.mountPoint)
        text.add(process: status)
        text.add(pending: status)
        if let requests = status.requests { text.add(requests) }
        if let budget = status.budget { text.add(budget) }
        if let cache = status.cache { text.add(cache) }
        return text.lines.joined(separator: "\n") + "\n"
    }

    private init(mount: String) {
        self.mount = mount
    }

    // MARK: Groups

    private mutating func add(process status: MountStatus) {
        let labels = [
            ("bucket", status.bucket), ("prefix", status.prefix), ("endpoint", status.endpoint), ("dialect", status.settings?.dialect ?? ""),
            ("version", status.version),
        ]
        family("info", .gauge, "What is mounted; always 1.", [(labels, 1)])
        one("start_time_seconds", .gauge, "When the mount began, since 1970.", Double(status.since))
        one("resident_memory_bytes", .gauge, "Memory of the process.", Double(status.memory))
        one("inodes", .gauge, "Files and folders whose attributes are in memory.", Double(status.inodes))
        one("open_files", .gauge, "Files that programs have open.", Double(status.openFiles))
        one("renames_under_way", .gauge, "Renames of folders that are under way.", Double(status.moves.count))
        one("renames_stuck", .gauge, "Renames of folders that the store refuses; they are tried again.", Double(status.moves.count { $0.isStuck }))
    }

    private mutating func add(pending status: MountStatus) {
        one("pending_files", .gauge, "Files that the store does not have yet.", Double(status.pending.files))
        one("pending_bytes", .gauge, "Their size.", Double(status.pending.bytes))
        one("pending_oldest_seconds", .gauge, "Since the last change of the one that waits longest.", status.files.map(\.age).max() ?? 0)
        one("failing_files", .gauge, "Files whose last attempt failed; they are tried again.", Double(status.files.count { $0.error != nil }))
        if let journal = status.journal {
            let states = [
                ("waiting", journal.waiting), ("conflict", journal.conflicts), ("failed", journal.failed), ("deletion", journal.deletions),
                ("copied", journal.conflictCopies),
            ]
            family("journal_files", .gauge, "What the state folder keeps.", states.map { ([("state", $0.0)], Double($0.1)) })
        }
        guard let staging = status.staging else { return }
        one("staging_bytes", .gauge, "Local disk that files being written take.", Double(staging.used))
        one("staging_limit_bytes", .gauge, "How much they may take.", Double(staging.limit))
    }

    private mutating func add(_ requests: MountStatus.Requests) {
        one("requests_limit", .gauge, "Requests that may be under way now.", Double(requests.limit))
        one("requests_under_way", .gauge, "Requests that are.", Double(requests.underWay))
        one("requests_waiting", .gauge, "Requests that wait for their turn.", Double(requests.waiting))
        counts("requests_total", "Requests sent, repetitions among them.", requests.kinds, \.sent)
        counts("request_failures_total", "Requests that failed.", requests.kinds, \.failed)
        counts("request_throttled_total", "Answers that said that there were too many.", requests.kinds, \.throttled)
        let errors = requests.errors.sorted { $0.key < $1.key }.map { ([("reason", $0.key)], Double($0.value)) }
        family("request_errors_total", .counter, "Requests that failed, by reason.", errors)
        one("request_retries_total", .counter, "Requests sent again after a failure.", Double(requests.retried))
        one("request_hedges_total", .counter, "Requests sent a second time because they were slow.", Double(requests.hedged))
        one("request_hedges_won_total", .counter, "Of these, those that were answered first.", Double(requests.hedgesWon))
        one("requests_merged_total", .counter, "Questions answered by a request that was under way already.", Double(requests.merged))
        histogram(requests.kinds)
    }

    private mutating func add(_ budget: MemoryReport) {
        one("memory_limit_bytes", .gauge, "What --memory-limit allows.", Double(budget.usage.limit))
        let purposes = budget.purposes.sorted { $0.key < $1.key }.map { ([("purpose", $0.key)], Double($0.value)) }
        family("memory_bytes", .gauge, "Memory that grows with use, by purpose.", purposes)
    }

    private mutating func add(_ cache: CacheReport) {
        one("cache_memory_bytes", .gauge, "Blocks kept in memory.", Double(cache.memory))
        let hits = [("memory", cache.memoryHits), ("disk", cache.disk?.hits ?? 0)]
        family("cache_hits_total", .counter, "Blocks found.", hits.map { ([("tier", $0.0)], Double($0.1)) })
        one("cache_misses_total", .counter, "Blocks that were in neither.", Double(cache.misses))
        one("cache_read_bytes_total", .counter, "Bytes of blocks found.", Double(cache.bytesRead))
        guard let disk = cache.disk else { return }
        one("cache_disk_bytes", .gauge, "Disk that the cache takes, by all mounts that share it.", Double(disk.usage.used))
        one("cache_disk_limit_bytes", .gauge, "What --cache-size allows.", Double(disk.usage.limit))
        one("cache_written_bytes_total", .counter, "Bytes written to the disk.", Double(disk.bytesWritten))
        one("cache_not_written_total", .counter, "Blocks that the disk did not keep up with, or refused.", Double(disk.notWritten))
        one("cache_damaged_total", .counter, "Blocks found with other bytes than were written.", Double(disk.damaged))
        one("cache_evicted_total", .counter, "Blocks dropped to make room.", Double(disk.evicted))
    }

    // MARK: Lines

    private typealias Labels = [(name: String, value: String)]

    private mutating func one(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
        family(name, kind, help, [([], value)])
    }

    private mutating func counts(_ name: String, _ help: String, _ kinds: [RequestReport], _ count: KeyPath<RequestReport, Int>) {
        family(name, .counter, help, kinds.map { ([("kind", $0.kind)], Double($0[keyPath: count])) })
    }

    private mutating func family(_ name: String, _ kind: Kind, _ help: String, _ samples: [([(String, String)], Double)]) {
        guard !samples.isEmpty else { return }
        head(name, kind, help)
        for (labels, value) in samples { sample(name, labels.map { (name: $0.0, value: $0.1) }, value) }
    }

    private mutating func histogram(_ kinds: [RequestReport]) {
        guard !kinds.isEmpty else { return }
        let name = "request_duration_seconds"
        head(name, .histogram, "Until the first byte of the answer, of requests that were answered.")
        for kind in kinds {
            for bound in kind.within { sample(name + "_bucket", [("kind", kind.kind), ("le", Self.number(bound.seconds))], Double(bound.count)) }
            sample(name + "_bucket", [("kind", kind.kind), ("le", "+Inf")], Double(kind.answered))
            sample(name + "_sum", [("kind", kind.kind)], kind.seconds)
            sample(name + "_count", [("kind", kind.kind)], Double(kind.answered))
        }
    }

    private mutating func head(_ name: String, _ kind: Kind, _ help: String) {
        lines += ["# HELP windlass_\(name) \(help)", "# TYPE windlass_\(name) \(kind.rawValue)"]
    }

    private mutating func sample(_ name: String, _ labels: Labels, _ value: Double) {
        let all = ([("mount", mount)] + labels).map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
        lines.append("windlass_\(name){\(all)} \(Self.number(value))")
    }

    private static func escaped(_ value: String) -> String {
        var result = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
    }
}
