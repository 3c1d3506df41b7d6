/// Named stores and mounts, and what all mounts have in common, from configuration files.
package struct Configuration: Hashable, Sendable {
    /// Options by name, without the dashes.
    package typealias Settings = [String: SettingValue]

    /// `[defaults]`: of every mount.
    package private(set) var defaults: Settings = [:]
    /// `[remotes.NAME]`: how a store is reached.
    package private(set) var remotes: [String: Settings] = [:]
    /// `[mounts.NAME]`: a bucket and a directory.
    package private(set) var mounts: [String: Settings] = [:]

    package init() {}

    /// Reads one more file; what it says counts more than what was read before. `file` is named in errors.
    package mutating func add(_ text: String, file: String) throws(ConfigurationError) {
        var path: [String]?
        var seen: Set<[String]> = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            do throws(TOMLLine.Failure) {
                switch try TOMLLine.parse(line) {
                case .nothing: break
                case .table(let name):
                    guard seen.insert(name).inserted else { throw TOMLLine.Failure(reason: "[\(name.joined(separator: "."))] is there twice") }
                    try begin(name)
                    path = name
                case .setting(let key, let value):
                    guard let path else { throw TOMLLine.Failure(reason: "\(key) stands before the first table, e.g. [defaults]") }
                    guard seen.insert(path + [key]).inserted else { throw TOMLLine.Failure(reason: "\(key) is set twice") }
                    set(key, value, in: path)
                }
            } catch {
                throw ConfigurationError(file, index + 1, error.reason)
            }
        }
    }

    /// A table may be there without a setting.
    private mutating func begin(_ path: [String]) throws(TOMLLine.Failure) {
        switch (path.first, path.count) {
        case ("defaults", 1): break
        case ("remotes", 2): remotes[path[1], default: [:]].merge([:]) { $1 }
        case ("mounts", 2): mounts[path[1], default: [:]].merge([:]) { $1 }
        default:
            throw TOMLLine.Failure(
                reason: "there is no table [\(path.joined(separator: "."))]; known are [defaults], [remotes.NAME] and [mounts.NAME]")
        }
    }

    private mutating func set(_ key: String, _ value: SettingValue, in path: [String]) {
        switch path[0] {
        case "remotes": remotes[path[1], default: [:]][key] = value
        case "mounts": mounts[path[1], default: [:]][key] = value
        default: defaults[key] = value
        }
    }
}
