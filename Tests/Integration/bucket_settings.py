"""How the vendors' own clients set and show what `windlass bucket` sets and shows."""

import json

import obs

TAGS = {"TagSet": [{"Key": "team", "Value": "a&b"}, {"Key": "über", "Value": ""}]}
RULES = {"Rules": [
    {"ID": "old", "Filter": {"Prefix": "logs/"}, "Status": "Enabled", "Expiration": {"Days": 30}},
    {"ID": "parts", "Filter": {"Prefix": ""}, "Status": "Disabled", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 3}}]}
CORS = {"CORSRules": [
    {"ID": "1", "AllowedMethods": ["GET", "PUT"], "AllowedOrigins": ["https://a.example"], "AllowedHeaders": ["*"], "MaxAgeSeconds": 10,
     "ExposeHeaders": ["ETag"]}]}
PAGES = {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "oh.html"}}
SITE = PAGES | {"RoutingRules": [{"Condition": {"KeyPrefixEquals": "a/"}, "Redirect": {"HostName": "b.example", "HttpRedirectCode": "302"}}]}
POLICY = {"Version": "2012-10-17", "Statement": [
    {"Sid": "s", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}]}
LOCK = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}}
REPLICATION = {"Role": "", "Rules": [
    {"ID": "r", "Priority": 1, "Filter": {"Prefix": ""}, "Status": "Enabled", "DeleteMarkerReplication": {"Status": "Disabled"},
     "Destination": {"Bucket": "arn:aws:s3:::other"}}]}
