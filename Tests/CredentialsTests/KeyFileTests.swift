import Credentials
import FileSystemTypes
import Foundation
import Testing

/// The files that other tools keep keys in.
@Suite(.timeLimit(.minutes(2))) struct KeyFileTests {
    private func parse(_ text: String, bucket: String? = nil) throws(CredentialsError) -> String? {
        try PasswordFileProvider.parse(text, bucket: bucket, from: "test").map { "\($0.accessKeyID)/\($0.secretAccessKey)" }
    }

    @Test func passwordFiles() throws {
        let text = "# comment\n\nAKIA:s3/cr+et=\nphotos:AKPH:secret2\r\n"
        #expect(try parse(text) == "AKIA/s3/cr+et=")
        #expect(try parse(text, bucket: "photos") == "AKPH/secret2")
        #expect(try parse(text, bucket: "other") == "AKIA/s3/cr+et=")
        #expect(try parse("photos:AKPH:secret2", bucket: "other") == nil)
        #expect(try parse("") == nil)
    }

    @Test(arguments: ["S3CRET", "a:b:c:S3CRET", ":S3CRET", "id: S3CRET", "a:S3CRET\nb:S3CRET", "id:", "id:S3CRET\u{7}"])
    func otherPasswordFilesAreRefused(text: String) {
        let error = #expect(throws: CredentialsError.self) { try parse(text) }
        #expect(error?.description.contains("S3CRET") == false)
    }

    @Test func passwordFilesOfTheSystemMayBeReadByTheirGroup() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        for (mode, own, system) in [(0o600, true, true), (0o640, false, true), (0o644, false, false), (0o660, false, false), (0o700, false, false)] {
            let path = try scratch.write("passwd", "AKIA:secret\n", mode: mode)
            for (isOfSystem, isRead) in [(false, own), (true, system)] {
                let provider = PasswordFileProvider(path: path, isOfSystem: isOfSystem)
                do throws(CredentialsError) {
                    #expect(try await provider.credentials()?.accessKeyID == "AKIA" && isRead, "mode \(String(mode, radix: 8))")
                } catch {
                    #expect(!isRead && error.description.contains("chmod"), "mode \(String(mode, radix: 8)): \(error)")
                }
            }
        }
        #expect(try await PasswordFileProvider(path: scratch.path + "/none").credentials() == nil)
    }

    @Test func obsutilFiles() throws {
        let keys = try ObsutilFileProvider.parse("endpoint=https://obs.example.com\nak=AK\nsk=SK==\ntoken=\n", from: "test")
        #expect(keys == Credentials(accessKeyID: "AK", secretAccessKey: "SK=="))
        #expect(try ObsutilFileProvider.parse("[x]\nak = AK\nsk = SK\ntoken = T\n", from: "test")?.sessionToken == "T")
        #expect(try ObsutilFileProvider.parse("endpoint=x\n", from: "test") == nil)
        #expect(throws: CredentialsError.self) { try ObsutilFileProvider.parse("ak=AK\n", from: "test") }
    }

    private static let samples: [(name: String, text: String)] = [
        ("passwd", "# c\nAKIA:S3CRET\nphotos:AKPH:S3CRET2\n"), ("obsutil", "endpoint=e\nak=AK\nsk=S3CRET\ntoken=T0KEN\n"),
        ("aws", "[default]\naws_access_key_id = AKIA\naws_secret_access_key = S3CRET # no\n[p]\nrole_arn=x\n\ts3 =\n  nested = 1\n"),
        ("own", "[default]\naccess_key_id = AKIA\nsecret_access_key = S3CRET\nsession_token = T0KEN\n"),
        ("bluemix", #"{"apikey":"S3CRET","cos_hmac_keys":{"access_key_id":"AKIA","secret_access_key":"S3CRET"},"resource_instance_id":"crn"}"#),
        ("process", "[default]\ncredential_process = /none/such 'S3CRET'\n"),
    ]

    /// Whatever the file says, reading it ends, gives keys that can stand in a header or an error that shows nothing of the file.
    @Test(arguments: 0..<6) func damagedFilesAreReadOrRefused(index: Int) async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let (name, text) = Self.samples[index]
        var random = Seeded(state: 20 + UInt64(index))
        var (read, refused) = (0, 0)
        for _ in 0..<(name == "process" ? 40 : 600) {
            let path = scratch.path + "/file"
            try Data(Seeded.mutated(Array(text.utf8), &random)).write(to: URL(fileURLWithPath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            do throws(CredentialsError) {
                let authority = try await provider(name, path).authority()
                read += 1
                guard case .keys(let keys) = authority else { continue }
                for part in [keys.accessKeyID, keys.secretAccessKey] { #expect(part.utf8.allSatisfy { (0x21...0x7e).contains($0) } && !part.isEmpty) }
            } catch {
                refused += 1
                #expect(!error.description.contains("S3CR") && !error.description.contains("\n"), "\(error)")
            }
        }
        #expect(refused > 0 && read + refused > 0, "read \(read), refused \(refused)")
    }

    private func provider(_ name: String, _ path: String) -> any CredentialsProvider {
        switch name {
        case "passwd": PasswordFileProvider(path: path)
        case "obsutil": ObsutilFileProvider(path: path)
        case "own": WindlassFileProvider(path: path, isExplicit: true)
        case "bluemix": BluemixFileProvider(environment: ["COS_CREDENTIALS_FILE": path], exchange: nil)
        default:
            SharedProfileProvider(
                SharedProfile(environment: ["AWS_SHARED_CREDENTIALS_FILE": path, "AWS_CONFIG_FILE": path]), processLimit: .seconds(2))
        }
    }

    /// Bytes of no form at all, and files that are only long.
    @Test func noiseAndLengthEnd() async throws {
        var random = Seeded(state: 99)
        for _ in 0..<2000 {
            let noise = String(
                decoding: (0..<Int.random(in: 0..<400, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }, as: UTF8.self)
            _ = ProfileFile(noise)
            _ = try? PasswordFileProvider.parse(noise, bucket: nil, from: "test")
            _ = try? ObsutilFileProvider.parse(noise, from: "test")
        }
        let start = ContinuousClock.now
        for piece in ["[a]\n", "a=b\n", "[", "=", ":", "a:b:c\n", "\n", "# \n", "é"] {
            let long = "[s]\n" + String(repeating: piece, count: 100_000)
            _ = ProfileFile(long)
            _ = try? PasswordFileProvider.parse(long, bucket: "a", from: "test")
            _ = try? ObsutilFileProvider.parse(long, from: "test")
        }
        #expect(ContinuousClock.now - start < .seconds(60), "the time grows with more than the length")
    }
}
