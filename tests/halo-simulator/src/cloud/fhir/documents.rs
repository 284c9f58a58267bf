//! Documents: Bp's five folders as DocumentReference, and their bytes as Binary. Halo's public documents
//! say only that the resource exists. The identifiers, which consist of folder and number, are made up. The
//! resource is off until the control API switches it on.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::StatusCode;
use serde_json::{Value as Json, json};

use super::{
    Context,
    patient::{command, input},
    without_empty,
};
use crate::{
    cloud::answer::{Answer, Refusal},
    sql::Value,
};

/// One of Bp's folders.
struct Folder {
    name: &'static str,
    view: &'static str,
    /// The columns of its key, its date and its subject.
    columns: [&'static str; 3],
    /// The folder's kind in the documents database.
    kind: &'static str,
    /// The column with the text of a row without a file.
    body: &'static str,
}

#[rustfmt::skip]
const FOLDERS: [Folder; 5] = [
    Folder { name: "investigations", view: "BPS_Investigations", columns: ["ReportID", "Reported", "TestName"], kind: "INVESTIGATION", body: "CAST(v.ReportBody AS varbinary(max))" },
    Folder { name: "correspondence-in", view: "BPS_CorrespondenceIn", columns: ["DocumentID", "CorrespondenceDate", "Subject"], kind: "CORRESPONDENCEIN", body: "CAST(NULL AS varbinary(max))" },
    Folder { name: "correspondence-out", view: "BPS_CorrespondenceOut", columns: ["RecordID", "CorrespondenceDate", "Subject"], kind: "CORRESPONDENCEOUT", body: "CAST(NULL AS varbinary(max))" },
    Folder { name: "enhanced-primary-care", view: "BPS_EPCReports", columns: ["ReportID", "ReportDate", "ReportType"], kind: "EPCREPORT", body: "CAST(NULL AS varbinary(max))" },
    Folder { name: "clinical-images", view: "BPS_ClinicalImages", columns: ["DocumentID", "CorrespondenceDate", "Subject"], kind: "CORRESPONDENCEIN", body: "CAST(NULL AS varbinary(max))" },
];

const SYSTEMS: &str = "https://bp.example/fhir/id/";

/// Search parameters with their FHIR types.
pub(super) const SEARCH_PARAMETERS: [(&str, &str); 3] =
    [("_id", "token"), ("patient", "reference"), ("identifier", "token")];

/// The documents that a search asks for.
#[derive(Default)]
struct Wanted {
    patient: Option<i32>,
    folder: Option<&'static str>,
    number: Option<i32>,
}

impl Wanted {
    fn read(pairs: &[(String, String)]) -> Result<Option<Self>, Refusal> {
        let mut wanted = Self::default();
        for (name, value) in pairs {
            let known = match name.as_str() {
                "patient" => {
                    wanted.patient = value.trim_start_matches("Patient/").parse().ok();
                    wanted.patient.is_some()
                }
                "identifier" => value
                    .strip_prefix(SYSTEMS)
                    .and_then(|rest| rest.split_once('|'))
                    .is_some_and(|(folder, number)| wanted.name(folder, number)),
                "_id" => value
                    .rsplit_once('-')
                    .is_some_and(|(folder, number)| wanted.name(folder, number)),
                "_format" | "_total" | "_count" => true,
                _ => {
                    return Err(Refusal::bad_request(format!(
                        "The search parameter \"{name}\" is not supported."
                    )));
                }
            };
            if !known {
                return Ok(None);
            }
        }
        if wanted.patient.is_none() && wanted.number.is_none() {
            return Err(Refusal::bad_request("The search names neither a patient nor a document."));
        }
        Ok(Some(wanted))
    }

