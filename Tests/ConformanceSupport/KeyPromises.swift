import FileSystemTypes
import ObjectStorage

/// Keys of any bytes.
enum KeyPromises {
    static let all = [
        StorePromise("keys with characters that URLs, XML and signatures treat specially", { try await roundTrip(special, on: $0) }),
        StorePromise(
            "keys beyond ASCII, each form of one text a key of its own", needs: [.noFolderObjects], { try await roundTrip(unicode, on: $0) }),
        StorePromise("keys with newlines and tabs", { try await roundTrip(["line\nbreak", "tab\tstop", "carriage\rreturn"], on: $0) }),
        StorePromise("keys that are no paths", needs: [.flatKeys], { try await roundTrip(noPaths, on: $0) }),
        StorePromise("a, a/ and a/b beside one another", needs: [.nestedKeys], { try await roundTrip(["a", "a/", "a/b", "a/b/c"], on: $0) }),
        StorePromise("a folder's marker", marker),
        StorePromise("a folder's marker keeps its metadata", needs: [.folderMetadata], markerMetadata),
        StorePromise("no folder where no key names one", needs: [.noImplicitFolders], noImplicitFolder),
        StorePromise("keys as long as the limit", needs: [.noFolderObjects], longest),
        StorePromise("keys over the limit are refused", needs: [.keyLimit], tooLong),
    ]

    private static let special: [Key] = [
        "a b", "a+b", "100%", "%41", "%2F", "a%20b", "q?x=1", "hash#tag", "a&b", "a;b", "a=b", "a,b", "a:b", "a@b", "a$b", "a!b", "a*b", "a(b)",
        "single'quote", "double\"quote", "<tag>", "&amp;", "[x]", "{x}", "a|b", "a^b", "a`b", "~tilde", "trailing ", " leading", "dot.", ".dot",
        "..two", "a-b_c.d",
    ]

    private static let unicode: [Key] = [
        "caf\u{e9}", "cafe\u{301}", "\u{1F600}", "\u{4F60}\u{597D}", "\u{5D0}\u{5D1}", "\u{FF21}", "\u{10FFFD}", "\u{E9}/\u{1F600}/\u{20AC}",
    ]

    private static let noPaths: [Key] = [
        "a//b", "/leading", "//two", "trailing//", ".", "..", "./a", "a/./b", "a/../b", "a/..", "back\\slash", "/",
    ]

    /// Each key takes an object whose bytes tell it from the others, shows in the listing under its own bytes, and goes again.
    private static func roundTrip(_ keys: [Key], on subject: StoreSubject) async throws {
        var broken: [String] = []
        for key in keys {
            do { try await subject.put(key, Array("of ".utf8) + key.bytes) } catch { broken.append("PUT \(key.debug): \(error)") }
        }
        for key in keys where broken.isEmpty {
            let bytes = try? await subject.get(key)
            if bytes != Array("of ".utf8) + key.bytes { broken.append("GET \(key.debug)") }
            if (try? await subject.head(key))?.size != Int64(key.bytes.count + 3) { broken.append("HEAD \(key.debug)") }
        }
        let listed = try await subject.pages(ListRequest(maximumKeys: 5)).flatMap(\.objects).map(\.key)
        if Set(listed) != Set(keys) || listed.count != keys.count {
            broken.append("listed: \(listed.map(\.debug)) instead of \(keys.map(\.debug))")
        }
        for key in keys {
            try await subject.store.delete(key)
            if (try? await subject.head(key)) != nil { broken.append("DELETE \(key.debug)") }
        }
        try expect(broken.isEmpty, broken.joined(separator: "; "))
    }

    /// Without bytes: not every store keeps any for a key that ends like this.
    private static func marker(_ subject: StoreSubject) async throws {
        for key in ["folder/", "folder/deeper/"] as [Key] {
            try await subject.put(key, [])
            try expect(await subject.head(key).size, is: 0, "size of \(key)")
        }
        let listed = try await subject.pages(ListRequest()).flatMap(\.objects).map(\.key)
        try expect(Set(listed), is: ["folder/", "folder/deeper/"], "listed")
    }

    private static func markerMetadata(_ subject: StoreSubject) async throws {
        try await subject.put("folder/", [], ObjectAttributes(metadata: ["mode": "16877"]))
        try expect(await subject.head("folder/").metadata, is: ["mode": "16877"], "metadata")
    }

    private static func noImplicitFolder(_ subject: StoreSubject) async throws {
        try await subject.put("outer/inner/file")
        try await expectFailure([.noSuchKey], "HEAD outer/") { try await subject.head("outer/") }
        try await subject.store.delete("outer/inner/file")
        let page = try await subject.store.list(ListRequest(delimiter: "/"))
        try expect(page.objects.isEmpty && page.commonPrefixes.isEmpty, "still there: \(page.objects.map(\.key)) \(page.commonPrefixes)")
    }

    private static func longest(_ subject: StoreSubject) async throws {
        let component = String(repeating: "k", count: 200) + "/"
        let start = Array(String(repeating: component, count: 5).utf8)
        let full = Key(start + Array(repeating: UInt8(ascii: "e"), count: 1024 - 3 - start.count) + Array("\u{20AC}".utf8))
        try expect(full.bytes.count, is: 1024, "length of the key")
        try await roundTrip([full], on: subject)
    }

    private static func tooLong(_ subject: StoreSubject) async throws {
        let parts = (0..<(subject.store.limits.key / 200 + 1)).map { _ in String(repeating: "k", count: 199) }
        let key = Key(Array(parts.joined(separator: "/").utf8.prefix(subject.store.limits.key + 1)))
        try expect(key.bytes.count, is: subject.store.limits.key + 1, "length of the key")
        try await expectFailure([.keyTooLong], "PUT") { try await subject.put(key) }
    }
}

extension Key {
    /// For messages: quoted, with what is not printable escaped.
    fileprivate var debug: String { String(decoding: bytes, as: UTF8.self).debugDescription }
}
