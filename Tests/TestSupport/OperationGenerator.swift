package import FileSystemTypes

/// Makes sequences of operations that run into each other: few names, few levels, sizes around what matters.
package struct OperationGenerator: Sendable {
    /// Other clients take part.
    package var remote: Bool
    /// Sizes and offsets that matter to the file system under test; in bytes.
    package var sizes: [Int]
    package var names: [FileName]

    package init(remote: Bool = false, sizes: [Int] = [0, 1, 100, 4095, 4096, 5000, 70_000], names: [FileName] = OperationGenerator.names) {
        self.remote = remote
        self.sizes = sizes
        self.names = names
    }

    /// Names that are easily spoilt on their way through a URL, an XML document or a signature; the last is as long as names get.
    package static let names: [FileName] = [
        "a", "b", "a b", "c+d", "100%", "%2F", "\u{e9}t\u{e9}", "\u{1F600}", "a&<b>", "q?x=1#y", "a'b\"c", "back\\slash", ".hidden",
        String(repeating: "n", count: FileName.maximumBytes),
    ].compactMap { FileName(Array($0.utf8)) }

    package func sequence(seed: UInt64, length: Int) -> [Operation] {
        var generator = SeededGenerator(seed: seed)
        var few: [FileName] = []
        for _ in 0..<3 { few.append(generator.pick(names)) }
        if generator.oneIn(10) { few += [FileName(Array(repeating: UInt8(ascii: "x"), count: FileName.maximumBytes + 1))].compactMap(\.self) }
        return (0..<length).map { _ in operation(few, &generator) }
    }

    private func operation(_ few: [FileName], _ generator: inout SeededGenerator) -> Operation {
        let path = path(few, &generator)
        if remote, generator.oneIn(5) { return remoteOperation(path, &generator) }
        switch Int.random(in: 0..<20, using: &generator) {
        case 0: return .create(path)
        case 1, 2: return .overwrite(path, payload(&generator))
        case 3, 4: return .write(path, at: Int64(generator.pick(sizes)), payload(&generator))
        case 5, 6: return .append(path, payload(&generator))
        case 7: return .truncate(path, to: Int64(generator.pick(sizes)))
        case 8, 9: return .read(path, at: Int64(generator.pick(sizes)), count: 1 + generator.pick(sizes))
        case 10, 11, 12: return .makeDirectory(path)
        case 13: return .removeDirectory(path)
        case 14: return .unlink(path)
        case 15, 16, 17: return .rename(path, to: self.path(few, &generator))
        case 18: return .list(generator.oneIn(2) ? path.parent : path)
        default: return .stat(generator.oneIn(8) ? TreePath() : path)
        }
    }

    private func remoteOperation(_ path: TreePath, _ generator: inout SeededGenerator) -> Operation {
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: .remotePutFolder(path)
        case 1: .remoteDelete(path)
        default: .remotePut(path, payload(&generator))
        }
    }

    /// One to three levels deep, mostly one or two.
    private func path(_ few: [FileName], _ generator: inout SeededGenerator) -> TreePath {
        let depth = generator.pick([1, 1, 1, 2, 2, 3])
        var names: [FileName] = []
        for _ in 0..<depth { names.append(generator.pick(few)) }
        return TreePath(names)
    }

    private func payload(_ generator: inout SeededGenerator) -> Payload {
        let size = generator.pick(sizes)
        return Payload(seed: UInt64.random(in: 0..<1000, using: &generator), count: size)
    }
}
