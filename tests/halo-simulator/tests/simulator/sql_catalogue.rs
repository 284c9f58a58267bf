//! Clients' questions about the database itself, and the names of the databases beside `BPSPatients`.

use crate::sql::{Practice, Seeded, expect, shown};
use halo_simulator::practice::Demonstration;

#[test]
fn views_and_tables_are_listed_in_the_system_catalogue() {
    let mut practice = Seeded::open(Demonstration::QuandongFlat);
    for (text, expected) in [
        ("SELECT name FROM sys.views WHERE name = 'bps_patients'", "BPS_Patients"),
        ("SELECT name, type, type_desc FROM sys.tables WHERE name = 'PATIENTS'", "PATIENTS|U |USER_TABLE"),
        ("SELECT COUNT(*) FROM sys.tables WHERE name LIKE 'BPS[_]%'", "0"),
        ("SELECT type FROM sys.objects WHERE name = 'BP_GetAllUsers'", "P "),
        ("SELECT name FROM sys.procedures WHERE name = 'BP_AddPatient'", "BP_AddPatient"),
        (
            "SELECT c.name FROM sys.columns AS c JOIN sys.views AS v ON v.object_id = c.object_id
             WHERE v.name = 'BPS_Reactions' ORDER BY c.column_id",
            "InternalID;ItemName;Reaction;Severity;Comment;Created",
        ),
        (
            "SELECT s.name, o.name FROM sys.objects AS o JOIN sys.schemas AS s ON s.schema_id = o.schema_id
             WHERE o.object_id = OBJECT_ID('dbo.TITLES')",
            "dbo|TITLES",
        ),
        (
            "SELECT c.name, t.name, c.max_length, c.is_nullable, c.is_identity FROM sys.columns AS c
             JOIN sys.types AS t ON t.user_type_id = c.user_type_id
             WHERE c.object_id = OBJECT_ID(N'[dbo].[PATIENTS]') AND c.name IN ('INTERNALID', 'SURNAME', 'DOB')
             ORDER BY c.column_id",
            "INTERNALID|int|4|false|true;SURNAME|char|40|true|false;DOB|datetime|8|true|false",
        ),
        (
            "SELECT COUNT(*) FROM BPSPatients.sys.views WHERE name = 'BPS_Users'",
            "1",
        ),
        ("SELECT name FROM BPSDocuments.sys.tables", "DOCUMENTS"),
        ("SELECT name FROM sys.databases WHERE name LIKE 'BPS%' ORDER BY name", "BPSDocuments;BPSDrugs;BPSPatients;BPSSamples"),
    ] {
        assert_eq!(practice.rows(text), expected, "{text}");
    }
}

#[test]
fn what_the_simulator_needs_for_itself_is_neither_listed_nor_readable() {
    let mut practice = Seeded::open(Demonstration::QuandongFlat);
    for text in [
        "SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES",
        "SELECT TABLE_NAME FROM INFORMATION_SCHEMA.COLUMNS",
        "SELECT TABLE_NAME FROM INFORMATION_SCHEMA.VIEWS",
        "SELECT name FROM sys.objects",
    ] {
        let listed = practice.rows(text).to_uppercase();
        assert!(listed.contains("BPS_PATIENTS"), "{text}: {listed}");
        assert!(!listed.contains("SIMULATOR") && !listed.contains("SQLITE"), "{text}: {listed}");
    }
    let hidden = practice.run("SELECT * FROM dbo.SIMULATOR_PROVIDERS").unwrap_err();
    assert_eq!(hidden.number, 208);
    assert_eq!(practice.rows("SELECT OBJECT_ID('SIMULATOR_PROVIDERS')"), "NULL");
}

#[test]
fn object_id_finds_what_the_login_may_see() {
    expect(&[
        ("SELECT CASE WHEN OBJECT_ID('dbo.PATIENTS') > 0 THEN 'yes' END", "yes"),
        ("SELECT CASE WHEN OBJECT_ID(N'[dbo].[bps_patients]', 'V') > 0 THEN 'yes' END", "yes"),
        ("SELECT OBJECT_ID('dbo.PATIENTS', 'V'), OBJECT_ID('dbo.BPS_Patients', 'U')", "NULL|NULL"),
        ("SELECT CASE WHEN OBJECT_ID('BP_GetAllUsers', 'P') > 0 THEN 'yes' END", "yes"),
        ("SELECT OBJECT_ID('dbo.NOPE'), OBJECT_ID('NOPE.dbo.PATIENTS')", "NULL|NULL"),
        ("SELECT OBJECT_NAME(OBJECT_ID('dbo.bps_patients'))", "BPS_Patients"),
        (
            "IF OBJECT_ID('tempdb..#t') IS NULL SELECT 'none'; CREATE TABLE #t (a int);
             IF OBJECT_ID('tempdb..#t') IS NOT NULL SELECT 'there'",
            "none / there",
        ),
    ]);
    let mut practice = Practice::open();
    practice.environment.denied_objects = vec!["PATIENTS".to_owned()];
    assert_eq!(practice.rows("SELECT OBJECT_ID('dbo.PATIENTS')"), "NULL");
    assert_eq!(practice.rows("SELECT COUNT(*) FROM sys.tables WHERE name = 'PATIENTS'"), "0");
}

