//! Has moto, a second emulator of AWS, judge uploads and events. It is stricter than the local stack's
//! emulator here: it refuses small parts of uploads, and events that EventBridge would refuse.

use std::path::Path;
use std::process::Stdio;

use aws::clients;
use aws::events::{Event, EventKind, Events};
use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketLocationConstraint, ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart,
    CreateBucketConfiguration,
};
use aws_types::sdk_config::SdkConfig;
use config::{AwsConfig, EventConfig};
use document_bucket::DocumentBucket;
use domain::Sha256;
use domain::ids::PlatformId;
use secrecy::SecretString;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use crate::Failure;

const REGION: &str = "ap-southeast-2";
const BUCKET: &str = "documents";
const MIB: usize = 1024 * 1024;

/// What one check found. None if all is well.
type Finding = Option<String>;

/// Runs all checks against a moto of its own. Prints a line for each. Returns whether all are well.
pub(crate) async fn judge(python: &Path, room: &Path) -> Result<bool, Failure> {
    let file = |error| Failure::File(python.to_owned(), error);
    let mut moto = Command::new(python)
        .arg(room.join("serve.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(file)?;
    let mut lines = BufReader::new(moto.stdout.take().ok_or(Failure::NoPort)?).lines();
    let port = lines.next_line().await.map_err(file)?.ok_or(Failure::NoPort)?;
    let endpoint = format!("http://127.0.0.1:{port}").parse().map_err(|_| Failure::NoPort)?;
    let aws = clients::aws(&AwsConfig {
        region: REGION.to_owned(),
        access_key_id: "AKIAMADEUP".to_owned(),
        secret_access_key: SecretString::from("made up"),
        session_token: None,
        endpoint: Some(endpoint),
    })?;
    let s3 = clients::s3(&aws);
    let checks = [
        ("an upload in parts arrives whole", upload(&s3).await),
        ("an aborted upload leaves nothing", abort(&s3).await),
        ("control: a small part is noticed", small_part(&s3).await),
        ("an event is taken", event(&aws).await),
        ("control: a bus that does not exist is noticed", missing_bus(&aws).await),
    ];
    let mut is_well = true;
    for (name, finding) in checks {
        let finding = finding.unwrap_or_else(Some);
        is_well &= finding.is_none();
        crate::say(&format!(
            "{:<60} {}",
            format!("moto: {name}"),
            finding.as_deref().unwrap_or("ok")
        ));
    }
    drop(moto.stdin.take());
    moto.wait().await.map_err(file)?;
    Ok(is_well)
}

/// The error's own text, for a person.
fn text(error: impl std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        words += &format!(": {cause}");
        source = cause.source();
    }
    words
}

async fn upload(s3: &Client) -> Result<Finding, String> {
    let place = CreateBucketConfiguration::builder()
        .location_constraint(BucketLocationConstraint::from(REGION))
        .build();
    let bucket = s3.create_bucket().bucket(BUCKET).create_bucket_configuration(place);
    bucket.send().await.map_err(text)?;
    let documents = DocumentBucket::new(s3.clone(), BUCKET);
    for length in [0, 1, 5 * MIB, 12 * MIB + 345] {
        let bytes: Vec<u8> = (0..=u8::MAX).cycle().take(length).collect();
        let mut upload = documents.create_upload("object").await.map_err(text)?;
        upload.write(&bytes).await.map_err(text)?;
        let stored = upload.complete().await.map_err(text)?;
        let read = documents.read("object", Sha256::of(&bytes), u64::MAX).await.map_err(text)?;
        if stored.bytes != length as u64 || read != bytes {
            return Ok(Some(format!("{length} bytes came back as {}", read.len())));
        }
    }
    Ok(None)
}

async fn abort(s3: &Client) -> Result<Finding, String> {
    let documents = DocumentBucket::new(s3.clone(), BUCKET);
    let mut upload = documents.create_upload("aborted").await.map_err(text)?;
    upload.write(&vec![7; 6 * MIB]).await.map_err(text)?;
    let id = upload.id().to_owned();
    drop(upload);
    for _ in 0..2 {
        documents.abort("aborted", &id).await.map_err(text)?;
    }
    let open = s3.list_multipart_uploads().bucket(BUCKET).send().await.map_err(text)?;
    Ok((!open.uploads().is_empty()).then(|| "the upload is still open".to_owned()))
}

async fn small_part(s3: &Client) -> Result<Finding, String> {
    let opening = s3.create_multipart_upload().bucket(BUCKET).key("small");
    let opened = opening.checksum_algorithm(ChecksumAlgorithm::Crc32).send().await.map_err(text)?;
    let id = opened.upload_id.unwrap_or_default();
    let mut parts = Vec::new();
    for number in [1, 2] {
        let part = s3.upload_part().bucket(BUCKET).key("small").upload_id(&id).part_number(number);
        let taken = part.body(ByteStream::from(vec![7; MIB])).send().await.map_err(text)?;
        parts.push(
            CompletedPart::builder()
                .part_number(number)
                .set_e_tag(taken.e_tag)
                .set_checksum_crc32(taken.checksum_crc32)
                .build(),
        );
    }
    let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
    let completion = s3.complete_multipart_upload().bucket(BUCKET).key("small").upload_id(&id);
    match completion.multipart_upload(parts).send().await {
        Err(refused) if refused.code() == Some("EntityTooSmall") => Ok(None),
        Err(other) => Ok(Some(text(other))),
        Ok(_) => Ok(Some("it was taken".to_owned())),
    }
}

fn an_event() -> Event {
    Event {
        kind: EventKind::DeliveryChecked,
        platform: PlatformId::home(),
        practice: None,
        subject: "d-1".to_owned(),
        state: Some("checked".to_owned()),
        change: "1.1".to_owned(),
        at: jiff::Timestamp::UNIX_EPOCH,
    }
}

async fn event(aws: &SdkConfig) -> Result<Finding, String> {
    let bus = aws_sdk_eventbridge::Client::new(aws);
    bus.create_event_bus().name("platforms").send().await.map_err(text)?;
    let queues = aws_sdk_sqs::Client::new(aws);
    let queue = queues.create_queue().queue_name("events").send().await.map_err(text)?;
    let url = queue.queue_url().unwrap_or_default();
    let events = Events::new(aws, EventConfig::at("platforms", url));
    events.publish(&[an_event()]).await.map_err(text)?;
    Ok(None)
}

async fn missing_bus(aws: &SdkConfig) -> Result<Finding, String> {
    let queues = aws_sdk_sqs::Client::new(aws);
    let queue = queues.create_queue().queue_name("events").send().await.map_err(text)?;
    let url = queue.queue_url().unwrap_or_default();
    let published = Events::new(aws, EventConfig::at("nowhere", url)).publish(&[an_event()]).await;
    Ok(published.is_ok().then(|| "it was taken".to_owned()))
}
