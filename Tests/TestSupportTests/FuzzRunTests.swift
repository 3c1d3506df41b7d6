import Foundation
import TestSupport
import Testing

/// Negative controls: a parser that hangs, crashes or refuses nothing is noticed.
@Suite(.timeLimit(.minutes(2))) struct FuzzRunTests {
    private static let corpus = [Array("a=1;b=2".utf8), Array("[0]".utf8)]
    private struct Refused: Error {}

    @Test func noticesWhatHangs() async throws {
        let run = FuzzRun("a parser that hangs", count: 2000, deadline: .milliseconds(500))
        let hang = await #expect(throws: FuzzRun.Hang.self) {
            try await run(Self.corpus) { bytes in
                while bytes.contains(UInt8(ascii: "{")) { usleep(1000) }
            }
        }
        #expect(hang?.input.contains(UInt8(ascii: "{")) == true)
        #expect(hang?.description.contains("seed \(run.seed)") == true)
    }

    @Test func noticesWhatWaitsForEver() async throws {
        let run = FuzzRun("a parser that waits", count: 2000, deadline: .milliseconds(500))
        await #expect(throws: FuzzRun.Hang.self) {
            try await run(Self.corpus) { bytes in
                if bytes.contains(UInt8(ascii: "{")) { try await Task.sleep(for: .seconds(3600)) }
            }
        }
    }

    /// An overflow, as a number that nobody expected brings about.
    @Test func noticesWhatCrashes() async {
        await #expect(processExitsWith: .failure) {
            let run = FuzzRun("a parser that crashes", count: 5000)
            _ = try await run([Array("size=12".utf8)]) { bytes in
                let number = String(decoding: bytes.drop { $0 != UInt8(ascii: "=") }.dropFirst(), as: UTF8.self)
                if let size = Int(number), size + 1000 == 7 { print(number) }
            }
        }
    }

    @Test func countsWhatIsRefused() async throws {
        let run = FuzzRun("a parser", count: 500)
        let outcome = try await run(Self.corpus) { bytes in if !Self.corpus.contains(bytes) { throw Refused() } }
        #expect(outcome.accepted + outcome.refused == run.count)
        #expect(outcome.accepted > 0 && outcome.refused > run.count / 2)
    }

    @Test func theSeedDecidesEverything() {
        var one = Mutator(Self.corpus, seed: 7)
        var same = Mutator(Self.corpus, seed: 7)
        var other = Mutator(Self.corpus, seed: 8)
        let first = (0..<200).map { _ in one.next() }
        #expect(first == (0..<200).map { _ in same.next() })
        #expect(first != (0..<200).map { _ in other.next() })
        #expect(Set(first).count > 150, "the same again and again")
    }
}
