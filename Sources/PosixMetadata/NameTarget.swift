package import FileSystemTypes
package import ObjectStorage

/// What a name in a folder can mean to the store.
package enum NameTarget: Hashable, Sendable {
    /// A folder if any key begins with the folder's prefix, else the object if there is one.
    case entry(EntryKeys)
    /// This object and never a folder (`%@file-…`): also where the folder that it was beside is gone.
    /// With `isMarker` it is the marker of the folder that the name is in: shown as a file only while it has content.
    case object(Key, isMarker: Bool)
    /// A folder that a long component goes on in (`%@more-…`): always there, whatever the store has.
    case continuation(FolderKey)
    /// No key has this name: ENOENT where it is looked up, EINVAL where it is to be made.
    case nothing
}

/// The keys that one name stands for.
package struct EntryKeys: Hashable, Sendable {
    /// Nil only for the key without bytes, which is none.
    package let object: Key?
    /// Nil where the prefix would be longer than a key may be.
    package let folder: FolderKey?
    /// `object` is the marker of the folder that the name is in: it is shown as a file only while it has content.
    package let objectIsMarker: Bool
}

extension NameTarget {
    /// The key of a file to be made under the name. Throws EINVAL where no file can have the name.
    ///
    /// A file without content cannot be told from the folder it is in when its key is that folder's marker, so none is made there.
    package func newObject() throws(Errno) -> Key {
        switch self {
        case .entry(let keys):
            guard let object = keys.object, !keys.objectIsMarker else { throw .invalidArgument }
            return object
        case .object(let key, let isMarker):
            guard !isMarker else { throw .invalidArgument }
            return key
        case .continuation: throw .exists
        case .nothing: throw .invalidArgument
        }
    }

    /// The folder to be made under the name. Throws EEXIST for continuations, which always exist, ENAMETOOLONG where its keys would be
    /// too long, EINVAL where no folder can have the name.
    package func newFolder() throws(Errno) -> FolderKey {
        switch self {
        case .entry(let keys):
            guard let folder = keys.folder else { throw .nameTooLong }
            return folder
        case .continuation: throw .exists
        case .object, .nothing: throw .invalidArgument
        }
    }
}
