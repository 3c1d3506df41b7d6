import ArgumentParser

/// `windlass object`: what can be done with objects without a mount.
struct ObjectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "object", abstract: "Works on objects, and on what is kept beside them.",
        discussion: "An object is written as BUCKET/KEY or as a URL: s3://BUCKET/KEY, obs://, cos:// or oos://.",
        subcommands: [
            ObjectListCommand.self, ObjectStatCommand.self, ObjectPutCommand.self, ObjectGetCommand.self, ObjectCatCommand.self,
            ObjectCopyCommand.self, ObjectMoveCommand.self, ObjectDeleteCommand.self, ObjectAppendCommand.self,
        ],
        groupedSubcommands: [
            CommandGroup(
                name: "Beside the bytes",
                subcommands: [ObjectTagCommand.self, ObjectACLCommand.self, ObjectMetadataCommand.self, ObjectVersionsCommand.self]),
            CommandGroup(
                name: "Archives and locks", subcommands: [ObjectRestoreCommand.self, ObjectRetentionCommand.self, ObjectLegalHoldCommand.self]),
            CommandGroup(name: "For others", subcommands: [ObjectPresignCommand.self, ObjectFormCommand.self]),
        ])
}

/// `KEY=VALUE` on the command line.
struct NamedText: ExpressibleByArgument {
    let name: String
    let value: String

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else { return nil }
        name = String(argument[..<equals])
        value = String(argument[argument.index(after: equals)...])
    }
}
