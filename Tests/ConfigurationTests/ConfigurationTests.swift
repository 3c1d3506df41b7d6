import Configuration
import Testing

@Suite("Configuration files", .timeLimit(.minutes(1)))
struct ConfigurationTests {
    private static let text = """
        # What all have in common
        [defaults]
        log-level = "info"  # a comment
        max-requests = 1_000
        profile = "common"

        [remotes."far away"]
        endpoint = 'https://s3.example.com'
        region = "r\\u00e4"
        anonymous = true

        [mounts.photos]
        remote = "far away"
        bucket = "s3://photos/2024"
        directory = "/mnt/photos"
        write-back = true
        read-only = false
        metadata-ttl = 2.5
        kernel-option = ["nosuid", 'nodev', ]
        """

    private func configuration(_ texts: String...) throws -> Configuration {
        var configuration = Configuration()
        for text in texts { try configuration.add(text, file: "file") }
        return configuration
    }

    @Test("a mount has its settings, those of its remote and the defaults")
    func mount() throws {
        let expanded = try configuration(Self.text).expand(["mount", "photos"])
        #expect(
            expanded == [
                "mount", "s3://photos/2024", "/mnt/photos", "--anonymous", "--endpoint=https://s3.example.com", "--kernel-option=nosuid",
                "--kernel-option=nodev", "--log-level=info", "--max-requests=1000", "--metadata-ttl=2.5", "--region=rä", "--write-back",
            ])
    }

    @Test("what is given counts more, also in the place of its alternatives, and another directory")
    func given() throws {
        let expanded = try configuration(Self.text).expand(["mount", "photos", "/else", "--credentials", "f", "--region=x", "-f"])
        #expect(expanded.prefix(7) == ["mount", "s3://photos/2024", "/else", "--credentials", "f", "--region=x", "-f"])
        #expect(!expanded.contains("--anonymous") && !expanded.contains { $0.hasPrefix("--profile") || $0 == "--region=rä" })
        #expect(expanded.contains("--write-back"))
    }

    @Test("a later file counts more, setting by setting")
    func files() throws {
        let later = "[defaults]\nlog-level = 'debug'\n[mounts.photos]\nbucket = 'other'\n"
        let expanded = try configuration(Self.text, later).expand(["mount", "photos"])
        #expect(expanded.prefix(3) == ["mount", "other", "/mnt/photos"] && expanded.contains("--log-level=debug"))
    }

    @Test("a bucket that is no name gets the defaults, and a remote where one is given")
    func bucket() throws {
        let configuration = try configuration(Self.text)
        #expect(
            try configuration.expand(["mount", "b", "/m"]) == ["mount", "b", "/m", "--log-level=info", "--max-requests=1000", "--profile=common"])
        let doctor = try configuration.expand(["doctor", "b", "--remote", "far away"])
        #expect(doctor == ["doctor", "b", "--remote", "far away", "--anonymous", "--endpoint=https://s3.example.com", "--region=rä"])
        #expect(try configuration.expand(["doctor", "b"]) == ["doctor", "b"])
        #expect(throws: ConfigurationError.self) { try configuration.expand(["doctor", "b", "--remote=none"]) }
    }

    @Test(
        "what is refused, with its line",
        arguments: [
            ("a = 1", "file:1: a stands before the first table, e.g. [defaults]"), ("\n[nothing]", "file:2: there is no table [nothing]"),
            ("[defaults]\na = 1\na = 2", "file:3: a is set twice"), ("[defaults]\n[defaults]", "file:2: [defaults] is there twice"),
            ("[defaults]\na = yes", "file:2: yes is neither a number nor true or false"), ("[defaults]\na.b = 1", "file:2: dotted keys"),
            ("[defaults]\na = {b = 1}", "file:2: inline tables"), ("[[mounts]]", "file:1: arrays of tables"), ("[defaults]\na", "file:2: a needs"),
            ("[defaults]\na = \"x", "file:2: the string has no end"), ("[defaults]\na = \"x\" y", "file:2: after the value"),
            ("[defaults]\na = [1, [2]]", "file:2: an array holds"), ("[defaults]\na = [1", "file:2: the array has no end"),
            ("[defaults]\na = \"\"\"x\"\"\"", "file:2: strings over"), ("[defaults]\na = \"\\q\"", "file:2: an unknown escape"),
            ("[mounts]", "file:1: there is no table"), ("[mounts.a.b]", "file:1: there is no table"), ("[defaults", "file:1: the table's name"),
            ("[defaults]\na =", "file:2: here should be a value"), ("[defaults]\na = 1.2.3", "file:2: 1.2.3 is neither"),
            ("[defaults]\na = 2024-01-01", "file:2: 2024-01-01 is neither"), ("[defaults]\na = \"\\ud800\"", "file:2: \\u and \\U"),
        ])
    func refused(text: String, beginning: String) {
        var configuration = Configuration()
        let error = #expect(throws: ConfigurationError.self) { try configuration.add(text, file: "file") }
        #expect(error?.description.hasPrefix(beginning) == true, "\(error?.description ?? "")")
    }

    @Test("a mount needs a bucket and a directory")
    func incomplete() throws {
        let configuration = try configuration("[mounts.a]\nbucket = 'b'\n[mounts.c]\ndirectory = '/d'")
        #expect(throws: ConfigurationError.self) { try configuration.expand(["mount", "a"]) }
        #expect(throws: ConfigurationError.self) { try configuration.expand(["mount", "c"]) }
        #expect(try configuration.expand(["mount", "a", "/x"]) == ["mount", "b", "/x"])
    }
}

@Suite("The helper of mount(8)", .timeLimit(.minutes(1)))
struct MountHelperTests {
    @Test("options of fstab become options of windlass")
    func options() throws {
        let options = "rw,_netdev,x-systemd.automount,nosuid,nodev,user=ann,users,ro,allow_other,uid=1000,cache_dir=/c,write_back,endpoint=http://h:1"
        let helper = try MountHelper(["photos", "/mnt", "-sn", "-o", options, "-t", "windlass"])
        #expect(
            helper.arguments == [
                "mount", "photos", "/mnt", "--kernel-option=nosuid", "--kernel-option=nodev", "--read-only", "--allow-other", "--uid=1000",
                "--cache-dir=/c", "--write-back", "--endpoint=http://h:1",
            ])
        #expect(!helper.isFake)
        #expect(try MountHelper(["a", "/b", "-f"]).isFake)
    }

    @Test("what mount.fuse(8) says is for the helper, and commands are not")
    func mountFuse() {
        #expect(MountHelper.isMeant(by: ["s3://bucket", "/mnt", "-o", "rw,dev,suid"]))
        for command in [["mount", "bucket", "/mnt"], ["mount", "photos", "-f"], ["bucket", "list", "--remote", "a"], ["-o", "/a", "-o", "b"], []] {
            #expect(!MountHelper.isMeant(by: command))
        }
    }

    @Test("what mount(8) does not say", arguments: [["a"], ["a", "b", "c"], ["a", "b", "-o"], ["a", "b", "-x"], ["a", "b", "-"]])
    func refused(arguments: [String]) {
        #expect(throws: ConfigurationError.self) { try MountHelper(arguments) }
    }
}
