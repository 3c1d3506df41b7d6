import ArgumentParser
import RemoteStore

/// What a new bucket is to be like. Its storage class and access list are the options that objects have.
struct NewBucketOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where the bucket is to lie, in the store's own words. Default: the endpoint's own place. OOS: where its index is kept.",
            valueName: "place"))
    var location: String?

    @Flag(help: "Versions of its objects can be locked.")
    var objectLock = false

    @Flag(help: "OBS: a parallel file system.")
    var fileSystem = false

    @Flag(help: "OBS: keep it in several availability zones.")
    var multipleZones = false

    @Option(help: ArgumentHelp("IBM COS: root key of Key Protect that encrypts it.", valueName: "crn"))
    var rootKey: String?

    @Option(help: ArgumentHelp("IBM COS: instance that it is to belong to. Default: the one that the credentials name.", valueName: "id"))
    var serviceInstance: String?

    @Option(help: ArgumentHelp("OOS: places for the bytes, separated by commas.", valueName: "places"))
    var dataLocation: String?

    @Flag(help: "OOS: bytes never go to other places than those.")
    var onlyThere = false

    func wishes(_ objects: NewObjectOptions) -> BucketWishes {
        var wishes = BucketWishes()
        wishes.location = location
        wishes.objectLock = objectLock
        wishes.fileSystem = fileSystem
        wishes.multipleZones = multipleZones
        wishes.rootKey = rootKey
        wishes.serviceInstance = serviceInstance
        wishes.dataLocations = dataLocation.map { $0.split(separator: ",").map(String.init) } ?? []
        wishes.mayGoElsewhere = !onlyThere
        wishes.storageClass = objects.storageClass
        wishes.accessControl = objects.acl
        return wishes
    }
}
