import ArgumentParser
import BucketAdministration

/// How a setting is shown: as a table for a person, else as one of the documents.
struct ShownForm: ParsableArguments {
    @Flag(help: "Show it as JSON, in the shape that Amazon's command line takes; null where nothing is set.")
    var json = false

    @Flag(help: "Show the store's own document; nothing where nothing is set.")
    var xml = false

    func validate() throws {
        guard !json || !xml else { throw ValidationError("--json and --xml exclude each other") }
    }

    func show(_ setting: BucketAdministration.Setting) {
        switch setting {
        case .unset where xml: break
        case .unset: Terminal.say(json ? "null" : "not set")
        case .document(let text, let value):
            if xml {
                Terminal.say(text)
            } else if json {
                Terminal.say(value.text)
            } else {
                for line in SettingTable.text(value) { Terminal.say(line) }
            }
        }
    }

    static func show(_ change: BucketAdministration.Change) {
        let lines = LineDifference.lines(from: change.before, to: change.after)
        for line in lines { Terminal.say(line) }
        if lines.isEmpty { Terminal.say("nothing would change") }
    }
}
