/// One name under which some tool keeps one attribute, and how it writes it.
struct MetadataForm {
    enum Value {
        case mode(FileMode.Form)
        case userID
        case groupID
        case accessed(StoredTime.Form)
        case modified(StoredTime.Form)
        case changed(StoredTime.Form)
    }

    let name: String
    let value: Value

    init(_ name: String, _ value: Value) {
        self.name = name
        self.value = value
    }

    /// In the order in which they are believed: the first that an object has, and that can be read, counts.
    static let all: [MetadataForm] = s3fs + s3sync + google + amazon

    /// s3fs, ossfs, cosfs, obsfs, Resilio; GeeseFS (whole seconds); rclone (octal mode, times as RFC 3339 but mtime).
    static let s3fs = [
        MetadataForm("mode", .mode(.ambiguous)), MetadataForm("uid", .userID), MetadataForm("gid", .groupID),
        MetadataForm("atime", .accessed(.fraction)), MetadataForm("mtime", .modified(.fraction)), MetadataForm("ctime", .changed(.fraction)),
    ]

    private static let s3sync = [
        MetadataForm("permissions", .mode(.decimal)), MetadataForm("owner", .userID), MetadataForm("group", .groupID),
    ]

    /// gsutil, gcloud storage, gcsfuse.
    private static let google = [
        MetadataForm("goog-reserved-posix-mode", .mode(.octal)), MetadataForm("goog-reserved-posix-uid", .userID),
        MetadataForm("goog-reserved-posix-gid", .groupID), MetadataForm("goog-reserved-file-atime", .accessed(.seconds)),
        MetadataForm("gcsfuse_mtime", .modified(.dateAndTime)), MetadataForm("goog-reserved-file-mtime", .modified(.seconds)),
    ]

    /// FSx for Lustre, S3 Files, File Cache, DataSync, Storage Gateway; Mountpoint plans the same.
    private static let amazon = [
        MetadataForm("file-permissions", .mode(.typedOctal)), MetadataForm("file-owner", .userID), MetadataForm("file-group", .groupID),
        MetadataForm("file-atime", .accessed(.nanoseconds)), MetadataForm("file-mtime", .modified(.nanoseconds)),
        MetadataForm("file-ctime", .changed(.nanoseconds)),
    ]
}
