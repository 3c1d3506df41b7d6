import Foundation
import Transfers

/// How fast bytes move, of the last seconds; pure.
struct TransferRate {
    private static let window: Duration = .seconds(5)
    private var samples: [(time: ContinuousClock.Instant, bytes: Int64)] = []

    /// In bytes a second, once `bytes` are there in all.
    mutating func add(_ bytes: Int64, at now: ContinuousClock.Instant) -> Double {
        samples.append((now, bytes))
        while samples.count > 2, now - samples[0].time > Self.window { samples.removeFirst() }
        let seconds = (now - samples[0].time) / .seconds(1)
        return seconds > 0 ? max(0, Double(bytes - samples[0].bytes) / seconds) : 0
    }
}

/// One line that shows how far a transfer is; pure.
struct TransferBar {
    let figures: TransferFigures
    /// In bytes a second.
    let rate: Double
    let isPaused: Bool
    /// Of one of the files on their way.
    let name: String

    private static let width = 20

    /// At most so many characters, so that it stays one line.
    func text(columns: Int) -> String {
        let share = figures.bytes > 0 ? min(1, Double(figures.doneBytes) / Double(figures.bytes)) : figures.isListed ? 1 : 0
        let filled = Int(share * Double(Self.width))
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: Self.width - filled)
        let more = figures.isListed ? "" : "+"
        let parts = [
            "[\(bar)] \(Int(share * 100))%", "\(figures.doneFiles)/\(figures.files)\(more) files",
            "\(StatusText.size(figures.doneBytes)) of \(StatusText.size(figures.bytes))\(more)",
            isPaused ? "paused" : "\(StatusText.size(Int64(rate)))/s\(remaining)", name,
        ]
        return String(parts.joined(separator: "  ").map { $0.isNewline ? " " : $0 }.prefix(max(1, columns - 1)))
    }

    private var remaining: String {
        guard figures.isListed, rate >= 1, figures.bytes > figures.doneBytes else { return "" }
        let seconds = Int(min(Double(figures.bytes - figures.doneBytes) / rate, 359_999))
        return "  " + String(format: "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }

    static func summary(_ figures: TransferFigures, seconds: Double) -> String {
        var parts = ["\(figures.doneFiles) files, \(StatusText.size(figures.doneBytes))"]
        if figures.unchanged > 0 { parts.append("\(figures.unchanged) unchanged") }
        if figures.deleted > 0 { parts.append("\(figures.deleted) deleted") }
        if figures.failed > 0 { parts.append("\(figures.failed) failed") }
        return parts.joined(separator: ", ") + String(format: " in %.1f s", seconds)
    }
}
