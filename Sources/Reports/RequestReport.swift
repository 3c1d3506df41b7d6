/// What there has been of one kind of requests since the mount began.
package struct RequestReport: Codable, Hashable, Sendable {
    package var kind: String
    package var sent: Int
    package var answered: Int
    package var failed: Int
    package var throttled: Int
    /// Until the first byte of the answer, of all answers together.
    package var seconds: Double
    /// How many answers took no longer than so many seconds, ascending: each counts those before it, too.
    package var within: [Bound]
    /// In seconds, of the last few hundred answers; nil without any.
    package var latency: Latency?

    package struct Bound: Codable, Hashable, Sendable {
        package var seconds: Double
        package var count: Int

        package init(seconds: Double, count: Int) {
            self.seconds = seconds
            self.count = count
        }
    }

    package struct Latency: Codable, Hashable, Sendable {
        package var half: Double
        package var ninety: Double
        package var ninetyNine: Double

        package init(half: Double, ninety: Double, ninetyNine: Double) {
            self.half = half
            self.ninety = ninety
            self.ninetyNine = ninetyNine
        }
    }

    package init(
        kind: String, sent: Int, answered: Int, failed: Int, throttled: Int, seconds: Double, within: [Bound], latency: Latency?
    ) {
        self.kind = kind
        self.sent = sent
        self.answered = answered
        self.failed = failed
        self.throttled = throttled
        self.seconds = seconds
        self.within = within
        self.latency = latency
    }
}

/// A warning or an error that the mount has logged.
package struct MessageReport: Codable, Hashable, Sendable {
    /// In seconds since 1970.
    package var time: Double
    package var level: String
    package var text: String

    package init(time: Double, level: String, text: String) {
        self.time = time
        self.level = level
        self.text = text
    }
}

/// How a mount was told to be, and how it reaches its bucket.
package struct SettingsReport: Codable, Hashable, Sendable {
    package var dialect: String
    package var signature: String
    package var region: String
    /// Where the credentials in use came from; nil before the first.
    package var credentials: String?
    /// As they were given, on the command line and in configuration files; what is not there is as the documentation says.
    package var options: [String]
    package var logLevel: String

    package init(dialect: String, signature: String, region: String, credentials: String?, options: [String], logLevel: String) {
        self.dialect = dialect
        self.signature = signature
        self.region = region
        self.credentials = credentials
        self.options = options
        self.logLevel = logLevel
    }
}
