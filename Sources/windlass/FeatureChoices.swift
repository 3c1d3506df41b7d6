import ArgumentParser
import BucketAdministration

/// A command for each row of the table of features.
enum FeatureChoices {
    static let commands: [any ParsableCommand.Type] = [
        FeatureCommand<Location>.self, FeatureCommand<StorageInfo>.self, FeatureCommand<Quota>.self, FeatureCommand<StorageClass>.self,
        FeatureCommand<ACL>.self, FeatureCommand<Policy>.self, FeatureCommand<PolicyStatus>.self, FeatureCommand<PublicAccess>.self,
        FeatureCommand<Firewall>.self,
        FeatureCommand<Ownership>.self, FeatureCommand<Versioning>.self, FeatureCommand<ObjectLock>.self, FeatureCommand<Protection>.self,
        FeatureCommand<Lifecycle>.self, FeatureCommand<ColdAccess>.self, FeatureCommand<Encryption>.self, FeatureCommand<Replication>.self,
        FeatureCommand<Trigger>.self, FeatureCommand<Tags>.self, FeatureCommand<CORS>.self, FeatureCommand<Website>.self,
        FeatureCommand<Domain>.self, FeatureCommand<Accelerate>.self, FeatureCommand<Logging>.self, FeatureCommand<Notification>.self,
        FeatureCommand<Inventory>.self, FeatureCommand<RequestPayment>.self,
    ]

    enum Location: FeatureChoice { static let feature = BucketFeature.location }
    enum StorageInfo: FeatureChoice { static let feature = BucketFeature.storageInfo }
    enum Quota: FeatureChoice { static let feature = BucketFeature.quota }
    enum StorageClass: FeatureChoice { static let feature = BucketFeature.storageClass }
    enum ACL: FeatureChoice { static let feature = BucketFeature.acl }
    enum Policy: FeatureChoice { static let feature = BucketFeature.policy }
    enum PolicyStatus: FeatureChoice { static let feature = BucketFeature.policyStatus }
    enum PublicAccess: FeatureChoice { static let feature = BucketFeature.publicAccess }
    enum Firewall: FeatureChoice { static let feature = BucketFeature.firewall }
    enum Ownership: FeatureChoice { static let feature = BucketFeature.ownership }
    enum Versioning: FeatureChoice { static let feature = BucketFeature.versioning }
    enum ObjectLock: FeatureChoice { static let feature = BucketFeature.objectLock }
    enum Protection: FeatureChoice { static let feature = BucketFeature.protection }
    enum Lifecycle: FeatureChoice { static let feature = BucketFeature.lifecycle }
    enum ColdAccess: FeatureChoice { static let feature = BucketFeature.coldAccess }
    enum Encryption: FeatureChoice { static let feature = BucketFeature.encryption }
    enum Replication: FeatureChoice { static let feature = BucketFeature.replication }
    enum Trigger: FeatureChoice { static let feature = BucketFeature.trigger }
    enum Tags: FeatureChoice { static let feature = BucketFeature.tags }
    enum CORS: FeatureChoice { static let feature = BucketFeature.cors }
    enum Website: FeatureChoice { static let feature = BucketFeature.website }
    enum Domain: FeatureChoice { static let feature = BucketFeature.domain }
    enum Accelerate: FeatureChoice { static let feature = BucketFeature.accelerate }
    enum Logging: FeatureChoice { static let feature = BucketFeature.logging }
    enum Notification: FeatureChoice { static let feature = BucketFeature.notification }
    enum Inventory: FeatureChoice { static let feature = BucketFeature.inventory }
    enum RequestPayment: FeatureChoice { static let feature = BucketFeature.requestPayment }
}
