//! Documents as they occur in clinics.

use rusqlite::types::Value as Cell;

use super::*;

impl Clinic {
    /// A document in a patient's Correspondence In, with this file extension.
    fn document(&self, patient: i64, extension: &str, content: &[u8]) -> i64 {
        let sql = "SELECT min(DOCUMENTID) FROM CORRESPONDENCEIN WHERE RECORDSTATUS = 1 \
                   AND CLINICALIMAGE = 0 AND INTERNALID > 0 AND STORED > 0";
        let store = self.number("SELECT max(CURRENTSTORE) FROM DOCUMENTSTORE");
        let changed = [("INTERNALID", Cell::from(patient)), ("STORED", Cell::from(store))];
        let id = self.like("CORRESPONDENCEIN", "DOCUMENTID", self.number(sql), &changed);
        self.documents
            .execute(
                "INSERT INTO DOCUMENTS (STORE, KIND, RECORDID, PAGENUMBER, FILETYPE, CONTENT) \
                 VALUES (?1, 'CORRESPONDENCEIN', ?2, 1, ?3, ?4)",
                (store, id, extension, content),
            )
            .unwrap();
        id
    }
}

#[tokio::test]
async fn documents_are_labelled_by_what_they_are() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let clinic = Clinic::open(stack, &bp).await;
    let mut report = Report::new("Documents, by their content type");
    let patient = clinic.patient("Papers", "Pat", "1973-03-01");
    let utf_16: Vec<u8> = "\u{feff}Dear doctor".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (text, html, unknown) =
        ("text/plain; charset=utf-8", "text/html", "application/octet-stream");
    let cases: [(&str, &str, &[u8], &str, &str); 11] = [
        ("a result that ends with Ctrl-Z", "txt", b"Haemoglobin 140 g/L\r\n\x1a", unknown, "text/plain"),
        ("HTML behind a comment", "html", b"<!-- saved from url=(0014)about:internet -->\r\n<html><body>Dear Dr</body></html>", text, html),
        ("XHTML", "html", b"<?xml version=\"1.0\"?>\n<html xmlns=\"http://www.w3.org/1999/xhtml\"><body>Dear Dr</body></html>", text, html),
        ("HTML without its outer tag", "html", b"<body><p>Dear Dr</p></body>", text, html),
        ("text in UTF-16", "txt", &utf_16, unknown, "text/plain"),
        ("RTF that speaks of %PDF-", "rtf", b"{\\rtf1\\ansi The attached %PDF-1.4 could not be opened.}", "application/pdf", "application/rtf"),
        ("HL7 with a byte order mark in its frame", "hl7", b"\x0b\xef\xbb\xbfMSH|^~\\&|LAB|\r\x1c\r", unknown, "x-application/hl7-v2+er7"),
        ("GIF", "gif", b"GIF89a\x01\0\x01\0\0\0\0;", unknown, "image/gif"),
        ("BMP", "bmp", b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\x18\0\0\0\0\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", unknown, "image/bmp"),
        ("a letter in XML (CDA)", "xml", b"<?xml version=\"1.0\"?><ClinicalDocument xmlns=\"urn:hl7-org:v3\"/>", text, "application/xml"),
        ("PDF", "pdf", b"%PDF-1.4\n%%EOF\n", "application/pdf", "application/pdf"),
    ];
    let ids: Vec<i64> = cases
        .iter()
        .map(|(_, extension, content, ..)| clinic.document(patient, extension, content))
        .collect();
    let items: Vec<Value> =
        ids.iter().map(|id| json!({ "folder": "correspondenceIn", "documentId": id })).collect();
    let import = Uuid::new_v4().simple().to_string();
    let body = json!({ "importId": import, "items": items });
    let path = format!("/patients/{patient}/attachment-imports");
    practice.clinician.post(&path, &body).await.assert_status(202);
    let path = format!("/attachment-imports/{import}");
    let done = until(&practice.clinician, &path, |it| it.text_at("/state") != "running").await;
    for (place, (what, _, _, before, right)) in cases.iter().enumerate() {
        let item = done.at(&format!("/items/{place}"));
        let label = item["contentType"].as_str().unwrap_or("none");
        let kind = label.split(';').next().unwrap_or_default();
        report.case(what, before, kind, right);
    }
    report.finish();
}