OWNER = {"DisplayName": "windlass", "ID": "windlass"}
GRANTS = {"Owner": OWNER, "Grants": [
    {"Grantee": {"DisplayName": "windlass", "ID": "windlass", "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"},
    {"Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}, "Permission": "READ"}]}


class Boto:
    """A setting as boto3, or IBM's fork of it, sees it."""

    def __init__(self, document, name, argument=None, wrapper=None, setter=None):
        self.document, self.name, self.argument, self.wrapper, self.setter = document, name, argument, wrapper, setter or f"put_{name}"

    def set(self, client, bucket):
        value = json.dumps(self.document) if self.argument == "Policy" else self.document
        getattr(client, self.setter)(Bucket=bucket, **{self.argument: value})

    def get(self, client, bucket):
        answer = getattr(client, f"get_{self.name}")(Bucket=bucket)
        if self.argument == "Policy":
            return json.loads(answer["Policy"])
        answer = answer[self.wrapper] if self.wrapper else answer
        return {name: value for name, value in answer.items() if name not in ("ResponseMetadata", "TransitionDefaultMinimumObjectSize")}


def wrapped(document, name, wrapper):
    return Boto(document, name, wrapper, wrapper)


COMMON = {
    "lifecycle": Boto(RULES, "bucket_lifecycle_configuration", "LifecycleConfiguration"),
    "cors": Boto(CORS, "bucket_cors", "CORSConfiguration"),
    "tags": Boto(TAGS, "bucket_tagging", "Tagging"),
    "website": Boto(SITE, "bucket_website", "WebsiteConfiguration"),
    "versioning": Boto({"Status": "Enabled"}, "bucket_versioning", "VersioningConfiguration"),
    "object-lock": wrapped(LOCK, "object_lock_configuration", "ObjectLockConfiguration"),
    "replication": wrapped(REPLICATION, "bucket_replication", "ReplicationConfiguration"),
    "acl": Boto(GRANTS, "bucket_acl", "AccessControlPolicy"),
}
AMAZON = COMMON | {
    "policy": Boto(POLICY, "bucket_policy", "Policy"),
    "public-access": wrapped(
        {"BlockPublicAcls": True, "IgnorePublicAcls": False, "BlockPublicPolicy": True, "RestrictPublicBuckets": False},
        "public_access_block", "PublicAccessBlockConfiguration"),
    "ownership": wrapped({"Rules": [{"ObjectOwnership": "ObjectWriter"}]}, "bucket_ownership_controls", "OwnershipControls"),
    "encryption": wrapped(
        {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k"}, "BucketKeyEnabled": True}]},
        "bucket_encryption", "ServerSideEncryptionConfiguration"),
    "accelerate": Boto({"Status": "Enabled"}, "bucket_accelerate_configuration", "AccelerateConfiguration"),
    "request-payment": Boto({"Payer": "Requester"}, "bucket_request_payment", "RequestPaymentConfiguration"),
    "logging": Boto({"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": "p/", "TargetGrants": [
        {"Grantee": {"ID": "x", "Type": "CanonicalUser"}, "Permission": "READ"}]}}, "bucket_logging", "BucketLoggingStatus"),
    "notification": Boto({"TopicConfigurations": [
        {"Id": "t", "TopicArn": "arn:aws:sns:us-east-1:000000000000:t", "Events": ["s3:ObjectCreated:*"],
         "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}]}}}], "EventBridgeConfiguration": {}},
        "bucket_notification_configuration", "NotificationConfiguration"),
}
IBM = COMMON | {
    "public-access": wrapped(
        {"BlockPublicAcls": True, "IgnorePublicAcls": False}, "public_access_block", "PublicAccessBlockConfiguration"),
    "protection": wrapped(
        {"Status": "Retention", "MinimumRetention": {"Days": 0}, "DefaultRetention": {"Days": 1}, "MaximumRetention": {"Days": 9}},
        "bucket_protection_configuration", "ProtectionConfiguration"),
}
CTYUN = {
    "lifecycle": Boto({"Rules": [{"ID": "r", "Prefix": "logs/", "Status": "Enabled", "Expiration": {"Days": 3}}]},
                      "bucket_lifecycle_configuration", "LifecycleConfiguration"),
    "cors": COMMON["cors"],
    "website": Boto(PAGES, "bucket_website", "WebsiteConfiguration"),
    "policy": AMAZON["policy"],
    "logging": Boto({"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": "p/"}}, "bucket_logging", "BucketLoggingStatus"),
    "accelerate": AMAZON["accelerate"],
}


class Huawei:
    """A setting as Huawei's client sees it; `sign` is something of it that JSON must show."""

    def __init__(self, sign, setter, getter):
        self.sign, self.setter, self.getter = sign, setter, getter

    def set(self, client, bucket):
        self.good(self.setter(client, bucket))

    def get(self, client, bucket):
        body = self.good(self.getter(client, bucket)).body
        return json.loads(body["policyJSON"]) if body and "policyJSON" in body else str(body)

    @staticmethod
    def good(answer):
        assert answer.status < 300, (answer.status, answer.errorCode, answer.errorMessage)
        return answer


def huawei(sign, name, *value, setter=None):
    return Huawei(sign, lambda client, bucket: getattr(client, setter or f"set{name}")(bucket, *value), lambda client, bucket: getattr(client, f"get{name}")(bucket))


def huawei_settings(native):
    """Some words differ with the form of the protocol."""
    warm = "WARM" if native else "STANDARD_IA"
    return {
        "quota": huawei(2048, "BucketQuota", 2048),
        "storage-class": huawei(warm, "BucketStoragePolicy", "WARM"),
        "versioning": huawei("Enabled", "BucketVersioning", "Enabled"),
        "tags": huawei("team", "BucketTagging", obs.TagInfo([obs.Tag("team", "x"), obs.Tag("other", "ü")])),
        "cors": huawei("https://a.example", "BucketCors", [
            obs.CorsRule(id="1", allowedMethod=["GET"], allowedOrigin=["https://a.example"], allowedHeader=["h"], maxAgeSecond=10, exposeHeader=["e"])]),
        "lifecycle": huawei("logs/", "BucketLifecycle", obs.Lifecycle([
            obs.Rule(id="r", prefix="logs/", status="Enabled", expiration=obs.Expiration(days=3), transition=[obs.Transition(warm, days=1)])])),
        "website": huawei("index.html", "BucketWebsite", obs.WebsiteConfiguration(
            indexDocument=obs.IndexDocument("index.html"), errorDocument=obs.ErrorDocument("oh.html"))),
        "logging": huawei("target", "BucketLogging", obs.Logging(targetBucket="target", targetPrefix="p", agency="ag")),
        "notification": huawei("urn:smn:t", "BucketNotification", obs.Notification(topicConfigurations=[
            obs.TopicConfiguration(id="1", topic="urn:smn:t", events=["ObjectCreated:*"], filterRules=[obs.FilterRule("prefix", "p")])])),
        "encryption": huawei("kid", "BucketEncryption", "kms", "kid"),
        "replication": huawei("target", "BucketReplication", obs.Replication(agency="ag", replicationRules=[
            obs.ReplicationRule(id="1", prefix="p", status="Enabled", bucket="target", storageClass=warm)])),
        "request-payment": huawei("Requester", "BucketRequestPayment", "Requester"),
        "public-access": huawei(True, "BucketPublicAccessBlock", True, False, True, False, setter="putBucketPublicAccessBlock"),
        "acl": huawei("windlass", "BucketAcl", obs.ACL(
            owner=obs.Owner("windlass"), grants=[obs.Grant(obs.Grantee(grantee_id="windlass"), "FULL_CONTROL"), obs.Grant(obs.Grantee(group="Everyone"), "READ")])),
        "policy": Huawei(
            "Statement", lambda client, bucket: client.setBucketPolicy(bucket, json.dumps(POLICY)), lambda client, bucket: client.getBucketPolicy(bucket)),
    }