#[test]
fn sp_columns_describes_a_table_or_view() {
    let mut practice = Practice::open();
    let outcome = practice.run("EXEC sp_columns 'TITLES'").unwrap();
    let set = &outcome.result_sets[0];
    assert_eq!(
        set.columns[..6],
        ["TABLE_QUALIFIER", "TABLE_OWNER", "TABLE_NAME", "COLUMN_NAME", "DATA_TYPE", "TYPE_NAME"]
    );
    let shown = shown(&outcome);
    assert!(shown.starts_with("BPSPatients|dbo|TITLES|TITLECODE|4|int|10|4|0|10|0|"), "{shown}");
    assert!(shown.contains(";BPSPatients|dbo|TITLES|TITLE|1|char|30|30|NULL|NULL|0|"), "{shown}");
    let procedure =
        practice.procedure("sp_columns", &[("@table_name", "NVarChar", "bps_patients")]);
    assert_eq!(procedure.unwrap().result_sets[0].rows.len(), 6);
    let none = practice.run("EXEC sys.sp_columns @table_name = 'NOPE'").unwrap();
    assert_eq!(none.result_sets[0].rows.len(), 0);
}

#[test]
fn the_sample_and_drug_databases_answer_to_their_names() {
    let mut practice = Seeded::open(Demonstration::QuandongFlat);
    let patients = practice.rows("SELECT COUNT(*) FROM dbo.PATIENTS");
    for (text, expected) in [
        ("SELECT COUNT(*) FROM BPSSamples.dbo.PATIENTS", patients.as_str()),
        ("SELECT COUNT(*) FROM bpssamples..PATIENTS", patients.as_str()),
        (
            "SELECT COUNT(*) FROM BPSSamples.INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME = 'PATIENTS'",
            "1",
        ),
        (
            "SELECT CASE WHEN COUNT(*) > 0 THEN 'some' END FROM [BPSPATIENTS].[dbo].CURRENTRX
             WHERE ProductID IN (SELECT p.PRODUCTID FROM [BPSDrugs].[dbo].[PRODUCT_INGREDIENT] AS p
             INNER JOIN [BPSDrugs].[dbo].[INGREDIENTS] AS i ON p.INGREDIENTID = i.INGREDIENTID
             WHERE INGREDIENTNAME LIKE 'METFORMIN%')",
            "some",
        ),
        (
            "SELECT DISTINCT RTRIM(BPSDrugs.dbo.VAXDISEASES.DISEASENAME) FROM BPSDrugs.dbo.VACCINES
             INNER JOIN BPSDrugs.dbo.VACCINE_DISEASE
                ON BPSDrugs.dbo.VACCINE_DISEASE.VACCINEID = BPSDrugs.dbo.VACCINES.VACCINEID
             INNER JOIN BPSDrugs.dbo.VAXDISEASES
                ON BPSDrugs.dbo.VACCINE_DISEASE.DISEASECODE = BPSDrugs.dbo.VAXDISEASES.DISEASECODE
             WHERE VACCINES.VACCINENAME LIKE 'Influenza%'",
            "Influenza",
        ),
        (
            "SELECT COUNT(*) FROM dbo.BPS_Immunisations AS i
             LEFT JOIN bpsdrugs.dbo.VACCINE_DISEASE AS d ON d.VACCINEID = i.VaccineID
             WHERE d.DISEASECODE IS NULL",
            "0",
        ),
    ] {
        assert_eq!(practice.rows(text), expected, "{text}");
    }
    let unknown = practice.run("SELECT * FROM NoSuchDatabase.dbo.PATIENTS").unwrap_err();
    assert_eq!(unknown.number, 208);
    let written = practice.run("DELETE FROM BPSDrugs.dbo.VACCINES").unwrap_err();
    assert_eq!(written.number, 229);
}

#[test]
fn a_question_mark_is_told_to_be_a_named_parameter() {
    let mut practice = Practice::open();
    for text in [
        "SELECT * FROM dbo.PATIENTS WHERE SURNAME = ?",
        "SELECT TOP (?) * FROM dbo.PATIENTS",
        "EXEC BP_GetPatientByInternalID ?",
    ] {
        let error = practice.run(text).unwrap_err();
        assert_eq!(error.number, 102, "{text}: {error}");
        assert!(error.message.contains("use @name"), "{error}");
    }
    assert_eq!(practice.rows("SELECT 'why?' AS [is it?]"), "why?");
}
