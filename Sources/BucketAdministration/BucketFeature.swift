package import RemoteStore

/// One thing that a bucket can be set to, in all dialects: a row of the table of features.
package struct BucketFeature: Sendable {
    /// As commands call it.
    package let name: String
    /// What it is, as the end of "Shows, changes or removes ...".
    package let title: String
    /// Names that Amazon's command line puts around the document when it shows it.
    let wrappers: [String]
    let forms: [Wire: FeatureForm]
    /// What to do where a family has nothing of the kind.
    let hints: [Dialect.Family: String]

    init(
        _ name: String, _ title: String, wrappers: [String] = [], _ forms: [Wire: FeatureForm], hints: [Dialect.Family: String] = [:]
    ) {
        self.name = name
        self.title = title
        self.wrappers = wrappers
        self.forms = forms
        self.hints = hints
    }

    package enum Verb: String, Hashable, Sendable, CaseIterable {
        case get, set, delete
    }

    /// The forms of the protocol in which documents differ: OBS has two.
    package enum Wire: Hashable, Sendable, CaseIterable {
        case s3, obs, obsCompatible, cos, oos

        package init(_ dialect: Dialect) {
            switch dialect.family {
            case .s3: self = .s3
            case .obs: self = dialect.headerPrefix == "x-obs-" ? .obs : .obsCompatible
            case .cos: self = .cos
            case .oos: self = .oos
            }
        }
    }

    /// Nil where the dialect has nothing of the kind.
    package func form(_ wire: Wire) -> FeatureForm? { forms[wire] }

    /// What some dialect lets be done with it.
    package var verbs: Set<Verb> {
        forms.values.reduce(into: []) { $0.formUnion($1.verbs) }
    }
}

/// How a feature is spoken of in one dialect.
package struct FeatureForm: Sendable {
    /// The parameter of the query.
    var resource: String
    package var document: DocumentForm
    /// Where no document tells it: headers of the answer to HEAD on the bucket, with their names in JSON. They count where one of them is there.
    var headers: [Header] = []
    /// IBM: members of what the Resource Configuration API tells, with their names in JSON; one without a name is the whole.
    var resourceMembers: [Header] = []
    /// Other documents that a store may answer with, by their roots.
    var alternatives: [DocumentForm] = []
    /// It can be changed.
    var isSettable = true
    /// It is changed by making the bucket anew, which the store knows as ours.
    var changesBucket = false
    /// It is changed by words only, though it is shown as a document.
    package var takesWordsOnly = false
    var removal = Removal.request
    /// What a store tells that has nothing set.
    var nothing: JSONValue?
    /// How one of several is named; nil where there is one.
    package var naming: Naming?
    /// What can be said in a word instead of a document.
    package var shorthand: Shorthand?
    var contentType: String?
    /// What a shape cannot say: findings of a document.
    var checks: [@Sendable (JSONValue) -> [String]] = []

    struct Header: Hashable, Sendable {
        /// Of a header, in lower case.
        let field: String
        let name: String
    }

    /// How it is taken away again.
    enum Removal: Hashable, Sendable {
        case request
        /// By a document that says so.
        case document(JSONValue)
        /// Not at all.
        case never
    }

    /// How one of several is named in the query.
    package enum Naming: Hashable, Sendable {
        /// By a parameter of its own, when it is asked for, changed and removed.
        case parameter(String)
        /// As the sub-resource's value, when it is changed and removed.
        case value
        /// As the sub-resource's value, when it is removed; its document says it too.
        case removedByValue
    }

    /// What a word stands for.
    package enum Shorthand: Hashable, Sendable {
        /// The text of a member.
        case member(String)
        /// A number of bytes, perhaps with a unit.
        case size(String)
        /// `KEY=VALUE` as an entry of a list.
        case pairs(String)
        /// An access-control list that has a name, sent as a header; of the bucket itself where the sub-resource cannot be changed.
        case canned([String], onBucket: Bool)
    }

    init(_ resource: String, _ document: DocumentForm) {
        self.resource = resource
        self.document = document
    }

    /// What only headers tell.
    init(headers: [Header]) {
        self.init("", .none)
        self.headers = headers
        isSettable = false
    }

    /// What only the Resource Configuration API of IBM tells.
    init(resource: [Header], _ members: [Member]) {
        self.init("", .xml(root: "", members))
        resourceMembers = resource
    }

    package var verbs: Set<BucketFeature.Verb> {
        var verbs: Set<BucketFeature.Verb> = [.get]
        if isSettable { verbs.insert(.set) }
        if isSettable, removal != .never { verbs.insert(.delete) }
        return verbs
    }

    /// The same with some things different.
    func with(_ change: (inout FeatureForm) -> Void) -> FeatureForm {
        var form = self
        change(&form)
        return form
    }
}
