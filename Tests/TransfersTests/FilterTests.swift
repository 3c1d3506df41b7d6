import TestSupport
import Testing
import Transfers

/// Which paths go along.
@Suite(.timeLimit(.minutes(1))) struct FilterTests {
    @Test(arguments: [
        ("*.txt", "a.txt", true), ("*.txt", "d/a.txt", true), ("*.txt", "a.txt.gz", false), ("*.txt", "a.txt/b", true), ("d/*.txt", "d/a.txt", true),
        ("d/*.txt", "e/d/a.txt", false), ("d/*.txt", "d/e/a.txt", false), ("d/**.txt", "d/e/a.txt", true), ("d", "d/e/f", true),
        ("d/", "d/e/f", true), ("/d", "d/x", true), ("/d", "e/d", false), ("a?c", "abc", true), ("a?c", "aüc", true), ("a?c", "a/c", false),
        ("[a-c]x", "bx", true), ("[!a-c]x", "bx", false), ("[!a-c]x", "üx", true), ("[]]", "]", true), ("[a", "[a", true), ("\\*", "*", true),
        ("\\*", "a", false), ("*", ".hidden/x", true), ("**", "a/b", true), ("", "a", false), ("cache/**", "cache/a/b", true),
        ("cache/**", "cache", false),
    ])
    func patterns(_ pattern: String, _ path: String, _ matches: Bool) {
        #expect(PathPattern(pattern).matches(RelativePath(path)) == matches, "\(pattern) on \(path)")
    }

    /// What takes others exponential time.
    @Test func manyStarsAreQuick() {
        let pattern = PathPattern(String(repeating: "*a", count: 40) + "b")
        #expect(!pattern.matches(RelativePath(String(repeating: "a", count: 1000))))
    }

    @Test func theLastRuleThatMatchesDecides() {
        func filter(_ rules: (String, Bool)...) -> PathFilter {
            PathFilter(rules.map { PathFilter.Rule(PathPattern($0.0), includes: $0.1) })
        }
        let names = ["a.jpg", "private/b.jpg", "c.txt"].map { RelativePath($0) }
        func admitted(_ filter: PathFilter) -> [String] { names.filter { filter.admits($0) }.map(\.description) }
        #expect(admitted(filter()) == ["a.jpg", "private/b.jpg", "c.txt"])
        #expect(admitted(filter(("*.txt", false))) == ["a.jpg", "private/b.jpg"])
        #expect(admitted(filter(("*.jpg", true))) == ["a.jpg", "private/b.jpg"])
        #expect(admitted(filter(("*.jpg", true), ("private", false))) == ["a.jpg"])
        #expect(admitted(filter(("*", false), ("*.txt", true))) == ["c.txt"])
        #expect(admitted(filter(("*.txt", true), ("*", false))) == [])
    }
}
