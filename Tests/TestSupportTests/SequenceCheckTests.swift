import FileSystemTypes
import TestSupport
import Testing

/// Negative controls: a driver that is wrong is found out, and its sequence made short.
@Suite struct SequenceCheckTests {
    /// Forgets to replace the target of a rename when both are files.
    private struct KeepsRenameTargets: OperationDriver {
        let inner: TemporaryDirectory

        func apply(_ operation: Operation) async -> Outcome {
            if case .rename(let path, let target) = operation, path != target,
                case .status(.regular, _) = await inner.apply(.stat(target)), case .status(.regular, _) = await inner.apply(.stat(path))
            {
                return await inner.apply(.unlink(path))
            }
            return await inner.apply(operation)
        }

        func snapshot() async throws(Errno) -> TreeSnapshot { try await inner.snapshot() }
    }

    /// Loses a byte of appended data, which only shows in what is read later.
    private struct LosesABlock: OperationDriver {
        let inner: TemporaryDirectory

        func apply(_ operation: Operation) async -> Outcome {
            guard case .append(let path, let payload) = operation, payload.count > 4096 else { return await inner.apply(operation) }
            return await inner.apply(.append(path, Payload(seed: payload.seed, count: payload.count - 1)))
        }

        func snapshot() async throws(Errno) -> TreeSnapshot { try await inner.snapshot() }
    }

    @Test(.timeLimit(.minutes(3))) func findsAndShrinksAWrongRename() async throws {
        let failure = await firstFailure(
            of: SequenceCheck(
                OperationGenerator(), fresh: { KeepsRenameTargets(inner: try TemporaryDirectory()) }, finish: { $0.inner.remove() }))
        let operations = try #require(failure).disagreement.operations
        #expect(operations.count <= 4, "\(operations)")
        #expect(operations.contains { if case .rename = $0 { true } else { false } })
    }

    @Test(.timeLimit(.minutes(3))) func findsAndShrinksALostByte() async throws {
        let failure = await firstFailure(
            of: SequenceCheck(OperationGenerator(), fresh: { LosesABlock(inner: try TemporaryDirectory()) }, finish: { $0.inner.remove() }))
        let operations = try #require(failure).disagreement.operations
        #expect(operations.count <= 3, "\(operations)")
        #expect("\(try #require(failure))".contains("WINDLASS_SEED="))
    }

    private func firstFailure<Driver>(of check: SequenceCheck<Driver>) async -> SequenceFailure? {
        for seed in 1...100 as ClosedRange<UInt64> {
            do {
                try await check.run(seed: seed, length: 60)
            } catch {
                return error as? SequenceFailure
            }
        }
        return nil
    }

    @Test(.timeLimit(.minutes(1))) func shrinksToTheElementsThatMatter() async {
        let shrinker = Shrinker<Int> { $0.contains(3) && $0.contains(77) }
        #expect(await shrinker.shrink(Array(0..<100)) == [3, 77])
    }
}
