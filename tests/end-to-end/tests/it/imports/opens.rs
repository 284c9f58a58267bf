//! Downloaded files open: they have a name, a scan is one file, and a letter can be read as text.

use end_to_end::TestStack;
use serde_json::json;

use super::*;
use crate::steps::{named, paired_practice};

/// Files a letter to the practice about the showcase patient, with these pages (extension, bytes).
fn file(tables: &Tables, subject: &str, dated: Option<&str>, pages: &[(&str, &[u8])]) -> Document {
    let columns = "RECORDSTATUS, STORED, ORIGIN, INTERNALID, USERID, CORRESPONDENCEDATE, CONTACTID, \
         CONFIDENTIALFLAG, CHECKEDBY, NOTATION, ACTION, ACTIONED, CLINICALIMAGE, CREATED, CREATEDBY, \
         STATUSCODE";
    let like = format!(
        "INSERT INTO CORRESPONDENCEIN ({columns}, SUBJECT)
         SELECT {}, ?3 FROM CORRESPONDENCEIN
         WHERE INTERNALID = ?1 AND RECORDSTATUS = 1 AND CLINICALIMAGE = 0 AND STORED > 0 LIMIT 1",
        columns.replace("CORRESPONDENCEDATE", "?2")
    );
    let dated = dated.map(|day| format!("{day}T00:00:00"));
    tables.practice.execute(&like, (SHOWCASE, dated, subject)).unwrap();
    let id = tables.practice.last_insert_rowid();
    let store: i64 = tables
        .practice
        .query_row("SELECT STORED FROM CORRESPONDENCEIN WHERE DOCUMENTID = ?1", [id], |row| {
            row.get(0)
        })
        .unwrap();
    for (page, (ending, bytes)) in (1_i64..).zip(pages) {
        let page_row =
            "INSERT INTO DOCUMENTS (STORE, KIND, RECORDID, PAGENUMBER, FILETYPE, CONTENT)
             VALUES (?1, 'CORRESPONDENCEIN', ?2, ?3, ?4, ?5)";
        tables.documents.execute(page_row, (store, id, page, ending, bytes)).unwrap();
    }
    tables.document("correspondenceIn", id)
}

/// A grey square of 8 by 8 points, with this many comments of 64 KiB.
fn photograph(comments: usize) -> Vec<u8> {
    let mut file = b"\xFF\xD8\xFF\xE0\x00\x10JFIF\x00\x01\x01\x01\x00\x48\x00\x48\x00\x00".to_vec();
    for _ in 0..comments {
        file.extend(b"\xFF\xFE\xFF\xFF");
        file.extend([7; 65_533]);
    }
    file.extend(b"\xFF\xDB\x00\x43\x00");
    file.extend([1; 64]);
    file.extend(b"\xFF\xC0\x00\x0B\x08\x00\x08\x00\x08\x01\x01\x11\x00");
    for table in [0x00, 0x10] {
        file.extend([0xFF, 0xC4, 0x00, 0x14, table, 1]);
        file.extend([0; 16]);
    }
    file.extend(b"\xFF\xDA\x00\x08\x01\x01\x00\x00\x3F\x00\x3F\xFF\xD9");
    file
}

/// The bytes behind a link, and the headers that tell a browser how to treat them.
async fn download(url: &Value) -> (Vec<u8>, String, String) {
    let answer = local::loopback_client().unwrap().get(url.as_str().unwrap()).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{url}");
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    let (disposition, kind) = (header("content-disposition"), header("content-type"));
    (answer.bytes().await.unwrap().to_vec(), disposition, kind)
}

