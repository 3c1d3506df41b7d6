import Glibc
import StoreServer

/// The keys that requests must be signed with.
struct KeyPair {
    var accessKey: String
    var secretKey: String
    /// `IBM_API_KEY_ID` of the environment.
    var apiKey: String? { Self.environment("IBM_API_KEY_ID") }

    private struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// From the environment, else from a file in the folder, which is made when there is none. `origin` says which, for people.
    static func find(folder: String) throws -> (keys: KeyPair, origin: String) {
        if let access = environment("AWS_ACCESS_KEY_ID"), let secret = environment("AWS_SECRET_ACCESS_KEY") {
            return (KeyPair(accessKey: access, secretKey: secret), "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the environment")
        }
        let path = "\(folder)/credentials"
        if unsafe access(path, F_OK) != 0 { try generate(path, folder: folder) }
        return (try read(path), "in \(path)")
    }

    private static func environment(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        let text = unsafe String(cString: value)
        return text.isEmpty ? nil : text
    }

    private static func generate(_ path: String, folder: String) throws {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        let access = String((0..<20).map { _ in alphabet[Int.random(in: 0..<32, using: &generator)] })
        let secret = Hex.encode((0..<20).map { _ in UInt8.random(in: 0...255, using: &generator) })
        let text = "[default]\naws_access_key_id = \(access)\naws_secret_access_key = \(secret)\n"
        guard unsafe mkdir(folder, 0o755) == 0 || errno == EEXIST else { throw failure("make the folder", folder) }
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("write", path) }
        defer { close(descriptor) }
        guard unsafe write(descriptor, text, text.utf8.count) == text.utf8.count else { throw failure("write", path) }
    }

    private static func read(_ path: String) throws -> KeyPair {
        guard let file = unsafe fopen(path, "re") else { throw failure("read", path) }
        defer { unsafe fclose(file) }
        var values: [String: String] = [:]
        while let line = unsafe readLine(from: file) {
            let sides = line.split(separator: "=", maxSplits: 1).map { $0.split(whereSeparator: \.isWhitespace).joined() }
            if sides.count == 2 { values[sides[0]] = sides[1] }
        }
        guard let access = values["aws_access_key_id"], let secret = values["aws_secret_access_key"] else {
            throw Failure(description: "there are no aws_access_key_id and aws_secret_access_key in \(path); remove the file to have it made again")
        }
        return KeyPair(accessKey: access, secretKey: secret)
    }

    private static func readLine(from file: UnsafeMutablePointer<FILE>) -> String? {
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { unsafe free(line) }
        guard unsafe getline(&line, &capacity, file) >= 0, let line = unsafe line else { return nil }
        return unsafe String(cString: line)
    }

    private static func failure(_ verb: String, _ path: String) -> Failure {
        Failure(description: "cannot \(verb) \(path): \(unsafe String(cString: strerror(errno)))")
    }
}
