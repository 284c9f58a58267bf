//! An S3 that holds to what AWS documents about uploads in parts, where emulators take more.
//!
//! - A part's checksum is taken only if the upload named the algorithm when it was opened.
//! - Each part but the last has at least 5 MiB.
//! - Completion names each part with its `ETag` and its checksum, in order.
//!
//! It knows CRC32 only, because that is what the SDK sends. Source: the S3 API reference, pages
//! `CreateMultipartUpload`, `UploadPart` and `CompleteMultipartUpload`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_types::sdk_config::SdkConfig;
use http::StatusCode;

use crate::{ENDPOINT, config_with};

/// The least size of a part that is not the last one, in bytes.
const LEAST_PART: usize = 5 * 1024 * 1024;
const CHECKSUM: &str = "x-amz-checksum-crc32";

/// The double of S3. Cheap to clone.
#[derive(Clone, Default)]
pub struct StrictS3(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    opened: usize,
    uploads: BTreeMap<String, Open>,
    objects: BTreeMap<String, Vec<u8>>,
}

struct Open {
    path: String,
    has_checksums: bool,
    parts: BTreeMap<u16, Part>,
}

struct Part {
    etag: String,
    checksum: Option<String>,
    bytes: Vec<u8>,
}

/// A refusal: the status and S3's code.
type Refusal = (StatusCode, &'static str);

const NO_SUCH_UPLOAD: Refusal = (StatusCode::NOT_FOUND, "NoSuchUpload");

impl StrictS3 {
    /// The configuration to make an S3 client from.
    #[must_use]
    pub fn config(&self) -> SdkConfig {
        config_with(SharedHttpConnector::new(self.clone()))
    }

    /// The bytes of an object, by bucket and key.
    #[must_use]
    pub fn object(&self, bucket: &str, key: &str) -> Option<Vec<u8>> {
        self.kept().objects.get(&format!("/{bucket}/{key}")).cloned()
    }

    /// How many uploads are open.
    #[must_use]
    pub fn open_uploads(&self) -> usize {
        self.kept().uploads.len()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, request: &HttpRequest) -> Result<HttpResponse, Refusal> {
        let uri = request.uri().strip_prefix(ENDPOINT).unwrap_or_default();
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let query: BTreeMap<&str, &str> =
            query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, ""))).collect();
        let body = request.body().bytes().unwrap_or_default();
        let header = |name: &str| request.headers().get(name).map(str::to_owned);
        let mut kept = self.kept();
        let upload = query.get("uploadId").copied();
        match (request.method(), upload) {
            ("POST", None) if query.contains_key("uploads") => {
                let algorithm = header("x-amz-checksum-algorithm");
                let has_checksums = match algorithm.as_deref() {
                    None => false,
                    Some("CRC32") => true,
                    Some(_) => return Err((StatusCode::NOT_IMPLEMENTED, "NotImplemented")),
                };
                kept.opened += 1;
                let id = format!("upload-{}", kept.opened);
                let open = Open { path: path.to_owned(), has_checksums, parts: BTreeMap::new() };
                kept.uploads.insert(id.clone(), open);
                Ok(xml(&format!(
                    "<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
                )))
            }
            ("PUT", Some(id)) => {
                let open = open_at(&mut kept, id, path)?;
                let number = query.get("partNumber").and_then(|number| number.parse().ok());
                let number: u16 = number.ok_or((StatusCode::BAD_REQUEST, "InvalidArgument"))?;
                let checksum = header(CHECKSUM);
                if checksum.is_some() != open.has_checksums {
                    return Err((StatusCode::BAD_REQUEST, "InvalidRequest"));
                }
                let etag = format!("\"{number}-{}\"", body.len());
                let mut taken = HttpResponse::new(StatusCode::OK.into(), SdkBody::empty());
                taken.headers_mut().insert("etag", etag.clone());
                if let Some(checksum) = &checksum {
                    taken.headers_mut().insert(CHECKSUM, checksum.clone());
                }
                open.parts.insert(number, Part { etag, checksum, bytes: body.to_vec() });
                Ok(taken)
            }
            ("POST", Some(id)) => {
                let named = String::from_utf8_lossy(body).into_owned();
                let bytes = completed(open_at(&mut kept, id, path)?, &named)?;
                kept.uploads.remove(id);
                kept.objects.insert(path.to_owned(), bytes);
                Ok(xml("<CompleteMultipartUploadResult/>"))
            }
            ("DELETE", Some(id)) => {
                open_at(&mut kept, id, path)?;
                kept.uploads.remove(id);
                Ok(HttpResponse::new(StatusCode::NO_CONTENT.into(), SdkBody::empty()))
            }
            _ => Err((StatusCode::NOT_IMPLEMENTED, "NotImplemented")),
        }
    }
}

fn open_at<'k>(kept: &'k mut Kept, id: &str, path: &str) -> Result<&'k mut Open, Refusal> {
    kept.uploads.get_mut(id).filter(|open| open.path == path).ok_or(NO_SUCH_UPLOAD)
}

/// The whole object, if the completion names the parts that were sent.
fn completed(open: &Open, named: &str) -> Result<Vec<u8>, Refusal> {
    let bad = |code| (StatusCode::BAD_REQUEST, code);
    let mut numbers = Vec::new();
    let mut bytes = Vec::new();
    let parts: Vec<&str> = named.split("<Part>").skip(1).collect();
    for (index, part) in parts.iter().enumerate() {
        let number = within(part, "PartNumber").and_then(|number| number.parse().ok());
        let number: u16 = number.ok_or(bad("MalformedXML"))?;
        let sent = open.parts.get(&number).ok_or(bad("InvalidPart"))?;
        let etag = within(part, "ETag").unwrap_or_default().replace("&quot;", "\"");
        if etag != sent.etag || within(part, "ChecksumCRC32") != sent.checksum.as_deref() {
            return Err(bad("InvalidPart"));
        }
        if numbers.last().is_some_and(|last| *last >= number) {
            return Err(bad("InvalidPartOrder"));
        }
        if index + 1 < parts.len() && sent.bytes.len() < LEAST_PART {
            return Err(bad("EntityTooSmall"));
        }
        numbers.push(number);
        bytes.extend_from_slice(&sent.bytes);
    }
    if numbers.is_empty() { Err(bad("MalformedXML")) } else { Ok(bytes) }
}

/// The text between the tags of an element.
fn within<'x>(xml: &'x str, element: &str) -> Option<&'x str> {
    xml.split_once(&format!("<{element}>"))?.1.split_once(&format!("</{element}>")).map(|it| it.0)
}

fn xml(body: &str) -> HttpResponse {
    HttpResponse::new(StatusCode::OK.into(), SdkBody::from(body))
}

impl fmt::Debug for StrictS3 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = self.kept();
        formatter
            .debug_struct("StrictS3")
            .field("uploads", &kept.uploads.keys())
            .field("objects", &kept.objects.keys())
            .finish()
    }
}

impl HttpConnector for StrictS3 {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let response = self.answer(&request).unwrap_or_else(|(status, code)| {
            let body = format!("<Error><Code>{code}</Code><Message>refused</Message></Error>");
            HttpResponse::new(status.into(), SdkBody::from(body))
        });
        HttpConnectorFuture::ready(Ok(response))
    }
}
