//! Uploads in parts, before an S3 that holds to AWS's documentation.

use aws_double::StrictS3;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use document_bucket::DocumentBucket;
use domain::Sha256;

const MIB: usize = 1024 * 1024;

fn client(s3: &StrictS3) -> Client {
    Client::from_conf(Builder::from(&s3.config()).force_path_style(true).build())
}

#[tokio::test]
async fn an_upload_of_any_length_is_completed_by_an_s3_that_takes_only_what_aws_documents() {
    for length in [0, 1, 5 * MIB, 12 * MIB + 345] {
        let s3 = StrictS3::default();
        let bucket = DocumentBucket::new(client(&s3), "documents");
        let bytes: Vec<u8> = (0..=u8::MAX).cycle().take(length).collect();
        let mut upload = bucket.create_upload("practice/object").await.unwrap();
        for piece in bytes.chunks(700_001) {
            upload.write(piece).await.unwrap();
        }
        let stored = upload.complete().await.unwrap();
        assert_eq!(stored.sha256, Sha256::of(&bytes));
        assert!(s3.object("documents", "practice/object").unwrap() == bytes, "{length} bytes");
        assert_eq!(s3.open_uploads(), 0);
    }
}

#[tokio::test]
async fn an_aborted_upload_leaves_nothing_and_may_be_aborted_again() {
    let s3 = StrictS3::default();
    let bucket = DocumentBucket::new(client(&s3), "documents");
    let mut upload = bucket.create_upload("practice/object").await.unwrap();
    upload.write(&vec![7; 6 * MIB]).await.unwrap();
    let id = upload.id().to_owned();
    drop(upload);
    bucket.abort("practice/object", &id).await.unwrap();
    bucket.abort("practice/object", &id).await.unwrap();
    assert_eq!((s3.open_uploads(), s3.object("documents", "practice/object")), (0, None));
}

/// Shows that the double refuses what emulators take.
#[tokio::test]
async fn the_double_refuses_checksums_without_an_algorithm_and_small_parts_as_aws_documents() {
    let s3 = StrictS3::default();
    let client = client(&s3);
    let open = |algorithm: Option<ChecksumAlgorithm>| {
        let opening = client.create_multipart_upload().bucket("b").key("k");
        let opening = opening.set_checksum_algorithm(algorithm);
        async { opening.send().await.unwrap().upload_id.unwrap() }
    };
    let part = |id: &str, number: i32| {
        let part = client.upload_part().bucket("b").key("k").upload_id(id).part_number(number);
        part.body(ByteStream::from(vec![7; MIB])).send()
    };
    let id = open(None).await;
    let refused = part(&id, 1).await.unwrap_err();
    assert_eq!(refused.code(), Some("InvalidRequest"));

    let id = open(Some(ChecksumAlgorithm::Crc32)).await;
    let mut parts = Vec::new();
    for number in [1, 2] {
        let taken = part(&id, number).await.unwrap();
        parts.push(
            CompletedPart::builder()
                .part_number(number)
                .set_e_tag(taken.e_tag)
                .set_checksum_crc32(taken.checksum_crc32)
                .build(),
        );
    }
    let complete = |parts: Vec<CompletedPart>| {
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let completion = client.complete_multipart_upload().bucket("b").key("k").upload_id(&id);
        completion.multipart_upload(parts).send()
    };
    let refused = complete(parts.clone()).await.unwrap_err();
    assert_eq!(refused.code(), Some("EntityTooSmall"));
    parts[0].checksum_crc32 = None;
    assert_eq!(complete(parts).await.unwrap_err().code(), Some("InvalidPart"));
}
