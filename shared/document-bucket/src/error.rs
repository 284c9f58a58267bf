//! What can go wrong with a bucket, in the terms of what a caller can do about it.

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

/// Why S3 did not do it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DocumentBucketError {
    /// There is no such object.
    #[error("there is no such object")]
    NotFound,
    /// The upload is no longer open: it was finished, or somebody ended it.
    #[error("the upload is no longer open")]
    NoSuchUpload,
    /// What arrived is not what was announced.
    #[error("the bytes are not the ones that their hash announces")]
    Corrupt,
    /// An object is larger than the caller can hold.
    #[error("the object is larger than {limit} bytes")]
    TooLarge {
        /// What the caller can hold.
        limit: u64,
    },
    /// S3 refuses: its policy, the bucket or the request is wrong. Trying again does not help.
    #[error("S3 refuses ({code})")]
    Refused {
        /// S3's error code.
        code: String,
    },
    /// S3 could not be asked, or is busy. Trying again later helps.
    #[error("S3 is not available ({code})")]
    Unavailable {
        /// S3's error code.
        code: String,
    },
}

impl<E: ProvideErrorMetadata, R> From<SdkError<E, R>> for DocumentBucketError {
    fn from(error: SdkError<E, R>) -> Self {
        if matches!(error, SdkError::ConstructionFailure(_)) {
            return Self::Refused { code: "not a request".to_owned() };
        }
        match error.as_service_error().and_then(ProvideErrorMetadata::code) {
            Some("NoSuchKey" | "NotFound") => Self::NotFound,
            Some("NoSuchUpload") => Self::NoSuchUpload,
            Some("BadDigest" | "InvalidDigest" | "XAmzContentSHA256Mismatch") => Self::Corrupt,
            Some(
                code @ ("AccessDenied"
                | "InvalidAccessKeyId"
                | "SignatureDoesNotMatch"
                | "NoSuchBucket"
                | "InvalidPart"
                | "InvalidPartOrder"
                | "EntityTooSmall"
                | "EntityTooLarge"
                | "InvalidRequest"
                | "InvalidArgument"
                | "MalformedXML"),
            ) => Self::Refused { code: code.to_owned() },
            code => Self::Unavailable { code: code.unwrap_or("no answer").to_owned() },
        }
    }
}
