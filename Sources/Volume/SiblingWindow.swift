/// Which entries of a folder to ask for ahead of somebody who goes through it in the order of the listing: a pure value.
///
/// The window opens with the second entry in order, doubles as long as the guess is right, shrinks when entries are passed over, and closes
/// when somebody goes elsewhere.
package struct SiblingWindow: Hashable, Sendable {
    private var last: Int?
    private var size = 0
    /// What has been asked for ends here.
    private var end = 0

    package init() {}

    package static let first = 8
    package static let largest = 256
    /// So many entries may be passed over: programs leave some out.
    package static let tolerance = 16

    /// Somebody wants the entry at `place`: gives the places to ask for now, perhaps none. `eagerly`: the guess was right in the folder before.
    package mutating func want(_ place: Int, eagerly: Bool = false) -> Range<Int> {
        defer { last = place }
        guard let last else { return open(eagerly ? 4 * Self.first : 0, from: place) }
        if place == last { return place..<place }
        guard place > last, place - last <= Self.tolerance else { return open(0, from: place) }
        let passedOver = place - last - 1
        size = passedOver <= 1 ? min(Self.largest, max(Self.first, size * 2)) : size / 2
        return ahead(of: place)
    }

    /// All of these are wanted together, as readdirplus does: what follows is wanted next.
    package mutating func want(_ places: Range<Int>, eagerly: Bool = false) -> Range<Int> {
        guard let first = places.first else { return places }
        if let last, first > last + Self.tolerance || first < last - places.count { size = 0 }
        last = places.upperBound - 1
        size = min(Self.largest, max(2 * places.count, size * 2, eagerly ? Self.largest / 2 : 0))
        end = max(end, places.upperBound)
        return ahead(of: places.upperBound - 1)
    }

    /// Whether somebody is going through the folder.
    package var isOpen: Bool { size > 0 }

    private mutating func open(_ size: Int, from place: Int) -> Range<Int> {
        self.size = size
        end = place + 1
        return ahead(of: place)
    }

    /// Half a window at a time, so that there are few rounds.
    private mutating func ahead(of place: Int) -> Range<Int> {
        let start = max(end, place + 1)
        let goal = place + 1 + size
        guard goal - start >= max(1, size / 2) else { return start..<start }
        end = goal
        return start..<goal
    }
}
