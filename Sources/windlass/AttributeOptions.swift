import ArgumentParser
import PosixMetadata
import Volume

enum PosixChoice: String, ExpressibleByArgument, CaseIterable {
    case on, off
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

    @Flag(help: "Leave the windlass.* attributes out of lists of attributes, for programs that copy all there are (rsync -X as root).")
    var hideObjectAttributes = false

    func apply(to options: inout VolumeOptions) {
        options.keepsAttributes = posix == .on
        options.hasAccessLists = posix == .on
        options.accessTimes = atime
        options.listsFacts = !hideObjectAttributes
    }
}
