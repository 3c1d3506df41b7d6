import ArgumentParser
import PosixMetadata
import Volume

enum PosixChoice: String, ExpressibleByArgument, CaseIterable {
    case on, off
}

enum ListedAttributes: String, ExpressibleByArgument, CaseIterable {
    case stored, all
}

extension AccessTimePolicy: ExpressibleByArgument {}

/// What is kept with the objects besides their bytes.
struct AttributeOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Whether mode, owner, times, links and extended attributes are kept in the objects' metadata; off neither believes nor changes these.",
            valueName: "on|off"))
    var posix = PosixChoice.on

    @Option(
        help: ArgumentHelp(
            "When reading a file changes its access time: off, or relatime (a request for each file read, at most once a day).", valueName: "rule"))
    var atime = AccessTimePolicy.off

    @Option(
        help: ArgumentHelp(
            "Which extended attributes a list of them shows: those that are stored, or all, the windlass.* among them, which other file systems do "
                + "not take from programs that copy all there are.", valueName: "stored|all"))
    var listXattrs = ListedAttributes.stored

    func apply(to options: inout VolumeOptions) {
        options.keepsAttributes = posix == .on
        options.hasAccessLists = posix == .on
        options.accessTimes = atime
        options.listsFacts = listXattrs == .all
    }
}
