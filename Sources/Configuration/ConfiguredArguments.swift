extension Configuration {
    /// Settings of a mount that are no options.
    private static let places: Set<String> = ["bucket", "directory", "remote"]
    /// Options of which one takes the place of the others.
    private static let alternatives: [Set<String>] = [["credentials", "profile", "anonymous"]]

    /// The arguments of a command, `mount NAME ...` or one with `--remote NAME`, with what the configuration adds. What is given counts more than a
    /// mount's settings, these more than its remote's, these more than the defaults.
    package func expand(_ arguments: [String]) throws(ConfigurationError) -> [String] {
        guard let command = arguments.first else { return arguments }
        return command == "mount" ? try expandMount(Array(arguments.dropFirst())) : try expandRemote(arguments)
    }

    private func expandMount(_ arguments: [String]) throws(ConfigurationError) -> [String] {
        guard let name = arguments.first, let mount = mounts[name] else {
            let remote = try remote(Self.remote(in: arguments))
            return ["mount"] + arguments + Self.options(remote.merging(defaults) { first, _ in first }, besides: arguments)
        }
        var given = Array(arguments.dropFirst())
        let directory = given.first.map { $0.hasPrefix("-") } == false ? given.removeFirst() : Self.text(mount["directory"])
        guard let directory else { throw ConfigurationError("[mounts.\(name)] has no directory; set it there, or give one") }
        guard let bucket = Self.text(mount["bucket"]) else { throw ConfigurationError("[mounts.\(name)] has no bucket") }
        let remote = try remote(Self.remote(in: arguments) ?? Self.text(mount["remote"]))
        // An option takes the place of its alternatives in what counts less.
        var settings = mount
        for layer in [remote, defaults] {
            for (key, value) in layer where !Self.isDecided(key, by: Set(settings.keys)) { settings[key] = value }
        }
        return ["mount", bucket, directory] + given + Self.options(settings, besides: given)
    }

    private func expandRemote(_ arguments: [String]) throws(ConfigurationError) -> [String] {
        guard let name = Self.remote(in: arguments) else { return arguments }
        return arguments + Self.options(try remote(name), besides: arguments)
    }

    private func remote(_ name: String?) throws(ConfigurationError) -> Settings {
        guard let name else { return [:] }
        guard let settings = remotes[name] else {
            let known = remotes.keys.sorted().joined(separator: ", ")
            throw ConfigurationError("no configuration file has [remotes.\(name)]\(known.isEmpty ? "" : "; known are \(known)")")
        }
        return settings
    }

    // MARK: Options

    /// What `--remote` says.
    package static func remote(in arguments: [String]) -> String? {
        for (index, argument) in arguments.enumerated() {
            if argument.hasPrefix("--remote=") { return String(argument.dropFirst(9)) }
            if argument == "--remote", index + 1 < arguments.count { return arguments[index + 1] }
        }
        return nil
    }

    private static func text(_ value: SettingValue?) -> String? {
        guard case .text(let text) = value else { return nil }
        return text
    }

    /// Settings as options, in the order of their names, without those that are given already.
    private static func options(_ settings: Settings, besides given: [String]) -> [String] {
        let names = Set(given.filter { $0.hasPrefix("--") }.map { String($0.dropFirst(2).prefix { $0 != "=" }) })
        return settings.sorted { $0.key < $1.key }.flatMap { name, value -> [String] in
            guard !places.contains(name), !isDecided(name, by: names) else { return [] }
            return switch value {
            case .text(let text): ["--\(name)=\(text)"]
            case .flag(let isOn): isOn ? ["--\(name)"] : []
            case .list(let items): items.map { "--\(name)=\($0)" }
            }
        }
    }

    private static func isDecided(_ name: String, by others: Set<String>) -> Bool {
        others.contains(name) || alternatives.contains { $0.contains(name) && !$0.isDisjoint(with: others) }
    }
}
