import Glibc
import Threads

/// Writes lines to standard output on a thread of its own. Whoever is far ahead of the one who reads them waits.
final class LineWriter: Sendable {
    private struct State {
        var lines: [String] = []
        var isWriting = false
    }

    private static let mostAhead = 50_000

    private let state = Monitor(State())

    /// Without its thread lines are written by those who have them.
    init() {
        do throws(ThreadError) {
            try NamedThread.start("lines") { [state] in
                while true { Self.write(state) }
            }.detach()
        } catch {
            Terminal.complain(error.description)
        }
    }

    func add(_ line: String) {
        state.wait { $0.lines.count < Self.mostAhead ? true : nil }
        state.changeForAll { $0.lines.append(line) }
    }

    /// Returns when all lines are written.
    func flush() {
        state.wait { $0.lines.isEmpty && !$0.isWriting ? true : nil }
    }

    private static func write(_ state: Monitor<State>) {
        let lines = state.wait { state -> [String]? in
            guard !state.lines.isEmpty else { return nil }
            defer { state.lines = [] }
            state.isWriting = true
            return state.lines
        }
        Terminal.write(lines.map { $0 + "\n" }.joined(), to: STDOUT_FILENO)
        state.changeForAll { $0.isWriting = false }
    }
}
