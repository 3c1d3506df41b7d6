package import FileSystemTypes

/// Something that operations can be applied to, one after the other.
package protocol OperationDriver: Sendable {
    func apply(_ operation: Operation) async -> Outcome
    /// Everything that is there now, read through the same interface.
    func snapshot() async throws(Errno) -> TreeSnapshot
}

extension OperationDriver {
    /// The snapshot that listing, stat and read give, for drivers without a shorter way.
    package func walk() async throws(Errno) -> TreeSnapshot {
        var snapshot = TreeSnapshot()
        var folders = [TreePath()]
        while let folder = folders.popLast() {
            guard case .names(let names) = await apply(.list(folder)) else { throw .inputOutput }
            for (name, kind) in names {
                let path = folder.appending(name)
                if kind == .directory {
                    snapshot.nodes[path] = .folder
                    folders.append(path)
                } else {
                    snapshot.nodes[path] = .file(try await content(path))
                }
            }
        }
        return snapshot
    }

    private func content(_ path: TreePath) async throws(Errno) -> [UInt8] {
        switch await apply(.read(path, at: 0, count: 1 << 30)) {
        case .bytes(let bytes): return bytes
        case .failed(let errno): throw errno
        default: throw .inputOutput
        }
    }
}

/// Where a driver and the model first disagreed.
package struct Disagreement: Error, CustomStringConvertible {
    package let operations: [Operation]
    /// The operation whose outcome differs; nil when only the trees at the end do.
    package let index: Int?
    package let details: String

    package var description: String {
        let steps = operations.enumerated().map { "  \($0): \($1)\($0 == index ? "   <-- here" : "")" }
        return "\(details)\nafter \(operations.count) operations:\n\(steps.joined(separator: "\n"))"
    }
}

extension OperationDriver {
    /// Applies `operations` to this driver and to a model, and compares each outcome and the trees at the end.
    package func disagreement(after operations: [Operation]) async -> Disagreement? {
        var model = ReferenceModel()
        for (index, operation) in operations.enumerated() {
            let expected = model.apply(operation)
            guard expected != .notApplicable else { continue }
            let actual = await apply(operation)
            guard actual == expected || actual == .notApplicable else {
                return Disagreement(operations: operations, index: index, details: "\(operation)\n  gave \(actual)\n  instead of \(expected)")
            }
        }
        return await disagreement(with: model.snapshot, after: operations)
    }

    private func disagreement(with expected: TreeSnapshot, after operations: [Operation]) async -> Disagreement? {
        do {
            let differences = try await snapshot().differences(from: expected)
            if differences.isEmpty { return nil }
            return Disagreement(operations: operations, index: nil, details: differences.joined(separator: "\n"))
        } catch {
            return Disagreement(operations: operations, index: nil, details: "the tree cannot be read: \(error)")
        }
    }
}
