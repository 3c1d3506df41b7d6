import BucketAdministration

/// Documents as the vendors' own clients send them, and as stores answer.
enum DocumentCases {
    private static let s3 = " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""
    private static let xsi = " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""

    static let sent: [DocumentCase] = huawei + compatible + amazon + others

    private static let huawei: [DocumentCase] = [
        DocumentCase("quota", .obs, #"{"StorageQuota": 1024}"#, "<Quota><StorageQuota>1024</StorageQuota></Quota>"),
        DocumentCase("storage-class", .obs, #"{"StorageClass": "WARM"}"#, "<StorageClass>WARM</StorageClass>"),
        DocumentCase(
            "acl", .obs,
            #"""
            {"Owner": {"ID": "own"}, "Grants": [{"Grantee": {"ID": "gid"}, "Permission": "READ", "Delivered": true},
            {"Grantee": {"Canned": "Everyone"}, "Permission": "READ"}]}
            """#,
            "<AccessControlPolicy><Owner><ID>own</ID></Owner><AccessControlList><Grant><Grantee><ID>gid</ID></Grantee><Permission>READ</Permission>"
                + "<Delivered>true</Delivered></Grant><Grant><Grantee><Canned>Everyone</Canned></Grantee><Permission>READ</Permission></Grant>"
                + "</AccessControlList></AccessControlPolicy>"),
        DocumentCase(
            "lifecycle", .obs, lifecycle("WARM", "COLD"),
            "<LifecycleConfiguration><Rule><ID>r</ID><Prefix>p</Prefix><Status>Enabled</Status><Transition><Days>3</Days>"
                + "<StorageClass>WARM</StorageClass></Transition><Expiration><Days>10</Days></Expiration><NoncurrentVersionTransition>"
                + "<NoncurrentDays>4</NoncurrentDays><StorageClass>COLD</StorageClass></NoncurrentVersionTransition><NoncurrentVersionExpiration>"
                + "<NoncurrentDays>5</NoncurrentDays></NoncurrentVersionExpiration><AbortIncompleteMultipartUpload><DaysAfterInitiation>7"
                + "</DaysAfterInitiation></AbortIncompleteMultipartUpload></Rule></LifecycleConfiguration>"),
        DocumentCase(
            "cors", .obs,
            #"""
            {"CORSRules": [{"ID": "1", "AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "AllowedHeaders": ["h"], "MaxAgeSeconds": 10,
            "ExposeHeaders": ["e"]}]}
            """#,
            "<CORSConfiguration><CORSRule><ID>1</ID><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin><AllowedHeader>h</AllowedHeader>"
                + "<MaxAgeSeconds>10</MaxAgeSeconds><ExposeHeader>e</ExposeHeader></CORSRule></CORSConfiguration>"),
        DocumentCase(
            "logging", .obs,
            #"""
            {"Agency": "ag", "LoggingEnabled": {"TargetBucket": "t", "TargetPrefix": "p",
            "TargetGrants": [{"Grantee": {"ID": "g"}, "Permission": "READ"}]}}
            """#,
            "<BucketLoggingStatus><Agency>ag</Agency><LoggingEnabled><TargetBucket>t</TargetBucket><TargetPrefix>p</TargetPrefix><TargetGrants><Grant>"
                + "<Grantee><ID>g</ID></Grantee><Permission>READ</Permission></Grant></TargetGrants></LoggingEnabled></BucketLoggingStatus>"),
        DocumentCase(
            "website", .obs,
            #"""
            {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "err.html"},
            "RoutingRules": [{"Condition": {"KeyPrefixEquals": "a"}, "Redirect": {"HostName": "h", "HttpRedirectCode": "302"}}]}
            """#,
            "<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument><ErrorDocument><Key>err.html</Key></ErrorDocument>"
                + "<RoutingRules><RoutingRule><Condition><KeyPrefixEquals>a</KeyPrefixEquals></Condition><Redirect><HostName>h</HostName>"
                + "<HttpRedirectCode>302</HttpRedirectCode></Redirect></RoutingRule></RoutingRules></WebsiteConfiguration>"),
        DocumentCase(
            "tags", .obs, #"{"TagSet": [{"Key": "a", "Value": "b"}]}"#,
            "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"),
        DocumentCase(
            "notification", .obs, notification("ObjectCreated:*"),
            "<NotificationConfiguration><TopicConfiguration><Id>1</Id><Filter><Object><FilterRule><Name>prefix</Name><Value>p</Value></FilterRule>"
                + "</Object></Filter><Topic>urn:smn:t</Topic><Event>ObjectCreated:*</Event></TopicConfiguration></NotificationConfiguration>"),
        DocumentCase("encryption", .obs, encryption("kms"), encrypted("kms", "")),
        DocumentCase(
            "replication", .obs,
            #"""
            {"Agency": "ag", "Rules": [{"ID": "1", "Prefix": "p", "Status": "Enabled", "HistoricalObjectReplication": "Enabled",
            "Destination": {"Bucket": "dst", "StorageClass": "WARM", "DeleteData": "Enabled"}}]}
            """#,
            "<ReplicationConfiguration><Agency>ag</Agency><Rule><ID>1</ID><Prefix>p</Prefix><Status>Enabled</Status><HistoricalObjectReplication>Enabled"
                + "</HistoricalObjectReplication><Destination><Bucket>dst</Bucket><StorageClass>WARM</StorageClass><DeleteData>Enabled</DeleteData>"
                + "</Destination></Rule></ReplicationConfiguration>"),
        DocumentCase(
            "request-payment", .obs, #"{"Payer": "Requester"}"#,
            "<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>"),
        DocumentCase(
            "versioning", .obs, #"{"Status": "Enabled"}"#, "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"),
        DocumentCase(
            "cold-access", .obs, #"{"Status": "Enabled"}"#, "<DirectColdAccessConfiguration><Status>Enabled</Status></DirectColdAccessConfiguration>"),
        DocumentCase(
            "inventory", .obs,
            #"""
            {"Id": "i", "IsEnabled": true, "Filter": {"Prefix": "p"}, "Destination": {"Format": "CSV", "Bucket": "b", "Prefix": "q"},
            "Schedule": {"Frequency": "Daily"}, "IncludedObjectVersions": "All", "OptionalFields": ["Size", "ETag"]}
            """#,
            "<InventoryConfiguration><Id>i</Id><IsEnabled>true</IsEnabled><Filter><Prefix>p</Prefix></Filter><Destination><Format>CSV</Format>"
                + "<Bucket>b</Bucket><Prefix>q</Prefix></Destination><Schedule><Frequency>Daily</Frequency></Schedule><IncludedObjectVersions>All"
                + "</IncludedObjectVersions><OptionalFields><Field>Size</Field><Field>ETag</Field></OptionalFields></InventoryConfiguration>"),
    ]

    private static let compatible: [DocumentCase] = [
        DocumentCase(
            "storage-class", .obsCompatible, #"{"StorageClass": "STANDARD_IA"}"#,
            "<StoragePolicy><DefaultStorageClass>STANDARD_IA</DefaultStorageClass></StoragePolicy>"),
        DocumentCase(
            "acl", .obsCompatible,
            #"""
            {"Owner": {"ID": "own"}, "Grants": [{"Grantee": {"Type": "CanonicalUser", "ID": "gid"}, "Permission": "READ"},
            {"Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}, "Permission": "READ"}]}
            """#,
            "<AccessControlPolicy><Owner><ID>own</ID></Owner><AccessControlList><Grant><Grantee\(xsi) xsi:type=\"CanonicalUser\"><ID>gid</ID></Grantee>"
                + "<Permission>READ</Permission></Grant><Grant><Grantee\(xsi) xsi:type=\"Group\"><URI>http://acs.amazonaws.com/groups/global/AllUsers"
                + "</URI></Grantee><Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>"),
        DocumentCase(
            "notification", .obsCompatible, notification("s3:ObjectCreated:*"),
            "<NotificationConfiguration><TopicConfiguration><Id>1</Id><Filter><S3Key><FilterRule><Name>prefix</Name><Value>p</Value></FilterRule></S3Key>"
                + "</Filter><Topic>urn:smn:t</Topic><Event>s3:ObjectCreated:*</Event></TopicConfiguration></NotificationConfiguration>"),
        DocumentCase("encryption", .obsCompatible, encryption("aws:kms"), encrypted("aws:kms", "")),
    ]

    private static let amazon: [DocumentCase] = [
        DocumentCase("encryption", .s3, encryption("aws:kms"), encrypted("aws:kms", s3)),
        DocumentCase(
            "public-access", .s3, #"{"BlockPublicAcls": true, "RestrictPublicBuckets": false}"#,
            "<PublicAccessBlockConfiguration\(s3)><BlockPublicAcls>true</BlockPublicAcls><RestrictPublicBuckets>false</RestrictPublicBuckets>"
                + "</PublicAccessBlockConfiguration>"),
        DocumentCase(
            "lifecycle", .s3,
            #"""
            {"Rules": [{"Status": "Disabled", "Filter": {"And": {"Prefix": "", "Tags": [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": ""}],
            "ObjectSizeGreaterThan": 5}}, "Expiration": {"ExpiredObjectDeleteMarker": true}}]}
            """#,
            "<LifecycleConfiguration\(s3)><Rule><Filter><And><Prefix></Prefix><Tag><Key>a</Key><Value>b</Value></Tag><Tag><Key>c</Key><Value></Value></Tag>"
                + "<ObjectSizeGreaterThan>5</ObjectSizeGreaterThan></And></Filter><Status>Disabled</Status><Expiration><ExpiredObjectDeleteMarker>true"
                + "</ExpiredObjectDeleteMarker></Expiration></Rule></LifecycleConfiguration>"),
        DocumentCase(
            "notification", .s3, #"{"EventBridgeConfiguration": {}}"#,
            "<NotificationConfiguration\(s3)><EventBridgeConfiguration></EventBridgeConfiguration></NotificationConfiguration>"),
        DocumentCase(
            "object-lock", .s3, #"{"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}}"#,
            "<ObjectLockConfiguration\(s3)><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>1</Days>"
                + "</DefaultRetention></Rule></ObjectLockConfiguration>"),
        DocumentCase(
            "ownership", .s3, #"{"Rules": [{"ObjectOwnership": "ObjectWriter"}]}"#,
            "<OwnershipControls\(s3)><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>"),
    ]

    private static let others: [DocumentCase] = [
        DocumentCase(
            "protection", .cos,
            #"""
            {"Status": "Retention", "MinimumRetention": {"Days": 1}, "DefaultRetention": {"Days": 2}, "MaximumRetention": {"Days": 3},
            "EnablePermanentRetention": true}
            """#,
            "<ProtectionConfiguration><Status>Retention</Status><MinimumRetention><Days>1</Days></MinimumRetention><DefaultRetention><Days>2</Days>"
                + "</DefaultRetention><MaximumRetention><Days>3</Days></MaximumRetention><EnablePermanentRetention>true</EnablePermanentRetention>"
                + "</ProtectionConfiguration>"),
        DocumentCase(
            "trigger", .oos,
            #"""
            {"Triggers": [{"TriggerName": "copy1", "IsDefault": true, "RemoteSites": [{"RemontEndPoint": "e", "ReplicaMode": "m",
            "RemoteBucketName": "b", "RemoteAK": "a", "RemoteSK": "s"}]}]}
            """#,
            "<TriggerConfiguration\(s3)><Trigger><TriggerName>copy1</TriggerName><IsDefault>true</IsDefault><RemoteSite><RemontEndPoint>e</RemontEndPoint>"
                + "<ReplicaMode>m</ReplicaMode><RemoteBucketName>b</RemoteBucketName><RemoteAK>a</RemoteAK><RemoteSK>s</RemoteSK></RemoteSite></Trigger>"
                + "</TriggerConfiguration>"),
        DocumentCase(
            "lifecycle", .oos, #"{"Rules": [{"ID": "r", "Prefix": "logs", "Status": "Enabled", "Expiration": {"Date": "2030-01-31T00:00:00Z"}}]}"#,
            "<LifecycleConfiguration\(s3)><Rule><ID>r</ID><Prefix>logs</Prefix><Status>Enabled</Status><Expiration><Date>2030-01-31T00:00:00Z</Date>"
                + "</Expiration></Rule></LifecycleConfiguration>"),
        DocumentCase(
            "accelerate", .oos, #"{"Status": "Enabled", "IPWhiteLists": ["1.2.3.4"]}"#,
            "<AccelerateConfiguration\(s3)><Status>Enabled</Status><IPWhiteLists><IP>1.2.3.4</IP></IPWhiteLists></AccelerateConfiguration>"),
        DocumentCase(
            "location", .oos, #"{"DataLocationConstraint": {"Type": "Specified", "LocationList": ["A", "B"], "ScheduleStrategy": "Allowed"}}"#,
            "<CreateBucketConfiguration\(s3)><DataLocationConstraint><Type>Specified</Type><LocationList><Location>A</Location><Location>B</Location>"
                + "</LocationList><ScheduleStrategy>Allowed</ScheduleStrategy></DataLocationConstraint></CreateBucketConfiguration>"),
    ]

    /// What is not sent in that form.
    static let answered: [DocumentCase] = [
        DocumentCase("location", .obs, #"{"LocationConstraint": "cn-north-4"}"#, "<Location xmlns=\"http://obs\">cn-north-4</Location>"),
        DocumentCase("location", .s3, #"{"LocationConstraint": null}"#, "<?xml version=\"1.0\"?>\n<LocationConstraint\(s3)/>"),
        DocumentCase(
            "location", .obsCompatible, #"{"LocationConstraint": "x"}"#,
            "<CreateBucketConfiguration><LocationConstraint>x</LocationConstraint></CreateBucketConfiguration>"),
        DocumentCase("location", .oos, #"{"LocationConstraint": "sd"}"#, "<LocationConstraint>sd</LocationConstraint>"),
        DocumentCase("versioning", .s3, "{}", "<VersioningConfiguration\(s3)/>"),
        DocumentCase("policy", .s3, #"{"Statement": []}"#, #"{"Statement": []}"#),
        DocumentCase("policy-status", .s3, #"{"IsPublic": true}"#, "<PolicyStatus\(s3)><IsPublic>TRUE</IsPublic></PolicyStatus>"),
        DocumentCase(
            "domain", .obs, #"{"Domains": [{"DomainName": "a.example"}, {"DomainName": "b.example", "CreateTime": "now"}]}"#,
            "<ListBucketCustomDomainsResult><Domains><DomainName>a.example</DomainName></Domains><Domains><DomainName>b.example</DomainName>"
                + "<CreateTime>now</CreateTime></Domains></ListBucketCustomDomainsResult>"),
        DocumentCase(
            "inventory", .s3, #"{"IsTruncated": false, "InventoryConfigurationList": [{"Id": "a"}, {"Id": "b"}]}"#,
            "<ListInventoryConfigurationsResult><InventoryConfiguration><Id>a</Id></InventoryConfiguration><InventoryConfiguration><Id>b</Id>"
                + "</InventoryConfiguration><IsTruncated>false</IsTruncated></ListInventoryConfigurationsResult>"),
        DocumentCase(
            "storage-info", .obs, #"{"Size": 5, "ObjectNumber": 1}"#,
            "<GetBucketStorageInfoResult><Size>5</Size><ObjectNumber>1</ObjectNumber></GetBucketStorageInfoResult>"),
        DocumentCase("protection", .cos, #"{"Status": "Disabled"}"#, "<ProtectionConfiguration><Status>Disabled</Status></ProtectionConfiguration>"),
    ]

    private static func lifecycle(_ first: String, _ second: String) -> String {
        #"""
        {"Rules": [{"ID": "r", "Prefix": "p", "Status": "Enabled", "Transitions": [{"Days": 3, "StorageClass": "\#(first)"}],
        "Expiration": {"Days": 10}, "NoncurrentVersionTransitions": [{"NoncurrentDays": 4, "StorageClass": "\#(second)"}],
        "NoncurrentVersionExpiration": {"NoncurrentDays": 5}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}]}
        """#
    }

    private static func notification(_ event: String) -> String {
        #"""
        {"TopicConfigurations": [{"Id": "1", "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "p"}]}}, "TopicArn": "urn:smn:t",
        "Events": ["\#(event)"]}]}
        """#
    }

    private static func encryption(_ algorithm: String) -> String {
        #"{"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "\#(algorithm)", "KMSMasterKeyID": "kid"}}]}"#
    }

    private static func encrypted(_ algorithm: String, _ namespace: String) -> String {
        "<ServerSideEncryptionConfiguration\(namespace)><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>\(algorithm)</SSEAlgorithm>"
            + "<KMSMasterKeyID>kid</KMSMasterKeyID></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
    }
}
