/// The command line of mount(8)'s helpers: `mount.windlass SOURCE DIR [-fnsv] [-o OPTIONS] [-t TYPE]`.
package struct MountHelper: Hashable, Sendable {
    /// For `windlass`: `mount SOURCE DIR` with options.
    package let arguments: [String]
    /// Everything is to be done but the mount itself.
    package let isFake: Bool

    /// What mount(8), fstab(5) and systemd say to each other, and what a bucket has no use for.
    private static let ignored: Set<String> = [
        "defaults", "rw", "auto", "noauto", "user", "users", "owner", "group", "nouser", "nofail", "_netdev", "async", "atime", "noatime",
        "relatime", "norelatime", "strictatime", "nostrictatime", "lazytime", "nolazytime", "diratime", "nodiratime", "loud", "silent",
    ]
    private static let kernel: Set<String> = ["suid", "nosuid", "dev", "nodev", "exec", "noexec", "sync", "dirsync"]
    private static let renamed = ["ro": "--read-only", "allow_other": "--allow-other"]

    package init(_ arguments: [String]) throws(ConfigurationError) {
        var places: [String] = []
        var options: [String] = []
        var isFake = false
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "-o": options += try Self.value(of: argument, &rest).split(separator: ",").map(String.init)
            case "-t", "-N": _ = try Self.value(of: argument, &rest)
            case let flags where flags.hasPrefix("-"):
                guard flags.count > 1, flags.dropFirst().allSatisfy({ "fnsv".contains($0) }) else {
                    throw ConfigurationError("mount.windlass does not know \(flags)")
                }
                isFake = isFake || flags.contains("f")
            default: places.append(argument)
            }
        }
        guard places.count == 2 else { throw ConfigurationError("usage: mount.windlass SOURCE DIR [-o OPTIONS]; see windlass mount --help") }
        self.arguments = ["mount"] + places + options.compactMap(Self.option)
        self.isFake = isFake
    }

    /// Whether the program was started by mount.fuse(8), for `mount -t fuse.windlass`: `windlass SOURCE DIR -o OPTIONS`. No command has such an option.
    package static func isMeant(by arguments: [String]) -> Bool {
        arguments.count == 4 && !arguments[0].hasPrefix("-") && arguments[1].hasPrefix("/") && arguments[2] == "-o"
    }

    private static func value(of option: String, _ rest: inout ArraySlice<String>) throws(ConfigurationError) -> String {
        guard let value = rest.popFirst() else { throw ConfigurationError("\(option) needs a value") }
        return value
    }

    /// `cache_dir=/x` is `--cache-dir=/x`.
    private static func option(_ text: String) -> String? {
        let name = text.prefix { $0 != "=" }
        // mount(8) names the user who may unmount it.
        if ignored.contains(String(name)) || name.hasPrefix("x-") || name.hasPrefix("X-") || name == "comment" || name.isEmpty { return nil }
        if kernel.contains(text) { return "--kernel-option=\(text)" }
        if let option = renamed[text] { return option }
        return "--" + name.map { $0 == "_" ? "-" : String($0) }.joined() + text.dropFirst(name.count)
    }
}
