package import FileSystemTypes
import Foundation
import Staging
import Synchronization

/// Files on a disk whose power is cut before the N-th call: what was not synced until then is lost, all of it or in part.
///
/// The calls go to a real folder. Beside it stands what the disk is sure to have: the bytes of each file at its last fdatasync(2), the names
/// of each folder at its last fsync(2).
package final class PowerCutFiles: FileOperations {
    /// What becomes of changes that were not synced.
    package enum Loss: Sendable {
        case everything
        /// Each page and each name goes one way or the other.
        case some(seed: UInt64)
    }

    /// A sync that is left out: what a check has to find.
    package enum Omission: Sendable {
        case data, names
    }

    private struct State {
        var calls = 0
        var isCut = false
        var open: [Int32: String] = [:]
        /// By path: the bytes that the disk has.
        var synced: [String: [UInt8]] = [:]
        /// By folder: the names that the disk has.
        var names: [String: Set<String>] = [:]
        var live: [String: Set<String>] = [:]
        /// Removed, and the disk may not know it yet: what it had of them.
        var image: [String: [UInt8]]?
    }

    private let system = SystemFiles()
    private let state = Mutex(State())
    private let cutAt: Int
    private let loss: Loss
    private let omission: Omission?
    private let onCut: @Sendable () -> Void

    /// `onCut` copies what else is on the disk at that moment.
    package init(cutAt: Int = .max, loss: Loss, without omission: Omission? = nil, onCut: @escaping @Sendable () -> Void) {
        self.cutAt = cutAt
        self.loss = loss
        self.omission = omission
        self.onCut = onCut
    }

    /// What is in a folder has been on the disk since a life before. To be called before any other call.
    package func adopt(_ folder: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        state.withLock { state in
            (state.names[folder], state.live[folder]) = (Set(names), Set(names))
            for name in names { state.synced["\(folder)/\(name)"] = FileManager.default.contents(atPath: "\(folder)/\(name)").map { Array($0) } }
        }
    }

    package var isCut: Bool { state.withLock { $0.isCut } }
    package var calls: Int { state.withLock { $0.calls } }

    /// Cuts the power now, if it has not been cut.
    package func cut() {
        let isFirst = state.withLock { state in
            guard !state.isCut else { return false }
            state.isCut = true
            state.image = image(state)
            return true
        }
        if isFirst { onCut() }
    }

    /// What the disk shows after the power has come back: path -> bytes.
    package var survivors: [String: [UInt8]] { state.withLock { $0.image ?? [:] } }

    private func image(_ state: State) -> [String: [UInt8]] {
        var image: [String: [UInt8]] = [:]
        var dice = Dice(loss)
        for (folder, live) in state.live {
            let synced = state.names[folder] ?? []
            for name in synced.union(live).sorted() {
                let isSure = synced.contains(name) && live.contains(name)
                guard isSure || synced.contains(name) && !dice.survives() || live.contains(name) && !synced.contains(name) && dice.survives() else {
                    continue
                }
                let path = "\(folder)/\(name)"
                let now = FileManager.default.contents(atPath: path).map { Array($0) } ?? state.synced[path] ?? []
                image[path] = dice.mix(synced: state.synced[path] ?? [], live: now)
            }
        }
        return image
    }

    /// Counts a call; from the cut on none gets through.
    private func pass() throws(Errno) {
        let isDue = state.withLock { state in
            state.calls += 1
            return state.calls == cutAt
        }
        if isDue { cut() }
        if isCut { throw Errno.inputOutput }
    }

    private static func split(_ path: String) -> (folder: String, name: String) {
        let parts = path as NSString
        return (parts.deletingLastPathComponent, parts.lastPathComponent)
    }

    package func open(_ path: String, creating: Bool) throws(Errno) -> Int32 {
        try pass()
        let descriptor = try system.open(path, creating: creating)
        state.withLock { state in
            state.open[descriptor] = path
            let (folder, name) = Self.split(path)
            if creating { state.live[folder, default: []].insert(name) }
        }
        return descriptor
    }

    package func close(_ descriptor: Int32) {
        state.withLock { _ = $0.open.removeValue(forKey: descriptor) }
        system.close(descriptor)
    }

    package func size(_ descriptor: Int32) throws(Errno) -> Int64 { try system.size(descriptor) }

    package func read(_ descriptor: Int32, at offset: Int64, count: Int) throws(Errno) -> [UInt8] {
        try system.read(descriptor, at: offset, count: count)
    }

    package func write(_ descriptor: Int32, _ bytes: RawSpan, at offset: Int64) throws(Errno) {
        try pass()
        try system.write(descriptor, bytes, at: offset)
    }

    package func sync(_ descriptor: Int32) throws(Errno) {
        try pass()
        if case .data = omission { return }
        let bytes = try system.read(descriptor, at: 0, count: Int(try system.size(descriptor)))
        state.withLock { state in
            if let path = state.open[descriptor] { state.synced[path] = bytes }
        }
    }

    package func syncFolder(_ path: String) throws(Errno) {
        try pass()
        if case .names = omission { return }
        state.withLock { $0.names[path] = $0.live[path] ?? [] }
    }

    package func truncate(_ descriptor: Int32, to size: Int64) throws(Errno) {
        try pass()
        try system.truncate(descriptor, to: size)
    }

    package func punch(_ descriptor: Int32, _ range: ByteRange) throws(Errno) {
        try pass()
        try system.punch(descriptor, range)
    }

    package func rename(_ path: String, to newPath: String) throws(Errno) {
        try pass()
        try system.rename(path, to: newPath)
    }

    package func remove(_ path: String) throws(Errno) {
        try pass()
        try system.remove(path)
        let (folder, name) = Self.split(path)
        state.withLock { _ = $0.live[folder]?.remove(name) }
    }

    package func freeSpace(_ path: String) throws(Errno) -> Int64 { .max }
}

/// Decides what an unsynced change becomes.
private struct Dice {
    private var state: UInt64?

    init(_ loss: PowerCutFiles.Loss) {
        if case .some(let seed) = loss { state = seed &* 2 &+ 1 }
    }

    mutating func survives() -> Bool {
        guard var value = state else { return false }
        value ^= value << 13
        value ^= value >> 7
        value ^= value << 17
        state = value
        return value & 1 == 0
    }

    /// Pages of one or the other, and the length of either.
    mutating func mix(synced: [UInt8], live: [UInt8]) -> [UInt8] {
        guard state != nil else { return synced }
        var mixed = survives() ? live : synced
        for start in stride(from: 0, to: mixed.count, by: 4096) {
            let source = survives() ? live : synced
            for index in start..<min(start + 4096, mixed.count) { mixed[index] = index < source.count ? source[index] : 0 }
        }
        return mixed
    }
}
