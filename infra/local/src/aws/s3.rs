use reqwest::Method;
use serde_json::Value;

use super::Aws;
use crate::Error;

impl Aws {
    /// The keys of a bucket's objects.
    ///
    /// # Errors
    /// When there is no such bucket.
    pub async fn objects(&self, bucket: &str) -> Result<Vec<String>, Error> {
        self.keys(&format!("/{bucket}?list-type=2&max-keys=1000")).await
    }

    /// The keys of multipart uploads that are neither complete nor aborted.
    ///
    /// # Errors
    /// When there is no such bucket.
    pub async fn open_uploads(&self, bucket: &str) -> Result<Vec<String>, Error> {
        self.keys(&format!("/{bucket}?uploads")).await
    }

    async fn keys(&self, path: &str) -> Result<Vec<String>, Error> {
        let xml = self.rest("s3", Method::GET, path, &Value::Null).await?;
        let keys = xml.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next());
        Ok(keys.map(str::to_owned).collect())
    }
}