#[tokio::test]
async fn a_download_has_a_name_that_says_where_and_when_and_nothing_of_a_patient() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let subject = "Letter about Mrs Exemplar";
    let one = |dated, ending, bytes: &[u8]| file(&tables, subject, dated, &[(ending, bytes)]);
    let documents = [
        one(Some("2026-03-14"), "pdf", b"%PDF-1.4\n%%EOF\n"),
        one(Some("2026-03-14"), "html", b"<center>Dear Dr</center>"),
        one(None, "docx", b"PK\x03\x04\x14\0\x06\0[Content_Types].xml"),
        one(Some("2026-03-15"), "txt", b"Haemoglobin 140 g/L\r\n\x1A"),
    ];
    let mark = bp.mark().await;
    let id = new_id();
    start(&practice, &id, &documents).await.assert_status(202);
    let import = finished(&practice, &id).await;
    assert_are_copies(&import, &documents).await;
    let items = import["items"].as_array().unwrap();
    let names: Vec<&str> = items.iter().map(|it| it["fileName"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "Correspondence In 2026-03-14.pdf",
            "Correspondence In 2026-03-14 (2).html",
            "Correspondence In undated.docx",
            "Correspondence In 2026-03-15.txt",
        ]
    );
    assert!(items.iter().all(|item| item.get("rendition").is_none()), "{import}");
    assert_eq!(bp.queries_since(mark).await.len(), documents.len(), "names cost queries");

    // Only files that cannot run code are shown in a browser.
    let path = format!("/attachment-imports/{id}?disposition=inline");
    let shown = practice.clinician.get(&path).await.assert_status(200).json.clone();
    let ways = ["inline", "attachment", "attachment", "inline"];
    for ((item, name), way) in shown["items"].as_array().unwrap().iter().zip(names).zip(ways) {
        let (_, disposition, kind) = download(&item["downloadUrl"]).await;
        assert_eq!(disposition, format!("{way}; filename=\"{name}\""));
        assert_eq!(kind, item["contentType"].as_str().unwrap());
    }
    let wrong = practice.clinician.get(&format!("/attachment-imports/{id}?disposition=x")).await;
    wrong.assert_problem(400, "invalid-request");
    assert_queues_run_dry(stack).await;
    stack.assert_not_logged(&["Exemplar"]).await;
}

#[tokio::test]
async fn a_scan_of_several_pages_comes_as_one_pdf() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let all = tables.of_patient(&practice, SHOWCASE).await;
    let fax = all.iter().find(|it| it.pages == 3).unwrap().clone();
    // A larger one comes with an asynchronous query.
    let (photo, long) = (photograph(0), photograph(100));
    let pages: [(&str, &[u8]); 2] = [("jpg", &long), ("jpg", &photo)];
    let photos = file(&tables, "Photographs", None, &pages);
    // A scan with a letter among its pages cannot become one PDF.
    let mixed = [("jpg", photo.as_slice()), ("rtf", b"{\\rtf1 page two}")];
    let mixed = file(&tables, "Mixed", None, &mixed);
    let before = stack.aws().objects(bucket(stack)).await.unwrap();

    let mark = bp.mark().await;
    let id = new_id();
    start(&practice, &id, &[fax, photos, mixed]).await.assert_status(202);
    let import = finished(&practice, &id).await;
    assert_eq!(states(&import), ["staged", "staged", "failed"], "{import}");
    for (item, (pages, filter)) in
        import["items"].as_array().unwrap().iter().zip([(3, None), (2, Some("/DCTDecode"))])
    {
        assert_eq!(item["contentType"], "application/pdf");
        assert!(item["fileName"].as_str().unwrap().ends_with(".pdf"), "{item}");
        let (bytes, _, _) = download(&item["downloadUrl"]).await;
        assert_eq!(item["sha256"], sha256(&bytes));
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.starts_with("%PDF-") && text.ends_with("%%EOF\n"));
        assert_eq!(text.matches("/Type /Page ").count(), pages);
        assert!(filter.is_none_or(|filter| text.matches(filter).count() == pages));
        let is_there = |page: &[u8]| bytes.windows(page.len()).any(|window| window == page);
        assert!(filter.is_none() || is_there(&photo), "a page was encoded anew");
    }
    let problem = &import["items"][2]["problem"];
    assert_eq!(problem["type"], "document-in-parts");
    assert!(problem["steps"][0].is_string(), "{problem}");
    // One query for each, and one more for the large one.
    let asked = named(&bp.queries_since(mark).await);
    let count = |what: &str| asked.iter().filter(|name| *name == what).count();
    assert_eq!(count("immediateQuery:document_start"), 3, "{asked:?}");
    assert_eq!(count("asyncQuery:document_content"), 1, "{asked:?}");
    assert_queues_run_dry(stack).await;
    assert_bucket_has(stack, &before, 2).await;
}

