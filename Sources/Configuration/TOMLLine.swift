/// One line of a configuration file.
///
/// The part of TOML 1.0 that settings need: tables, bare and quoted keys, strings of both kinds on one line, whole numbers, fractions, booleans, arrays on
/// one line, comments. Everything else that TOML has is refused with its name, never misread.
enum TOMLLine: Equatable {
    case nothing
    /// `[a.b]`
    case table([String])
    /// `key = value`
    case setting(String, SettingValue)

    struct Failure: Error {
        let reason: String
    }

    static func parse(_ line: Substring) throws(Failure) -> TOMLLine {
        var scanner = TOMLScanner(line)
        scanner.skipSpace()
        if scanner.isAtEnd { return .nothing }
        if scanner.take("[") {
            guard !scanner.take("[") else { throw Failure(reason: "arrays of tables are not used here") }
            let path = try table(&scanner)
            try end(&scanner)
            return .table(path)
        }
        let key = try scanner.key()
        scanner.skipSpace()
        guard scanner.peek != "." else { throw Failure(reason: "dotted keys are not used here; put \(key) into a table of its own") }
        guard scanner.take("=") else { throw Failure(reason: "\(key) needs a value: \(key) = ...") }
        scanner.skipSpace()
        let value = try scanner.value()
        try end(&scanner)
        return .setting(key, value)
    }

    private static func table(_ scanner: inout TOMLScanner) throws(Failure) -> [String] {
        var path: [String] = []
        repeat {
            scanner.skipSpace()
            path.append(try scanner.key())
            scanner.skipSpace()
        } while scanner.take(".")
        guard scanner.take("]") else { throw Failure(reason: "the table's name has no end: ]") }
        return path
    }

    private static func end(_ scanner: inout TOMLScanner) throws(Failure) {
        scanner.skipSpace()
        guard scanner.isAtEnd else { throw Failure(reason: "after the value there is more: \(scanner.rest)") }
    }
}

/// The value of a setting, as options take it.
package enum SettingValue: Hashable, Sendable {
    case text(String)
    case flag(Bool)
    case list([String])
}
