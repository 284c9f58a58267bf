//! The names of result columns: a column has the name that the query wrote, as in SQL Server.

use crate::sql::{Practice, expect};

fn columns(practice: &mut Practice, text: &str) -> Vec<String> {
    let outcome = practice.run(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let last = outcome.result_sets.into_iter().next_back();
    last.unwrap_or_else(|| panic!("no result: {text}")).columns
}

#[track_caller]
fn named(cases: &[(&str, &[&str])]) {
    let mut practice = Practice::open();
    for (text, expected) in cases {
        assert_eq!(columns(&mut practice, text), *expected, "{text}");
    }
}

#[test]
fn a_column_is_named_as_the_query_spells_it() {
    named(&[
        ("SELECT surname, InternalId FROM BPS_Patients", &["surname", "InternalId"]),
        ("SELECT InternalID, FIRSTNAME FROM dbo.PATIENTS", &["InternalID", "FIRSTNAME"]),
        ("SELECT p.SurName, [firstName] FROM dbo.PATIENTS AS P", &["SurName", "firstName"]),
        ("SELECT dbo.PATIENTS.surname FROM dbo.PATIENTS", &["surname"]),
        ("SELECT surname AS sURNAMe, x = firstname FROM dbo.PATIENTS", &["sURNAMe", "x"]),
        ("SELECT DISTINCT surname FROM dbo.PATIENTS ORDER BY Surname", &["surname"]),
        ("SELECT surname, COUNT(*) FROM dbo.PATIENTS GROUP BY SURNAME", &["surname", ""]),
        (
            "SELECT internalid FROM dbo.PATIENTS UNION ALL SELECT USERID FROM dbo.USERS",
            &["internalid"],
        ),
    ]);
}

#[test]
fn a_star_shows_the_spelling_of_the_view() {
    named(&[
        (
            "SELECT * FROM bps_patients",
            &["InternalID", "Firstname", "Surname", "DOB", "MobilePhone", "Gender"],
        ),
        (
            "SELECT V.*, surname FROM BPS_PATIENTS AS v",
            &["InternalID", "Firstname", "Surname", "DOB", "MobilePhone", "Gender", "surname"],
        ),
        (
            "EXEC dbo.BP_GETALLUSERS",
            &["UserID", "Surname", "Firstname", "LocationID", "GroupName", "Appointments"],
        ),
    ]);
}

#[test]
fn the_outermost_list_decides_and_a_star_passes_on_what_is_inside() {
    named(&[
        ("SELECT SURNAME FROM (SELECT surname FROM dbo.PATIENTS) AS q", &["SURNAME"]),
        ("SELECT * FROM (SELECT surName FROM dbo.PATIENTS) AS q", &["surName"]),
        ("SELECT q.* FROM (SELECT surName AS NAME FROM dbo.PATIENTS) AS q", &["NAME"]),
        ("SELECT * FROM (SELECT surname FROM dbo.PATIENTS) AS q (lastName)", &["lastName"]),
        ("WITH c AS (SELECT surName FROM dbo.PATIENTS) SELECT * FROM c", &["surName"]),
        ("WITH c AS (SELECT surName FROM dbo.PATIENTS) SELECT SURname FROM c", &["SURname"]),
        (
            "WITH c (A, b) AS (SELECT surName, 1 FROM dbo.PATIENTS) SELECT B, * FROM c",
            &["B", "A", "b"],
        ),
        (
            "SELECT a.* FROM dbo.PATIENTS AS p CROSS APPLY (SELECT p.surName, 1 AS One) AS a",
            &["surName", "One"],
        ),
    ]);
}

#[test]
fn temporary_tables_keep_the_spelling_they_were_made_with() {
    named(&[
        ("SELECT surName INTO #t FROM dbo.PATIENTS; SELECT * FROM #t", &["surName"]),
        ("SELECT surName INTO #t FROM dbo.PATIENTS; SELECT SURNAME FROM #t", &["SURNAME"]),
        ("CREATE TABLE #t (SomeThing int); INSERT #t VALUES (1); SELECT * FROM #t", &["SomeThing"]),
        ("CREATE TABLE #t (SomeThing int); SELECT t.something FROM #T AS t", &["something"]),
        ("DECLARE @t TABLE (SomeThing int); SELECT * FROM @T", &["SomeThing"]),
        ("DECLARE @t TABLE (SomeThing int); SELECT SOMETHING FROM @t", &["SOMETHING"]),
        (
            "DECLARE @t TABLE (SomeThing int); INSERT @t OUTPUT inserted.something VALUES (1)",
            &["something"],
        ),
    ]);
}

#[test]
fn json_members_are_named_as_the_query_spells_them() {
    expect(&[(
        "SELECT TOP (1) internalid, RTRIM(surname) AS lastName FROM dbo.BPS_Patients ORDER BY 1 FOR JSON PATH",
        r#"[{"internalid":1,"lastName":"Budgie"}]"#,
    )]);
}
