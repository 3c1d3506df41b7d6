package import FileSystemTypes
package import ObjectStorage

/// A name in a folder as a listing shows it.
package struct ListedName: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case object(ListedObject)
        case folder(FolderKey)
        /// A folder that long components go on in.
        case continuation(FolderKey)
    }

    package let name: FileName
    package let kind: Kind
}

/// Turns the listing of a folder (its prefix, delimiter `/`) into names, page by page.
///
/// An object is held back until the listing is past the folder of the same name, because that decides what the object is called: `a`,
/// then `a-1`, `a.txt`, and only then `a/`. Not more than one object for each byte of a component is held at a time.
/// The names come in an order of their own, which is the same for the same listing.
///
/// The listing must go up by bytes, as S3's do: sort one that does not. Earlier versions among it may stand anywhere.
package struct FolderNames: Sendable {
    private let folder: FolderKey
    /// Each is the beginning of the next; the listing stands before the folder of each.
    private var held: [ListedObject] = []
    private var lastContinuation: FolderKey?
    /// The folder's own key, once the listing has shown it (always on the first page, in the first place).
    package private(set) var marker: ListedObject?

    package init(of folder: FolderKey) {
        self.folder = folder
    }

    /// The names that are certain after this page.
    package mutating func add(_ page: ListPage) -> [ListedName] {
        var names: [ListedName] = []
        var objects = page.objects[...]
        var prefixes = page.commonPrefixes[...]
        while objects.first != nil || prefixes.first != nil {
            if let object = objects.first, prefixes.first.map({ object.key < $0 }) ?? true {
                objects.removeFirst()
                add(object, to: &names)
            } else if let prefix = prefixes.popFirst() {
                add(prefix, to: &names)
            }
        }
        return names
    }

    /// The last names, after the last page.
    package mutating func finish() -> [ListedName] {
        var names: [ListedName] = []
        while let object = held.popLast() { show(object, besideFolder: false, in: &names) }
        return names
    }

    private mutating func add(_ object: ListedObject, to names: inout [ListedName]) {
        // It says nothing of how far the listing is.
        guard object.version == nil else { return show(object, besideFolder: false, in: &names) }
        release(before: object.key, to: &names)
        guard let component = component(of: object.key), !component.contains(slash) else { return }
        if object.key == folder.marker {
            marker = object
            if object.size == 0 { return }
        }
        held.append(object)
    }

    private mutating func add(_ prefix: Key, to names: inout [ListedName]) {
        release(before: prefix, to: &names)
        guard prefix.bytes.last == slash, let component = component(of: Key(Array(prefix.bytes.dropLast()))) else { return }
        show(component, besideFolder: false, as: .folder(FolderKey(prefix: prefix)), in: &names)
    }

    /// Shows the objects whose folders the listing, being at `key` now, has passed or reached.
    private mutating func release(before key: Key, to names: inout [ListedName]) {
        while let object = held.last {
            let length = object.key.bytes.count
            let next = key.bytes.starts(with: object.key.bytes) && key.bytes.count > length ? key.bytes[length] : nil
            if let next, next < slash { return }
            held.removeLast()
            show(object, besideFolder: next == slash, in: &names)
        }
    }

    private mutating func show(_ object: ListedObject, besideFolder: Bool, in names: inout [ListedName]) {
        guard let component = component(of: object.key) else { return }
        show(component, besideFolder: besideFolder, as: .object(object), in: &names)
    }

    private mutating func show(_ component: [UInt8], besideFolder: Bool, as kind: ListedName.Kind, in names: inout [ListedName]) {
        guard let piece = ComponentSpelling(component, besideFolder: besideFolder).piece(at: folder.openBytes) else { return }
        guard !piece.isLast else {
            names.append(ListedName(name: piece.name, kind: kind))
            return
        }
        let more = FolderKey(prefix: Key(folder.prefix.bytes + component[piece.bytes]), openBytes: piece.bytes.upperBound)
        guard more != lastContinuation else { return }
        lastContinuation = more
        names.append(ListedName(name: piece.name, kind: .continuation(more)))
    }

    /// The whole component that a key of this folder ends in; nil for keys of other folders.
    private func component(of key: Key) -> [UInt8]? {
        guard key.bytes.starts(with: folder.prefix.bytes) else { return nil }
        return Array(key.bytes.dropFirst(folder.prefix.bytes.count - folder.openBytes))
    }
}
