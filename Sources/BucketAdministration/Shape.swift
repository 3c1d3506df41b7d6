/// What a part of a document looks like, both as the JSON of Amazon's command line and as the store's XML.
package indirect enum Shape: Hashable, Sendable {
    case text
    case integer(ClosedRange<Int64>)
    case boolean
    /// A day or a moment in UTC (ISO 8601).
    case date
    /// One of these words.
    case choice([String])
    /// Members in the order in which the XML has them.
    case structure([Member])

    static let count = Shape.integer(0...Int64.max)
    static let positive = Shape.integer(1...Int64.max)
    static let status = Shape.choice(["Enabled", "Disabled"])
}

/// One member of a structure.
package struct Member: Hashable, Sendable {
    /// How often it occurs, and how that is written.
    package enum Occurrence: Hashable, Sendable {
        case once
        /// A list in JSON; in XML the element again and again, without one around them.
        case flat
        /// A list in JSON; in XML one element with elements of this name.
        case wrapped(String)
        /// The attribute `xsi:type` of the structure's element; which it is follows from the element that the structure has besides.
        case type([String: String])
    }

    /// In JSON.
    package let name: String
    /// In XML.
    package let element: String
    package let shape: Shape
    package let isRequired: Bool
    package let occurrence: Occurrence

    private init(_ name: String, _ element: String?, _ shape: Shape, _ isRequired: Bool, _ occurrence: Occurrence) {
        self.name = name
        self.element = element ?? name
        self.shape = shape
        self.isRequired = isRequired
        self.occurrence = occurrence
    }

    static func one(_ name: String, _ shape: Shape = .text, as element: String? = nil) -> Member {
        Member(name, element, shape, false, .once)
    }

    static func one(_ name: String, as element: String? = nil, _ members: [Member]) -> Member {
        Member(name, element, .structure(members), false, .once)
    }

    /// A list whose entries stand in XML one after the other.
    static func many(_ name: String, as element: String, _ shape: Shape = .text) -> Member {
        Member(name, element, shape, false, .flat)
    }

    /// A list whose entries stand in XML within one element.
    static func list(_ name: String, in element: String? = nil, of item: String, _ shape: Shape) -> Member {
        Member(name, element, shape, false, .wrapped(item))
    }

    static func type(_ name: String, _ words: [String: String]) -> Member {
        Member(name, "xsi:type", .choice(words.values.sorted()), false, .type(words))
    }

    /// The same member, which must be there; a list must have an entry.
    var required: Member { Member(name, element, shape, true, occurrence) }
}
