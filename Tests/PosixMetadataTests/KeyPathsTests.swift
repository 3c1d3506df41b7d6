import FileSystemTypes
import ObjectStorage
import PosixMetadata
import TestSupport
import Testing

/// docs/NAMES.md, by examples.
@Suite struct KeyPathsTests {
    private let paths = KeyPaths()

    private func text(_ path: [FileName]?) -> String? {
        path.map { $0.map(\.description).joined(separator: " > ") }
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            ("a", "a"), ("a/b.txt", "a > b.txt"), ("100% done", "100% done"), ("%20", "%20"), ("%", "%"), ("@%", "@%"), (" ", " "), ("a\n", "a\n"),
            ("...", "..."), (".a", ".a"), ("~", "~"), ("a:b\\c*", "a:b\\c*"), ("\u{E4}/\u{61}\u{308}", "\u{E4} > \u{61}\u{308}"),
            ("a//b", "a > %@name- > b"), ("/a", "%@name- > a"), ("//", "%@name- > %@name- > %@name-"), (".", "%@name-."), ("..", "%@name-.."),
            ("a/./b", "a > %@name-. > b"), ("a/../b", "a > %@name-.. > b"), ("a/", "a > %@name-"), ("/", "%@name- > %@name-"),
            ("a\0b", "%@name-a%00b"), ("%@", "%@name-%25@"), ("%@name-x", "%@name-%25@name-x"), ("%@file-x/y", "%@name-%25@file-x > y"),
            ("a%\0", "%@name-a%25%00"),
        ])
    func oneByOne(key: String, path: String) throws {
        #expect(text(paths.path(ofObject: Key(key), besideFolder: false)) == path)
        let names = try #require(paths.path(ofObject: Key(key), besideFolder: false))
        guard case .entry(let entry) = try paths.target(of: names) else {
            Issue.record("\(path) is not found")
            return
        }
        #expect(entry.object == Key(key))
        #expect(entry.folder?.prefix == Key(key + "/"))
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            ("a", "%@file-a"), ("x/.", "x > %@file-."), ("%@a", "%@file-%25@a"), ("100%", "%@file-100%25"), ("a//", "a > %@name- > %@file-"),
        ])
    func besideFolders(key: String, path: String) throws {
        let names = try #require(paths.path(ofObject: Key(key), besideFolder: true))
        #expect(text(names) == path)
        guard case .object(let object, _) = try paths.target(of: names) else {
            Issue.record("\(path) is not found")
            return
        }
        #expect(object == Key(key))
    }

    /// Each would be a second path to some key, or none.
    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            "%@", "%@name", "%@x", "%@name-a", "%@name-%", "%@name-%2", "%@name-a%41", "%@name-a%2E", "%@name-%00%zz", "%@name-%25", "%@file-a%2f",
            "%@more-", "%@more-a", "%@Name-.", "%@name-...", "%@file-%", "%@file-",
        ])
    func noKeyHasThem(name: String) throws {
        #expect(try paths.target(of: path(name)) == .nothing)
        #expect(throws: Errno.invalidArgument) { try paths.target(of: path(name)).newObject() }
    }

    @Test(.timeLimit(.minutes(1)))
    func longComponentsGoOn() throws {
        let component = String(repeating: "k", count: 1000)
        let names = try #require(paths.path(ofObject: Key("f/\(component)/x"), besideFolder: false))
        #expect(names.map(\.bytes.count) == [1, 252, 252, 252, 252, 20, 1])
        #expect(names[1].description == "%@more-" + String(repeating: "k", count: 245))
        guard case .entry(let entry) = try paths.target(of: names) else {
            Issue.record("the path is not found")
            return
        }
        #expect(entry.object == Key("f/\(component)/x"))
        guard case .continuation(let folder) = try paths.target(of: names.prefix(2)) else {
            Issue.record("the pseudo-folder is not found")
            return
        }
        #expect(folder.prefix == Key("f/" + String(repeating: "k", count: 245)))
        #expect(folder.isContinuation && folder.marker == nil)
        #expect(throws: Errno.exists) { try paths.target(of: names.prefix(2)).newFolder() }
    }

    /// 250 bytes are a name; with `%@file-` before them they are none.
    @Test(.timeLimit(.minutes(1)))
    func theLongestNames() throws {
        for count in [248, 249, 250, 254, 255, 256] {
            let key = Key(String(repeating: "n", count: count))
            let plain = try #require(paths.path(ofObject: key, besideFolder: false))
            #expect(plain.count == (count <= 255 ? 1 : 2))
            let beside = try #require(paths.path(ofObject: key, besideFolder: true))
            #expect(beside.count == (count <= 248 ? 1 : 2))
            #expect(beside.last?.description.hasPrefix("%@file-n") == true)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func charactersAreNotCut() throws {
        for lead in 0..<8 {
            let component = String(repeating: "x", count: lead) + String(repeating: "語", count: 200) + String(repeating: "🗄", count: 50)
            for name in try #require(paths.path(ofObject: Key(component), besideFolder: false)) {
                #expect(String(validating: name.bytes, as: UTF8.self) != nil)
            }
        }
    }

    /// Bytes that are not UTF-8 are names as they are, at every place of a long component too.
    @Test(.timeLimit(.minutes(1)))
    func bytesThatAreNotText() throws {
        #expect(paths.path(ofObject: Key([0xFF, 0xC3]), besideFolder: false) == [try #require(FileName([0xFF, 0xC3]))])
        for byte in [0x80, 0xC3, 0xE8, 0xF0, 0xFF] as [UInt8] {
            for start in 235..<260 {
                var bytes = [UInt8](repeating: UInt8(ascii: "b"), count: 600)
                for index in start..<start + 7 { bytes[index] = byte }
                bytes[start + 3] = 0x9F
                let names = try #require(paths.path(ofObject: Key(bytes), besideFolder: false))
                guard case .entry(let entry) = try paths.target(of: names) else {
                    Issue.record("the path is not found")
                    return
                }
                #expect(entry.object == Key(bytes))
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func keysThatAreTooLong() throws {
        let short = KeyPaths(prefix: "p/", maximumKeyBytes: 10)
        #expect(throws: Errno.nameTooLong) { try short.target(of: path("abcdefghi")) }
        guard case .entry(let entry) = try short.target(of: path("abcdefgh")) else {
            Issue.record("a key of the longest length is not found")
            return
        }
        #expect(entry.object == "p/abcdefgh")
        #expect(entry.folder == nil)
        #expect(throws: Errno.nameTooLong) { try short.target(of: path("abcdefgh")).newFolder() }
        #expect(throws: Errno.nameTooLong) { try short.target(of: path("abcdefgh", "i")) }
        #expect(throws: Errno.nameTooLong) { try paths.target(of: path(String(repeating: "x", count: 256))) }
    }

    /// Without content the key `a/` is the folder `a`; only with content it is a file too.
    @Test(.timeLimit(.minutes(1)))
    func markersWithContent() async throws {
        try await KeyTree(["a/", "a/b"]).check()
        let tree = try await KeyTree(["a/", "a//", "a//b", "c/"], full: ["a/", "a//", "c/"])
        try await tree.check()
        let walk = try await tree.walk()
        #expect(walk.objects[try path("a", "%@file-")]?.key == "a/")
        #expect(walk.objects[try path("a", "%@name-", "%@name-")]?.key == "a//")
        #expect(walk.objects[try path("c", "%@name-")]?.key == "c/")
        #expect(throws: Errno.invalidArgument) { try paths.target(of: path("c", "%@name-")).newObject() }
        #expect(throws: Errno.invalidArgument) { try paths.target(of: path("c", "%@file-")).newObject() }
    }

    /// The escaped name goes on naming the object when the folder is gone.
    @Test(.timeLimit(.minutes(1)))
    func theNameOfAnObjectBesideAFolderStays() async throws {
        let beside = try await KeyTree(["a", "a/b"])
        try await beside.check()
        let alone = try await KeyTree(["a"])
        #expect(try await alone.walk().objects.keys.first == path("a"))
        #expect(try alone.lookUp(path("%@file-a")).object == "a")
        #expect(try beside.lookUp(path("%@file-a")).object == "a")
        #expect(try beside.lookUp(path("a")).folder?.prefix == "a/")
        #expect(try paths.target(of: path("%@file-a")).newObject() == "a")
        #expect(throws: Errno.invalidArgument) { try paths.target(of: path("%@file-a")).newFolder() }
    }

    @Test(.timeLimit(.minutes(1)))
    func onlyWhatIsBelowThePrefix() async throws {
        let keys: Set<Key> = ["x", "data", "data/", "data/a", "data//b", "data/a/c", "datb"]
        let tree = try await KeyTree(keys, paths: KeyPaths(prefix: "data/"))
        let walk = try await tree.walk()
        #expect(Set(walk.objects.values.map(\.key)) == ["data/a", "data//b", "data/a/c"])
        #expect(walk.markers[[]]?.key == "data/")
        #expect(tree.paths.path(ofObject: "datb", besideFolder: false) == nil)
    }
}
