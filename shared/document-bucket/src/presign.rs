//! Links that allow their holder to read or write one object for a limited time.

use std::fmt;
use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;

use domain::Sha256;
use domain::content::ContentType;

use crate::digest::to_base64;
use crate::{DocumentBucket, DocumentBucketError};

/// The longest lifetime that S3 allows.
const LONGEST: Duration = Duration::from_hours(7 * 24);
/// The headers that describe an upload. template.yaml allows pages of other origins to send them, except
/// for the length, which browsers always send.
const TERMS: [&str; 3] = ["content-length", "content-type", "x-amz-checksum-sha256"];

/// What must be uploaded.
#[derive(Clone, Debug)]
pub struct PutTerms<'t> {
    /// The exact size.
    pub bytes: u64,
    /// The declared type.
    pub content_type: &'t str,
    /// The hash of the bytes.
    pub sha256: Sha256,
}

/// What a browser does with a download.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Disposition {
    /// The browser saves a file.
    #[default]
    Attachment,
    /// The browser shows the document if that is safe, and saves it otherwise. A web page from outside
    /// must not run under the bucket's origin.
    Inline,
}

/// A link for one upload. It cannot be printed, because anyone who has it may write.
#[derive(Clone, Eq, PartialEq)]
pub struct PresignedPut {
    /// The link.
    pub url: String,
    /// Headers that must be sent exactly as they are here: the signature covers them.
    pub headers: Vec<(String, String)>,
}

impl fmt::Debug for PresignedPut {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        formatter.debug_struct("PresignedPut").field("headers", &names).finish_non_exhaustive()
    }
}

impl DocumentBucket {
    /// A link to download an object as a file of this name. Makes no call to S3. The name must not
    /// identify anybody, because it is part of the link. The link expires with its lifetime, or with
    /// the credentials that sign it if those expire sooner.
    ///
    /// # Errors
    /// When S3 does not allow this lifetime.
    pub async fn presign_get(
        &self,
        key: &str,
        lifetime: Duration,
        file_name: &str,
        content_type: Option<ContentType>,
        disposition: Disposition,
    ) -> Result<String, DocumentBucketError> {
        let shown = disposition == Disposition::Inline
            && content_type.is_some_and(ContentType::shows_safely);
        let kind = if shown { "inline" } else { "attachment" };
        let disposition = format!("{kind}; filename=\"{}\"", plain(file_name));
        let request = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(key)
            .response_content_type(ContentType::header(content_type))
            .response_content_disposition(disposition)
            .presigned(terms(lifetime)?)
            .await?;
        Ok(request.uri().to_owned())
    }

    /// A link to upload an object of exactly this size, type and hash. Makes no call to S3.
    ///
    /// # Errors
    /// When S3 does not allow this lifetime or size.
    pub async fn presign_put(
        &self,
        key: &str,
        put: &PutTerms<'_>,
        lifetime: Duration,
    ) -> Result<PresignedPut, DocumentBucketError> {
        let length = i64::try_from(put.bytes)
            .map_err(|_| DocumentBucketError::Refused { code: "too long".to_owned() })?;
        let request = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .content_length(length)
            .content_type(put.content_type)
            .checksum_sha256(to_base64(put.sha256))
            .presigned(terms(lifetime)?)
            .await?;
        // Inside Lambda the SDK adds a tracing header, which the uploader cannot send.
        let headers = request
            .headers()
            .filter(|(name, _)| TERMS.contains(name))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Ok(PresignedPut { url: request.uri().to_owned(), headers })
    }
}

fn terms(lifetime: Duration) -> Result<PresigningConfig, DocumentBucketError> {
    let refused = || DocumentBucketError::Refused { code: "lifetime of a link".to_owned() };
    if lifetime.is_zero() || lifetime > LONGEST {
        return Err(refused());
    }
    PresigningConfig::expires_in(lifetime).map_err(|_| refused())
}