#[tokio::test]
async fn a_letter_in_rich_text_comes_with_its_words_and_both_go_together() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let letter = br"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset2 Symbol;}}Dear Dr Na\'efve,\par Digoxin 125 {\f1 m}g, half (\'bd) at night.\par}";
    let document = file(&tables, "Letter", Some("2026-03-14"), &[("rtf", letter)]);
    let before = stack.aws().objects(bucket(stack)).await.unwrap();
    let id = new_id();
    start(&practice, &id, std::slice::from_ref(&document)).await.assert_status(202);
    let import = finished(&practice, &id).await;
    let item = &import["items"][0];
    assert_is_copy(item, &document).await;
    assert_eq!(item["contentType"], "application/rtf");
    let text = &item["rendition"];
    assert_eq!(text["contentType"], "text/plain; charset=utf-8");
    assert_eq!(text["fileName"], "Correspondence In 2026-03-14.txt");
    assert_eq!(text["expiresAt"], item["expiresAt"]);
    let (bytes, disposition, kind) = download(&text["downloadUrl"]).await;
    let words = "Dear Dr Naïve,\nDigoxin 125 μg, half (½) at night.\n";
    assert_eq!(String::from_utf8(bytes).unwrap(), words);
    assert_eq!(disposition, "attachment; filename=\"Correspondence In 2026-03-14.txt\"");
    assert_eq!(kind, "text/plain; charset=utf-8");
    assert_eq!(
        (&text["bytes"], &text["sha256"]),
        (&json!(words.len()), &json!(sha256(words.as_bytes())))
    );
    assert_bucket_has(stack, &before, 1).await;
    stack.assert_not_logged(&["Digoxin 125"]).await;

    practice.clinician.delete(&format!("/attachment-imports/{id}")).await.assert_status(204);
    let mut left = stack.aws().objects(bucket(stack)).await.unwrap();
    left.retain(|key| !before.contains(key));
    assert_eq!(left, Vec::<String>::new(), "a cancelled import left something");
    assert_queues_run_dry(stack).await;
}

#[tokio::test]
async fn a_letter_of_old_word_comes_with_its_words() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let letter = include_bytes!("../../../../../shared/renditions/src/doc/tests/letter.doc");
    // A truncated letter is copied as it is, without a text.
    let (day, cut) = (Some("2026-03-14"), &letter[..letter.len() - 512]);
    let documents = [
        file(&tables, "Letter", day, &[("doc", letter)]),
        file(&tables, "Letter", day, &[("doc", cut)]),
    ];
    let id = new_id();
    start(&practice, &id, &documents).await.assert_status(202);
    let import = finished(&practice, &id).await;
    assert_are_copies(&import, &documents).await;
    let (whole, cut) = (&import["items"][0], &import["items"][1]);
    assert_eq!(whole["contentType"], "application/msword");
    assert_eq!(whole["fileName"], "Correspondence In 2026-03-14.doc");
    assert_eq!(whole["rendition"]["fileName"], "Correspondence In 2026-03-14.txt");
    let (bytes, _, kind) = download(&whole["rendition"]["downloadUrl"]).await;
    let words = String::from_utf8(bytes).unwrap();
    assert!(words.contains("Digoxin 125 μg, half (½) at night"), "{words}");
    assert!(words.contains("Hb\t98\nWCC\t7.1\nPlatelets 150 x 10^9/L\n"), "{words}");
    assert_eq!(kind, "text/plain; charset=utf-8");
    assert!(cut.get("rendition").is_none(), "{cut}");
    assert_queues_run_dry(stack).await;
    stack.assert_not_logged(&["Digoxin 125"]).await;
}
