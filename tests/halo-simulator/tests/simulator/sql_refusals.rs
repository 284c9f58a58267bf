//! Statements that look harmless but that SQL Server refuses. A wrong statement must not pass here.

use crate::sql::{Practice, expect};

#[track_caller]
fn refused(cases: &[(&str, i32)]) {
    for (text, number) in cases {
        let mut practice = Practice::open();
        practice
            .connection
            .execute_batch("CREATE TABLE dbo.NOTES (ID int, NOTE text COLLATE BP)")
            .unwrap();
        assert_eq!(practice.number(text), *number, "{text}");
    }
}

#[test]
fn an_application_lock_needs_a_transaction_unless_the_session_owns_it() {
    expect(&[
        ("DECLARE @r int; EXEC @r = sp_getapplock @Resource = 'r', @LockMode = 'Exclusive'; SELECT @r", "-999"),
        (
            "DECLARE @r int; EXEC @r = sp_getapplock @Resource = 'r', @LockMode = 'Exclusive',
             @LockOwner = 'Session'; SELECT @r",
            "0",
        ),
        (
            "DECLARE @r int; BEGIN TRAN; EXEC @r = sp_getapplock 'r', 'Exclusive', 'Transaction', 5000;
             COMMIT; SELECT @r",
            "0",
        ),
    ]);
}

#[test]
fn text_does_not_become_binary_by_itself() {
    refused(&[
        ("DECLARE @t varchar(10) = 'a', @b varbinary(10); SET @b = @t", 257),
        ("DECLARE @b varbinary(max) = 'a'", 257),
        ("DECLARE @b varbinary(9); SELECT @b = Surname FROM dbo.BPS_Patients", 257),
        ("INSERT INTO BPSDocuments.dbo.PAGES (NAME, CONTENT) VALUES ('a', 'b')", 257),
    ]);
    expect(&[
        ("DECLARE @b varbinary(9) = CAST('a' AS varbinary(9)); SELECT @b", "61"),
        ("DECLARE @b varbinary(9) = NULL; SELECT @b", "NULL"),
        ("DECLARE @t varchar(9) = 0x61; SELECT @t", "a"),
    ]);
}

#[test]
fn insert_exec_wants_exactly_the_columns_of_its_target() {
    refused(&[
        (
            "DECLARE @t TABLE (a int, b int, c int); INSERT INTO @t EXEC sp_executesql N'SELECT 1, 2'",
            213,
        ),
        (
            "DECLARE @t TABLE (a int); INSERT INTO @t EXEC sp_executesql N'SELECT 1, 2 WHERE 1 = 0'",
            213,
        ),
        (
            "DECLARE @t TABLE (a int, b int); INSERT INTO @t (a, b) EXEC sp_executesql N'SELECT 1'",
            213,
        ),
    ]);
    expect(&[
        (
            "DECLARE @t TABLE (a int, b int); INSERT INTO @t EXEC sp_executesql N'SELECT 1, 2'; SELECT * FROM @t",
            "1|2",
        ),
        (
            "DECLARE @t TABLE (a int, b int); INSERT INTO @t (b, a) EXEC sp_executesql N'SELECT 1, 2'; SELECT * FROM @t",
            "2|1",
        ),
        (
            "DECLARE @t TABLE (a int, b int); INSERT INTO @t (b) EXEC sp_executesql N'SELECT 1'; SELECT * FROM @t",
            "NULL|1",
        ),
    ]);
}

#[test]
fn insert_exec_cannot_be_nested() {
    refused(&[(
        "DECLARE @t TABLE (a int); INSERT INTO @t EXEC sp_executesql
         N'DECLARE @u TABLE (a int); INSERT INTO @u EXEC sp_executesql N''SELECT 1''; SELECT a FROM @u'",
        8164,
    )]);
}

#[test]
fn an_inner_query_has_no_order_of_its_own() {
    refused(&[
        ("SELECT * FROM (SELECT Surname FROM dbo.BPS_Patients ORDER BY Surname) AS q", 1033),
        ("WITH c AS (SELECT Surname FROM dbo.BPS_Patients ORDER BY 1) SELECT * FROM c", 1033),
        ("SELECT 1 WHERE 1 IN (SELECT InternalID FROM dbo.BPS_Patients ORDER BY 1)", 1033),
        (
            "SELECT p.InternalID FROM dbo.BPS_Patients p CROSS APPLY (SELECT 1 AS one ORDER BY 1) a",
            1033,
        ),
    ]);
    expect(&[
        ("SELECT * FROM (SELECT TOP (1) InternalID FROM dbo.BPS_Patients ORDER BY 1) AS q", "1"),
        (
            "SELECT * FROM (SELECT InternalID FROM dbo.BPS_Patients ORDER BY 1 OFFSET 1 ROWS) AS q",
            "2;3",
        ),
        (
            "SELECT (SELECT InternalID AS i FROM dbo.BPS_Patients ORDER BY 1 FOR JSON PATH)",
            r#"[{"i":1},{"i":2},{"i":3}]"#,
        ),
    ]);
}

