//! Documents: their bytes are where the rows say, and are of the type that the rows say.

use std::collections::BTreeSet;

use crate::practice_support::{all, large, number, texts};
use halo_simulator::practice::patient;
use rusqlite::Connection;

/// Kind, table, key, and the condition for rows with a file.
const KINDS: [(&str, &str, &str); 4] = [
    ("CORRESPONDENCEIN", "CORRESPONDENCEIN", "DOCUMENTID"),
    ("CORRESPONDENCEOUT", "CORRESPONDENCEOUT", "RECORDID"),
    ("EPCREPORT", "EPCREPORTS", "REPORTID"),
    ("INVESTIGATION", "INVESTIGATIONS", "REPORTID"),
];

#[test]
fn every_stored_file_belongs_to_a_row_that_names_its_store() {
    for (which, practice) in all() {
        for (kind, table, key) in KINDS {
            let orphans = number(
                &practice,
                &format!(
                    "SELECT count(*) FROM BPSDocuments.DOCUMENTS AS d WHERE d.KIND = '{kind}' AND NOT EXISTS
                     (SELECT 1 FROM dbo.{table} AS r WHERE r.{key} = d.RECORDID AND r.STORED = d.STORE)"
                ),
            );
            assert_eq!(orphans, 0, "{kind} at {which:?}");
        }
    }
}

#[test]
fn exactly_one_row_promises_a_file_that_is_gone() {
    for (which, practice) in all() {
        let gone: Vec<String> = KINDS
            .iter()
            .flat_map(|(kind, table, key)| {
                texts(
                    &practice,
                    &format!(
                        "SELECT '{kind}' FROM dbo.{table} AS r WHERE r.STORED > 0 AND NOT EXISTS
                         (SELECT 1 FROM BPSDocuments.DOCUMENTS AS d
                          WHERE d.KIND = '{kind}' AND d.RECORDID = r.{key} AND d.STORE = r.STORED)"
                    ),
                )
            })
            .collect();
        assert_eq!(gone, ["CORRESPONDENCEIN"], "{which:?}");
    }
}

/// File type, size and first bytes of the demonstration patient's files of one kind.
fn files(practice: &Connection, kind: &str, table: &str, key: &str) -> Vec<(String, i64, Vec<u8>)> {
    let sql = format!(
        "SELECT d.FILETYPE, length(d.CONTENT), substr(d.CONTENT, 1, 8)
         FROM BPSDocuments.DOCUMENTS AS d JOIN dbo.{table} AS r ON r.{key} = d.RECORDID
         WHERE d.KIND = '{kind}' AND r.INTERNALID = {}",
        patient::DEMONSTRATION
    );
    let mut statement = practice.prepare(&sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    rows.collect::<rusqlite::Result<_>>().unwrap()
}

#[test]
fn the_demonstration_patient_has_files_of_every_size_that_begin_as_their_type_does() {
    let practice = large();
    let mut sizes = BTreeSet::new();
    let mut types = BTreeSet::new();
    for (kind, table, key) in KINDS {
        for (file_type, size, start) in files(&practice, kind, table, key) {
            let magic: &[u8] = match file_type.as_str() {
                "pdf" => b"%PDF-1.4",
                "jpg" => b"\xFF\xD8\xFF\xE0",
                "png" => b"\x89PNG\r\n\x1A\n",
                "tif" => b"II\x2A\x00",
                "rtf" => b"{\\rtf1",
                "html" => b"<!DOCTYP",
                other => panic!("unexpected file type {other}"),
            };
            assert!(start.starts_with(magic), "{file_type}: {start:x?}");
            sizes.insert(size);
            types.insert(file_type);
        }
    }
    for (size, name) in [
        (1 << 10, "1 KB"),
        (10 << 10, "10 KB"),
        (100 << 10, "100 KB"),
        (1 << 20, "1 MB"),
        (5 << 20, "5 MB"),
        (10 << 20, "10 MB"),
        (20 << 20, "20 MB"),
        (60 << 20, "60 MB"),
    ] {
        assert!(sizes.contains(&size), "no file of {name}: {sizes:?}");
    }
    assert_eq!(types.len(), 6, "{types:?}");
}

#[test]
fn text_results_are_in_the_row_and_files_are_not() {
    let practice = large();
    let body = |name: &str| -> Option<Vec<u8>> {
        practice
            .query_row(
                "SELECT ReportBody FROM dbo.BPS_Investigations WHERE InternalID = 1 AND TestName = ?1",
                [name],
                |row| row.get(0),
            )
            .unwrap()
    };
    let text = body("Full blood examination").unwrap();
    assert_eq!(text.len(), 1_024);
    assert!(text.is_ascii());
    assert!(body("Lipid studies").unwrap().starts_with(b"MSH|^~\\&|"));
    assert_eq!(body("Coronary angiogram"), None);
}

#[test]
fn a_large_pdf_has_its_cross_reference_where_its_end_says() {
    let practice = large();
    let pdf: Vec<u8> = practice
        .query_row(
            "SELECT CONTENT FROM BPSDocuments.DOCUMENTS WHERE KIND = 'EPCREPORT' AND length(CONTENT) = 5242880",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let tail = std::str::from_utf8(&pdf[pdf.len() - 32..]).unwrap();
    let offset: usize = tail.split("startxref\n").nth(1).unwrap()[..10].parse().unwrap();
    assert!(pdf[offset..].starts_with(b"xref\n0 7\n"));
    assert!(pdf.ends_with(b"%%EOF\n"));
}

#[test]
fn a_fax_has_a_file_for_each_page() {
    let practice = large();
    let pages = texts(
        &practice,
        "SELECT p.PAGENUMBER || ' ' || d.FILETYPE FROM dbo.DOCUMENTPAGES AS p
         JOIN dbo.CORRESPONDENCEIN AS c ON c.DOCUMENTID = p.DOCUMENTID
         JOIN BPSDocuments.DOCUMENTS AS d ON d.KIND = 'CORRESPONDENCEIN' AND d.RECORDID = p.DOCUMENTID
            AND d.PAGENUMBER = p.PAGENUMBER AND d.STORE = c.STORED
         ORDER BY p.PAGENUMBER",
    );
    assert_eq!(pages, ["1 tif", "2 tif", "3 tif"]);
}

#[test]
fn one_patient_has_ten_thousand_letters() {
    let id = patient::MANY_DOCUMENTS;
    let sql = format!("SELECT count(*) FROM dbo.BPS_CorrespondenceIn WHERE InternalID = {id}");
    assert!(number(&large(), &sql) >= 10_000);
}

#[test]
fn some_documents_are_confidential_and_some_letters_are_drafts() {
    let practice = large();
    for sql in [
        "SELECT count(*) FROM dbo.BPS_CorrespondenceIn WHERE InternalID = 1 AND Confidential = 'Yes'",
        "SELECT count(*) FROM dbo.BPS_CorrespondenceOut WHERE InternalID = 1 AND Draft = 'Yes'",
        "SELECT count(*) FROM dbo.BPS_Investigations WHERE InternalID = 1 AND Checked IS NULL",
        "SELECT count(*) FROM dbo.INCOMINGREPORTS WHERE INTERNALID = 0 AND CHECKEDBY = 0",
        "SELECT count(*) FROM dbo.INCOMINGREPORTS WHERE INTERNALID = 1 AND CHECKEDBY = 0",
        "SELECT count(*) FROM dbo.INCOMINGREPORTS WHERE INTERNALID = 1 AND CHECKEDBY > 0",
    ] {
        assert!(number(&practice, sql) > 0, "{sql}");
    }
}