    /// Selects a document by folder and number. Returns whether such a document can exist.
    fn name(&mut self, folder: &str, number: &str) -> bool {
        self.folder = FOLDERS.iter().map(|known| known.name).find(|known| *known == folder);
        self.number = number.parse().ok();
        self.folder.is_some() && self.number.is_some()
    }
}

pub(super) async fn search(
    context: &Context<'_>,
    pairs: &[(String, String)],
) -> Result<Answer, Refusal> {
    let found = match Wanted::read(pairs)? {
        Some(wanted) => references(context, &wanted).await?,
        None => Vec::new(),
    };
    let mut bundle = json!({"resourceType": "Bundle", "type": "searchset", "total": found.len()});
    if !found.is_empty() {
        bundle["entry"] = found
            .into_iter()
            .map(|resource| json!({"resource": resource, "search": {"mode": "match"}}))
            .collect();
    }
    Ok(Answer::fhir(StatusCode::OK, bundle))
}

pub(super) async fn read(context: &Context<'_>, id: &str) -> Result<Answer, Refusal> {
    let unknown = || Refusal::not_found("There is no document with this id.");
    let mut wanted = Wanted::default();
    let named = id.rsplit_once('-').is_some_and(|(folder, number)| wanted.name(folder, number));
    if !named {
        return Err(unknown());
    }
    let found = references(context, &wanted).await?.into_iter().next().ok_or_else(unknown)?;
    Ok(Answer::fhir(StatusCode::OK, found))
}

/// `Binary/{folder}-{number}-{page}`.
pub(super) async fn binary(context: &Context<'_>, id: &str) -> Result<Answer, Refusal> {
    let unknown = || Refusal::not_found("There is no binary with this id.");
    let (document, page) = id.rsplit_once('-').ok_or_else(unknown)?;
    let (folder, number) = document.rsplit_once('-').ok_or_else(unknown)?;
    let folder = FOLDERS.iter().find(|known| known.name == folder).ok_or_else(unknown)?;
    if page.parse::<i32>().is_err() || number.parse::<i32>().is_err() {
        return Err(unknown());
    }
    let Folder { view, columns: [key, ..], kind, body, .. } = folder;
    let text = format!(
        "SELECT CASE WHEN v.Stored > 0 THEN CAST(d.CONTENT AS varbinary(max)) ELSE {body} END AS Content,
                d.FILETYPE AS FileType
         FROM dbo.{view} AS v LEFT JOIN BPSDocuments.dbo.DOCUMENTS AS d
           ON d.STORE = v.Stored AND d.KIND = '{kind}' AND d.RECORDID = v.{key} AND d.PAGENUMBER = @page
         WHERE v.{key} = @number"
    );
    let parameters = vec![input("@number", "Int", number), input("@page", "Int", page)];
    let rows = context.select(command(text, parameters)).await?;
    let Some([Value::Bytes(bytes), file_type]) = rows.rows.first().map(Vec::as_slice) else {
        return Err(unknown());
    };
    let resource = json!({
        "resourceType": "Binary",
        "id": id,
        "contentType": content_type(file_type),
        "data": STANDARD.encode(bytes),
    });
    Ok(Answer::fhir(StatusCode::OK, resource))
}

async fn references(context: &Context<'_>, wanted: &Wanted) -> Result<Vec<Json>, Refusal> {
    let mut found: Vec<Json> = Vec::new();
    let any = |name: &str| wanted.folder.is_none_or(|folder| folder == name);
    for folder in FOLDERS.iter().filter(|folder| any(folder.name)) {
        let Folder { view, columns: [key, day, title], kind, body, .. } = folder;
        let text = format!(
            "SELECT v.{key} AS Number, v.InternalID AS Patient, v.{day} AS Day, v.{title} AS Title,
                    d.PAGENUMBER AS Page, d.FILETYPE AS FileType, DATALENGTH(d.CONTENT) AS Bytes,
                    CASE WHEN v.Stored > 0 THEN NULL ELSE DATALENGTH({body}) END AS Body
             FROM dbo.{view} AS v LEFT JOIN BPSDocuments.dbo.DOCUMENTS AS d
               ON d.STORE = v.Stored AND d.KIND = '{kind}' AND d.RECORDID = v.{key}
             WHERE (@patient IS NULL OR v.InternalID = @patient) AND (@number IS NULL OR v.{key} = @number)
             ORDER BY v.{key}, d.PAGENUMBER"
        );
        let number = |name: &str, value: Option<i32>| {
            let mut parameter = input(name, "Int", "");
            parameter.value = value.map(|value| value.to_string());
            parameter
        };
        let parameters = vec![number("@patient", wanted.patient), number("@number", wanted.number)];
        let rows = context.select(command(text, parameters)).await?;
        for row in &rows.rows {
            if let [number, patient, day, title, page, file_type, bytes, body] = row.as_slice() {
                let id = format!("{}-{}", folder.name, written(number));
                if found.last().is_none_or(|last| last["id"] != id.as_str()) {
                    found.push(reference(folder, &id, [number, patient, day, title]));
                }
                let (page, size) = match (page, bytes, body) {
                    (Value::Int(page), Value::Int(bytes), _) => (*page, *bytes),
                    (_, _, Value::Int(bytes)) => (1, *bytes),
                    _ => continue,
                };
                let attachment = json!({
                    "contentType": content_type(file_type),
                    "size": size,
                    "url": format!("Binary/{id}-{page}"),
                });
                if let Some(content) =
                    found.last_mut().and_then(|last| last["content"].as_array_mut())
                {
                    content.push(json!({ "attachment": attachment }));
                }
            }
        }
    }
    Ok(found.into_iter().map(without_empty).collect())
}

fn reference(folder: &Folder, id: &str, [number, patient, day, title]: [&Value; 4]) -> Json {
    json!({
        "resourceType": "DocumentReference",
        "id": id,
        "identifier": [{"system": format!("{SYSTEMS}{}", folder.name), "value": written(number)}],
        "status": "current",
        "subject": {"reference": format!("Patient/{}", written(patient))},
        "context": {"period": {"start": written(day).chars().take(10).collect::<String>()}},
        "description": written(title),
        "content": [],
    })
}

fn written(value: &Value) -> String {
    match value {
        Value::Text(text) => text.trim().to_owned(),
        Value::Int(number) => number.to_string(),
        _ => String::new(),
    }
}

/// The content type for a file name's extension. A row's own text has no extension.
fn content_type(file_type: &Value) -> &'static str {
    match written(file_type).as_str() {
        "pdf" => "application/pdf",
        "jpg" => "image/jpeg",
        "png" => "image/png",
        "tif" => "image/tiff",
        "rtf" => "application/rtf",
        "html" => "text/html",
        "" | "txt" => "text/plain",
        _ => "application/octet-stream",
    }
}