#[test]
fn distinct_rows_are_ordered_by_what_is_selected() {
    refused(&[
        ("SELECT DISTINCT Firstname FROM dbo.BPS_Patients ORDER BY Surname", 145),
        ("SELECT DISTINCT Firstname FROM dbo.BPS_Patients ORDER BY LEN(Firstname)", 145),
    ]);
    expect(&[
        ("SELECT DISTINCT RTRIM(Firstname) AS f FROM dbo.BPS_Patients ORDER BY f DESC", "Lee;Kai"),
        ("SELECT DISTINCT LEN(Firstname) FROM dbo.BPS_Patients ORDER BY LEN(Firstname)", "3"),
        ("SELECT DISTINCT p.InternalID FROM dbo.BPS_Patients AS p ORDER BY p.InternalID", "1;2;3"),
        ("SELECT DISTINCT InternalID FROM dbo.BPS_Patients AS p ORDER BY p.InternalID", "1;2;3"),
    ]);
}

#[test]
fn two_spelt_out_collations_do_not_compare() {
    refused(&[(
        "SELECT 1 WHERE 'a' COLLATE Latin1_General_CI_AS = 'b' COLLATE Latin1_General_BIN",
        468,
    )]);
    expect(&[(
        "SELECT 1 WHERE 'a' COLLATE Latin1_General_BIN = 'a' COLLATE Latin1_General_BIN",
        "1",
    )]);
}

#[test]
fn the_type_text_is_good_for_little_but_being_read() {
    refused(&[
        ("SELECT CAST(NOTE AS varbinary(max)) FROM dbo.NOTES", 529),
        ("SELECT RTRIM(NOTE) FROM dbo.NOTES", 8116),
        ("SELECT UPPER(n.NOTE) FROM dbo.NOTES AS n", 8116),
        ("SELECT LEN(NOTE) FROM dbo.NOTES", 8116),
        ("SELECT ID FROM dbo.NOTES WHERE NOTE = 'x'", 402),
        ("SELECT ID FROM dbo.NOTES WHERE 'x' <> NOTE", 402),
        ("SELECT DISTINCT NOTE FROM dbo.NOTES", 421),
        ("SELECT NOTE FROM dbo.NOTES ORDER BY NOTE", 306),
        ("SELECT NOTE, COUNT(*) FROM dbo.NOTES GROUP BY NOTE", 306),
    ]);
    let mut practice = Practice::open();
    practice
        .connection
        .execute_batch(
            "CREATE TABLE dbo.NOTES (ID int, NOTE text COLLATE BP);
             INSERT INTO dbo.NOTES VALUES (1, 'seen'), (2, NULL)",
        )
        .unwrap();
    for (text, expected) in [
        ("SELECT NOTE FROM dbo.NOTES WHERE NOTE LIKE 's%'", "seen"),
        ("SELECT ID FROM dbo.NOTES WHERE NOTE IS NULL", "2"),
        (
            "SELECT RTRIM(CAST(NOTE AS varchar(max))), SUBSTRING(NOTE, 1, 2), DATALENGTH(NOTE) FROM dbo.NOTES WHERE ID = 1",
            "seen|se|4",
        ),
        ("SELECT ISNULL(NOTE, '') FROM dbo.NOTES WHERE ID = 2", ""),
        (
            "SELECT PATINDEX('%e%', NOTE), CONVERT(varchar(2), NOTE) FROM dbo.NOTES WHERE ID = 1",
            "2|se",
        ),
    ] {
        assert_eq!(practice.rows(text), expected, "{text}");
    }
}

#[test]
fn the_date_format_decides_how_a_datetime_is_read() {
    expect(&[
        ("SET DATEFORMAT dmy; SELECT CAST('2026-05-06' AS datetime)", "2026-06-05T00:00:00"),
        ("SET LANGUAGE British; SELECT CAST('2026-05-06' AS datetime)", "2026-06-05T00:00:00"),
        ("SET LANGUAGE British; SELECT CAST('2026-05-06' AS date)", "2026-05-06"),
        ("SET LANGUAGE British; SELECT CAST('20260506' AS datetime)", "2026-05-06T00:00:00"),
        (
            "SET LANGUAGE British; SELECT CAST('2026-05-06T10:00:00' AS datetime)",
            "2026-05-06T10:00:00",
        ),
        (
            "SET LANGUAGE British; SELECT CAST(CAST('2026-05-06' AS date) AS datetime)",
            "2026-05-06T00:00:00",
        ),
        ("SET LANGUAGE British; SELECT CAST('05/06/2026' AS datetime)", "2026-06-05T00:00:00"),
        ("SET DATEFORMAT mdy; SELECT CAST('2026-05-06' AS datetime)", "2026-05-06T00:00:00"),
        ("SET LANGUAGE British; SELECT @@LANGUAGE", "British"),
        (
            "SET LANGUAGE British; DECLARE @d datetime = '2026-05-06'; SELECT @d",
            "2026-06-05T00:00:00",
        ),
        (
            "SET DATEFORMAT dmy; SET DATEFORMAT mdy; SELECT CAST('2026-05-06' AS datetime)",
            "2026-05-06T00:00:00",
        ),
    ]);
    refused(&[("SET DATEFORMAT dmy; SELECT CAST('2026-05-17' AS datetime)", 242)]);
    // The next command starts without it.
    let mut practice = Practice::open();
    practice.run("SET DATEFORMAT dmy").unwrap();
    assert_eq!(practice.rows("SELECT CAST('2026-05-06' AS datetime)"), "2026-05-06T00:00:00");
}
