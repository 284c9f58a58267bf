//! The referral guide: import attachments.

use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::example::Example;
use super::guide::{As, Call, Guide, member};
use crate::Error;

/// Lists the patient's documents, imports the newest ones that have a file, and opens one.
pub(crate) async fn import_attachments(
    guide: &mut Guide<'_>,
    example: &Example,
    patient: &Value,
) -> Result<(), Error> {
    guide.chapter("Import attachments");
    let practice = format!("/v1/practices/{}", example.practice_id);
    const LIST: &str = "List the patient's documents in all folders";
    let list = guide
        .call(Call {
            title: LIST,
            caller: As::Clinician,
            method: Method::GET,
            path: format!("{practice}/patients/{patient}/attachments?limit=20"),
            body: None,
            expected: 200,
        })
        .await?;
    let items: Vec<Value> = member(LIST, &list, "/items")?
        .as_array()
        .into_iter()
        .flatten()
        .filter(|item| item["hasFile"] == true)
        .take(3)
        .map(|item| json!({ "folder": item["folder"], "documentId": item["documentId"], "category": "Pathology" }))
        .collect();
    const IMPORT: &str = "Import three of them, with a category";
    let id = format!("demo-{}", Uuid::new_v4().simple());
    let wanted = json!({ "importId": id, "items": items });
    guide
        .call(Call {
            title: IMPORT,
            caller: As::Clinician,
            method: Method::POST,
            path: format!("{practice}/patients/{patient}/attachment-imports"),
            body: Some(&wanted),
            expected: 202,
        })
        .await?;
    const FOLLOW: &str = "Follow the import";
    let import = guide
        .wait(
            Call {
                title: FOLLOW,
                caller: As::Clinician,
                method: Method::GET,
                path: format!("{practice}/attachment-imports/{id}"),
                body: None,
                expected: 200,
            },
            |import| import["state"] != "running",
        )
        .await?;
    const OPEN: &str = "Download a copy; the link works for some minutes";
    let staged = import["items"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|item| item["state"] == "staged")
        .ok_or_else(|| Error::Demo { step: FOLLOW, problem: "nothing was copied".into() })?;
    let url = member(FOLLOW, staged, "/downloadUrl")?.as_str().unwrap_or_default();
    let bytes = guide.download(OPEN, url).await?;
    let hash = hex(&bytes);
    if staged["sha256"] != hash.as_str() {
        return Err(Error::Demo { step: OPEN, problem: "the bytes differ from the copy".into() });
    }
    guide.say("Its SHA-256 is the one in the import. The other links above work the same way.");
    Ok(())
}

/// The SHA-256 of some bytes.
pub(crate) fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
