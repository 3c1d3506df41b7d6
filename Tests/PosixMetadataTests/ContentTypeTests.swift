import FileSystemTypes
import PosixMetadata
import Testing

@Suite struct ContentTypeTests {
    private func guess(_ kind: FileKind, _ name: String) throws -> String {
        ContentType.guess(kind, name: try #require(FileName(Array(name.utf8))))
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            ("a.html", "text/html"), ("A.HTML", "text/html"), ("photo.JPeG", "image/jpeg"), ("x.tar.gz", "application/gzip"),
            ("x.json", "application/json"),
            ("x.svg", "image/svg+xml"), ("x.mp4", "video/mp4"), ("x.woff2", "font/woff2"), ("x.parquet", "application/vnd.apache.parquet"),
            ("x.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"), ("x.txt", "text/plain"),
            ("x.m3u8", "application/vnd.apple.mpegurl"),
            ("x", "application/octet-stream"), ("x.", "application/octet-stream"), (".profile", "application/octet-stream"),
            (".html", "application/octet-stream"), ("x.unknown", "application/octet-stream"), ("x.h tml", "application/octet-stream"),
        ])
    func byExtension(name: String, type: String) throws {
        #expect(try guess(.regular, name) == type)
    }

    @Test(.timeLimit(.minutes(1)))
    func byKind() throws {
        #expect(try guess(.directory, "a.html") == "application/x-directory")
        for kind in [FileKind.symbolicLink, .fifo, .socket, .characterDevice, .blockDevice] {
            #expect(try guess(kind, "a.html") == "application/octet-stream")
        }
        #expect(ContentType.guess(.regular, name: try #require(FileName([0x2E, 0xFF, 0x2E, 0xFF]))) == "application/octet-stream")
    }

    /// Each extension stands once in the table: a second place would silently win.
    @Test(.timeLimit(.minutes(1)))
    func theTableIsSound() {
        #expect(ContentType.count > 400)
        #expect(ContentType.duplicates.isEmpty)
    }
}