/// Keeps only characters that have no special meaning in headers and file systems.
fn plain(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "-_. ()".contains(c) { c } else { '_' })
        .collect();
    if plain.trim_matches(['.', ' ']).is_empty() { "document".to_owned() } else { plain }
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::Client;
    use aws_sdk_s3::config::{BehaviorVersion, Config, Credentials, Region};

    use super::*;

    fn bucket() -> DocumentBucket {
        let credentials = Credentials::new("AKIDEXAMPLE", "not-a-secret", None, None, "test");
        let config = Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("ap-southeast-2"))
            .credentials_provider(credentials)
            .endpoint_url("http://127.0.0.1:9")
            .force_path_style(true)
            .build();
        DocumentBucket::new(Client::from_conf(config), "bucket")
    }

    fn parameter<'u>(url: &'u str, name: &str) -> Option<&'u str> {
        let (_, query) = url.split_once('?')?;
        query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    }

    #[tokio::test]
    async fn an_upload_link_binds_length_type_and_hash() {
        let terms = PutTerms {
            bytes: 1_234,
            content_type: "application/pdf",
            sha256: Sha256::of(b"letter"),
        };
        let put =
            bucket().presign_put("documents/a", &terms, Duration::from_mins(15)).await.unwrap();
        assert!(put.url.starts_with("http://127.0.0.1:9/bucket/documents/a?"), "{}", put.url);
        let signed = parameter(&put.url, "X-Amz-SignedHeaders").unwrap();
        for (name, value) in [
            ("content-length", "1234"),
            ("content-type", "application/pdf"),
            ("x-amz-checksum-sha256", to_base64(terms.sha256).as_str()),
        ] {
            assert!(signed.contains(name), "{name} is not signed: {signed}");
            assert!(
                put.headers.iter().any(|(known, held)| known == name && held == value),
                "{name} is missing: {:?}",
                put.headers
            );
        }
        assert_eq!(parameter(&put.url, "X-Amz-Expires"), Some("900"));
        assert!(!put.url.contains("crc32"), "{}", put.url);
    }

    #[tokio::test]
    async fn a_download_link_is_short_lived_and_saves_a_file_by_its_name() {
        let url = bucket()
            .presign_get(
                "attachments/a",
                Duration::from_mins(5),
                "Correspondence In 2026-03-14 (2)\"\r\n.pdf",
                Some(ContentType::Pdf),
                Disposition::Attachment,
            )
            .await
            .unwrap();
        assert_eq!(parameter(&url, "X-Amz-Expires"), Some("300"));
        let disposition = parameter(&url, "response-content-disposition").unwrap();
        assert_eq!(
            disposition,
            "attachment%3B%20filename%3D%22Correspondence%20In%202026-03-14%20%282%29___.pdf%22"
        );
        assert_eq!(parameter(&url, "response-content-type"), Some("application%2Fpdf"));
    }

    #[tokio::test]
    async fn only_what_is_safe_is_shown_in_a_browser() {
        for (content_type, expected) in [
            (Some(ContentType::Pdf), "inline"),
            (Some(ContentType::Jpeg), "inline"),
            (Some(ContentType::AnsiText), "inline"),
            (Some(ContentType::Html), "attachment"),
            (Some(ContentType::Xml), "attachment"),
            (None, "attachment"),
        ] {
            let lifetime = Duration::from_mins(5);
            let url =
                bucket().presign_get("a", lifetime, "a", content_type, Disposition::Inline).await;
            let url = url.unwrap();
            let disposition = parameter(&url, "response-content-disposition").unwrap();
            assert!(disposition.starts_with(expected), "{content_type:?}: {disposition}");
        }
    }

    #[tokio::test]
    async fn a_link_lives_for_a_week_at_most() {
        for lifetime in [Duration::ZERO, LONGEST + Duration::from_secs(1)] {
            let refused = bucket().presign_get("a", lifetime, "a", None, Disposition::Inline).await;
            assert!(matches!(refused, Err(DocumentBucketError::Refused { .. })), "{lifetime:?}");
        }
    }

    #[test]
    fn an_upload_link_cannot_be_printed() {
        let put = PresignedPut {
            url: "https://bucket/?X-Amz-Signature=abc".to_owned(),
            headers: vec![("content-type".to_owned(), "text/plain".to_owned())],
        };
        assert!(!format!("{put:?}").contains("abc"));
    }
}
