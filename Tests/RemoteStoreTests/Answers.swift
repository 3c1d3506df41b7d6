import Foundation

/// Good answers of stores, as something to begin with.
enum Answers {
    static let list2 = """
        <?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix>p%2F</Prefix>\
        <MaxKeys>1000</MaxKeys><KeyCount>2</KeyCount><IsTruncated>true</IsTruncated><EncodingType>url</EncodingType>\
        <NextContinuationToken>t&amp;x</NextContinuationToken><Contents><Key>a+b%20c%2B</Key><LastModified>2026-03-14T09:26:53.000Z</LastModified>\
        <ETag>&quot;e&quot;</ETag><Size>12</Size><StorageClass>STANDARD</StorageClass><Owner><ID>1</ID></Owner></Contents>\
        <CommonPrefixes><Prefix>p%2Fd/</Prefix></CommonPrefixes></ListBucketResult>
        """
    static let list1 = """
        <?xml version="1.0"?>\n<ListBucketResult xmlns="http://obs.myhuaweicloud.com/doc/2015-06-30/"><Name>b</Name><Prefix/><Marker>a</Marker>\
        <NextMarker>b&#228;</NextMarker><IsTruncated>true</IsTruncated><Contents><Key><![CDATA[x]]></Key><Size>9223372036854775807</Size>\
        <LastModified>2026-03-14T09:26:53Z</LastModified><ETag>"e-2"</ETag><Type>Appendable</Type></Contents></ListBucketResult>
        """
    static let described = """
        <ListBucketResult><Name>b</Name><IsTruncated>false</IsTruncated><Contents><Key>k</Key><Size>1</Size><ETag>"e"</ETag>\
        <LastModified>2026-03-14T09:26:53.123Z</LastModified><StorageClass>STANDARD</StorageClass><UserMetadata><content-type>a/b</content-type>\
        <X-Amz-Meta-Mode>33188</X-Amz-Meta-Mode><X-Amz-Meta-Note>a &amp; b</X-Amz-Meta-Note><Cache-Control>no-store</Cache-Control>\
        <expires>Mon, 01 Jan 0001 00:00:00 GMT</expires></UserMetadata><UserTags>a=b</UserTags><Internal><K>1</K><M>0</M></Internal></Contents>\
        </ListBucketResult>
        """
    static let parts = """
        <ListPartsResult><Bucket>b</Bucket><Key>k</Key><UploadId>u</UploadId><NextPartNumberMarker>2</NextPartNumberMarker><IsTruncated>true</IsTruncated>\
        <Part><PartNumber>1</PartNumber><LastModified>2026-03-14T09:26:53.000Z</LastModified><ETag>"a"</ETag><Size>5242880</Size></Part>\
        <Part><PartNumber>2</PartNumber><ETag>"b"</ETag><Size>3</Size></Part></ListPartsResult>
        """
    static let uploads = """
        <ListMultipartUploadsResult><Bucket>b</Bucket><EncodingType>url</EncodingType><NextKeyMarker>k%2F</NextKeyMarker>\
        <NextUploadIdMarker>u</NextUploadIdMarker><IsTruncated>true</IsTruncated><Upload><Key>k%2F</Key><UploadId>u</UploadId>\
        <Initiated>2026-03-14T09:26:53.000Z</Initiated></Upload></ListMultipartUploadsResult>
        """
    static let initiated =
        "<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key><UploadId>VXBsb2Fk.1</UploadId></InitiateMultipartUploadResult>"
    static let completed = """
          \n <?xml version="1.0"?><CompleteMultipartUploadResult><Location>http://x/b/k</Location><Bucket>b</Bucket><Key>k</Key>\
        <ETag>"e-2"</ETag></CompleteMultipartUploadResult>
        """
    static let copied = "<CopyObjectResult><LastModified>2026-03-14T09:26:53.000Z</LastModified><ETag>&quot;e&quot;</ETag></CopyObjectResult>"
    static let partCopied = "<CopyPartResult><LastModified>2026-03-14T09:26:53.000Z</LastModified><ETag>\"e\"</ETag></CopyPartResult>"
    static let deleted = """
        <DeleteResult><Deleted><Key>a</Key></Deleted><Error><Key>b</Key><Code>AccessDenied</Code><Message>no &amp; no</Message></Error></DeleteResult>
        """
    static let buckets = """
        <ListAllMyBucketsResult><Owner><ID>1</ID><DisplayName>n</DisplayName></Owner><Buckets><Bucket><Name>one</Name>\
        <CreationDate>2026-03-14T09:26:53.000Z</CreationDate></Bucket><Bucket><Name>two</Name></Bucket></Buckets></ListAllMyBucketsResult>
        """
    static let errors = [
        "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>k</Key><RequestId>1</RequestId></Error>",
        "<Error><Code>AuthorizationHeaderMalformed</Code><Message>wrong</Message><Region>eu-west-1</Region></Error>",
        "<Error><Code>RequestTimeTooSkewed</Code><RequestTime>20260314T092653Z</RequestTime><ServerTime>2026-03-14T09:26:53Z</ServerTime></Error>",
        "<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center><hr></body></html>", "{\"code\": \"403\"}", "",
    ]

    static let documents = [list2, list1, described, parts, uploads, initiated, completed, copied, partCopied, deleted, buckets] + errors

    /// Heads of answers, each with its body.
    static let heads = [
        """
        HTTP/1.1 200 OK\r\nDate: Sat, 14 Mar 2026 09:26:53 GMT\r\nLast-Modified: Sat, 14 Mar 2026 09:26:53 GMT\r\nContent-Length: 4\r\nETag: "e"\r\n\
        Content-Type: text/plain\r\nx-amz-meta-mode: 33188\r\nx-amz-meta-a: b\r\nx-amz-version-id: v\r\nx-amz-storage-class: WARM\r\n\
        x-obs-object-type: Appendable\r\nx-obs-next-append-position: 4\r\n\r\nbody
        """,
        "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 2-5/10\r\nContent-Length: 4\r\nETag: \"e\"\r\nAccept-Ranges: bytes\r\n\r\nbody",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nETag: \"e\"\r\n\r\n4\r\nbody\r\n0\r\nX-Trailer: x\r\n\r\n",
        "HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/b/k\r\nx-amz-bucket-region: eu-west-1\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 307 Temporary Redirect\r\nLocation: /b/k?x=1\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 503 Slow Down\r\nRetry-After: 90\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 403 Forbidden\r\nDate: Sat, 14 Mar 2026 09:26:53 GMT\r\nx-obs-error-code: RequestTimeTooSkewed\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.0 200 OK\r\nETag: \"e\"\r\n\r\nbody until the end",
    ]

    static func bytes(_ texts: [String]) -> [[UInt8]] { texts.map { Array($0.utf8) } }
}
