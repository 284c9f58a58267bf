//! Mistakes in a new statement that SQL Server answers with an error. Each has its number here.

use crate::sql::{Practice, expect, shown};

/// Runs every case on a new practice and reports all that are not refused with their number.
#[track_caller]
fn refused(cases: &[(&str, i32)]) {
    let mut wrong = Vec::new();
    for (text, number) in cases {
        let mut practice = Practice::open();
        practice
            .connection
            .execute_batch(
                "CREATE TABLE dbo.NOTES (ID int, NOTE text COLLATE BP, WIDE ntext COLLATE BP, PICTURE image);
                 INSERT INTO dbo.NOTES VALUES (1, 'seen', 'wide', x'61')",
            )
            .unwrap();
        match practice.run(text) {
            Err(error) if error.number == *number => {}
            Err(error) => wrong.push(format!("{number} {text}\n  found error {error}")),
            Ok(outcome) => wrong.push(format!("{number} {text}\n  found {}", shown(&outcome))),
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn text_ntext_and_image_are_good_for_little_but_being_read() {
    refused(&[
        ("SELECT RTRIM(WIDE) FROM dbo.NOTES", 8116),
        ("SELECT LEN(PICTURE) FROM dbo.NOTES", 8116),
        ("SELECT LEFT(NOTE, 1) FROM dbo.NOTES", 8116),
        ("SELECT REPLACE(NOTE, 'a', 'b') FROM dbo.NOTES", 8116),
        ("SELECT CHARINDEX('a', NOTE) FROM dbo.NOTES", 8116),
        ("SELECT CAST(PICTURE AS varchar(max)) FROM dbo.NOTES", 529),
        ("SELECT CAST(WIDE AS varbinary(max)) FROM dbo.NOTES", 529),
        ("SELECT CAST(NOTE AS int) FROM dbo.NOTES", 529),
        ("SELECT ID FROM dbo.NOTES WHERE PICTURE = 0x61", 402),
        ("SELECT ID FROM dbo.NOTES WHERE NOTE IN ('a', 'b')", 402),
        ("SELECT ID FROM dbo.NOTES WHERE NOTE BETWEEN 'a' AND 'b'", 402),
        ("SELECT CASE NOTE WHEN 'a' THEN 1 END FROM dbo.NOTES", 402),
        ("SELECT NULLIF(NOTE, '') FROM dbo.NOTES", 402),
        ("SELECT n.ID FROM dbo.NOTES n JOIN dbo.NOTES m ON n.NOTE = m.NOTE", 402),
        ("SELECT NOTE + 'x' FROM dbo.NOTES", 402),
        ("SELECT DISTINCT PICTURE FROM dbo.NOTES", 421),
        ("SELECT ID FROM dbo.NOTES ORDER BY PICTURE", 306),
        ("SELECT COUNT(*) FROM dbo.NOTES GROUP BY WIDE", 306),
        ("SELECT MAX(NOTE) FROM dbo.NOTES", 8117),
        ("SELECT COUNT(NOTE) FROM dbo.NOTES", 8117),
        ("SELECT NOTE FROM dbo.NOTES UNION SELECT NOTE FROM dbo.NOTES", 5335),
        ("DECLARE @t text", 2739),
        // A compile-time error: nothing of the batch runs, and its own TRY does not see it.
        (
            "BEGIN TRY SELECT CAST(NOTE AS varbinary(max)) FROM dbo.NOTES END TRY
             BEGIN CATCH SELECT 1 END CATCH",
            529,
        ),
    ]);
    expect(&[(
        "BEGIN TRY EXEC sp_executesql N'SELECT RTRIM(CAST('''' AS text))' END TRY
         BEGIN CATCH SELECT ERROR_NUMBER() END CATCH",
        "8116",
    )]);
}

#[test]
fn british_english_reads_the_day_first_and_begins_the_week_on_monday() {
    expect(&[
        ("SET LANGUAGE British; SELECT @@DATEFIRST, DATEPART(weekday, '20260302')", "1|1"),
        ("SELECT @@DATEFIRST, DATEPART(weekday, '20260302')", "7|2"),
        ("SET DATEFIRST 1; SELECT @@DATEFIRST, DATEPART(weekday, '20260301')", "1|7"),
        (
            "SET LANGUAGE British; SELECT DATENAME(month, '20260302'), DATENAME(weekday, '20260302')",
            "March|Monday",
        ),
        ("SET LANGUAGE British; SELECT DATEADD(day, 1, '2026-05-06')", "2026-06-06T00:00:00"),
        ("SET LANGUAGE British; SELECT DATEDIFF(day, '2026-05-06', '20260506')", "0"),
        ("SET LANGUAGE British; SELECT DATEDIFF(day, '05/06/2026', '20260605')", "0"),
        ("SET LANGUAGE British; SELECT CAST('2026-05-06' AS smalldatetime)", "2026-06-05T00:00:00"),
        ("SET LANGUAGE British; SELECT CAST('2026-05-06' AS datetime2)", "2026-05-06T00:00:00"),
        (
            "SET LANGUAGE British; SELECT CAST('2026-05-06 10:00:00' AS datetime)",
            "2026-06-05T10:00:00",
        ),
        (
            "SET LANGUAGE British; SELECT CONVERT(datetime, '05/06/2026', 101)",
            "2026-05-06T00:00:00",
        ),
        ("SELECT CONVERT(datetime, '05/06/2026', 103)", "2026-06-05T00:00:00"),
        (
            "SET LANGUAGE British; SELECT CONVERT(datetime, '2026-05-06', 120)",
            "2026-05-06T00:00:00",
        ),
        ("SELECT CONVERT(datetime, '2026-05-06', 103)", "2026-06-05T00:00:00"),
        ("SET LANGUAGE British; SELECT ISDATE('2026-05-17'), ISDATE('20260517')", "0|1"),
        ("SELECT ISDATE('2026-05-17')", "1"),
        ("SET LANGUAGE British; SELECT TRY_CAST('2026-05-17' AS datetime)", "NULL"),
        ("SET DATEFORMAT ydm; SELECT CAST('2026-05-06' AS datetime)", "2026-06-05T00:00:00"),
        ("SET DATEFORMAT ymd; SELECT CAST('2026-05-06' AS datetime)", "2026-05-06T00:00:00"),
        ("SET DATEFORMAT ymd; SELECT CAST('26/05/06' AS datetime)", "2026-05-06T00:00:00"),
        (
            "SET LANGUAGE British; SELECT COUNT(*) FROM dbo.BPS_Patients
             WHERE DOB = CAST('1980-05-17' AS date)",
            "1",
        ),
        (
            "EXEC sp_executesql N'SET LANGUAGE British'; SELECT CAST('2026-05-06' AS datetime)",
            "2026-05-06T00:00:00",
        ),
    ]);
    refused(&[
        (
            "SET LANGUAGE British; SELECT InternalID FROM dbo.BPS_Patients WHERE DOB = '1980-05-17'",
            242,
        ),
        (
            "SET LANGUAGE British; UPDATE dbo.PATIENTS SET DOB = '1980-05-17' WHERE INTERNALID = 1",
            242,
        ),
        ("SET LANGUAGE British; SELECT DATEADD(day, 1, '2026-05-17')", 242),
        ("SELECT CONVERT(datetime, '2026-05-17', 103)", 242),
        ("SELECT CAST('2026-13-05' AS datetime)", 242),
        ("SELECT CAST('31/12/2026' AS datetime)", 242),
        ("SELECT CAST('2026-13-05' AS date)", 241),
        ("SELECT CAST('31/12/2026' AS date)", 241),
        ("SELECT CAST('soon' AS datetime)", 241),
        ("SET DATEFORMAT dm", 2741),
    ]);
}

#[test]
fn collations_that_conflict_are_named() {
    refused(&[
        (
            "SELECT 1 WHERE 'a' COLLATE Latin1_General_CI_AS IN ('b' COLLATE Latin1_General_BIN)",
            468,
        ),
        (
            "SELECT 1 WHERE 'a' COLLATE Latin1_General_CI_AS LIKE 'b' COLLATE Latin1_General_BIN",
            468,
        ),
        (
            "SELECT 1 WHERE RTRIM('a' COLLATE Latin1_General_CI_AS) = 'b' COLLATE Latin1_General_CI_AI",
            468,
        ),
        ("SELECT ('a' COLLATE Latin1_General_CI_AS) + ('b' COLLATE Latin1_General_BIN)", 468),
        ("SELECT 1 WHERE 'a' COLLATE Latin_Something = 'b'", 448),
        ("SELECT InternalID COLLATE Latin1_General_BIN FROM dbo.BPS_Patients", 447),
    ]);
    let error = Practice::open()
        .run("SELECT 1 WHERE 'a' COLLATE Latin1_General_CI_AS = 'b' COLLATE Latin1_General_BIN")
        .unwrap_err();
    assert_eq!(
        error.message,
        "Cannot resolve the collation conflict between \"Latin1_General_BIN\" and \
         \"Latin1_General_CI_AS\" in the equal to operation."
    );
    expect(&[
        ("SELECT 1 WHERE RTRIM('a ' COLLATE Latin1_General_BIN) = 'A'", ""),
        ("SELECT 1 WHERE 'a' COLLATE Latin1_General_BIN2 = 'A'", ""),
        ("SELECT 1 WHERE 'a' COLLATE DATABASE_DEFAULT = 'A'", "1"),
    ]);
}

#[test]
fn columns_of_inner_queries_have_one_name_each() {
    refused(&[
        ("SELECT * FROM (SELECT 1 AS a, 2 AS a) AS q", 8156),
        ("SELECT * FROM (SELECT 1) AS q", 8155),
        ("WITH c AS (SELECT 1) SELECT * FROM c", 8155),
        ("WITH c AS (SELECT 1 AS a, 2 AS A) SELECT * FROM c", 8156),
        ("SELECT * FROM (SELECT 1 AS a)", 102),
        ("SELECT * FROM (SELECT 1 AS a, 2 AS b) AS q(x)", 8158),
        ("SELECT * FROM (SELECT 1 AS a) AS q(x, y)", 8159),
        ("SELECT x.a FROM (SELECT 1 AS a) x, (SELECT 2 AS b) x", 1011),
        ("SELECT InternalID FROM dbo.BPS_Patients, dbo.BPS_Patients", 1013),
        ("SELECT InternalID FROM dbo.BPS_Patients a JOIN dbo.BPS_Patients b ON 1 = 1", 209),
        (
            "SELECT 1 FROM dbo.PATIENTS a, dbo.PATIENTS b JOIN dbo.TITLES t ON t.TITLECODE = a.TITLECODE",
            4104,
        ),
        ("SELECT (SELECT 1, 2)", 116),
        ("SELECT 1 UNION SELECT 1, 2", 205),
        ("SELECT 1 ORDER BY 1 UNION SELECT 2", 156),
        ("SELECT 1 AS a UNION SELECT 2 ORDER BY b", 104),
        ("SELECT Surname FROM dbo.BPS_Patients ORDER BY 2", 108),
        ("SELECT (SELECT InternalID FROM dbo.BPS_Patients)", 512),
        ("SELECT 1 WHERE 1 = (SELECT InternalID FROM dbo.BPS_Patients)", 512),
        ("DECLARE @i int; SET @i = (SELECT InternalID FROM dbo.BPS_Patients)", 512),
        ("UPDATE dbo.PATIENTS SET TITLECODE = (SELECT TITLECODE FROM dbo.TITLES)", 512),
    ]);
    expect(&[
        ("SELECT * FROM (VALUES (1, 2)) AS q(x, y)", "1|2"),
        ("WITH c(x) AS (SELECT 1) SELECT x FROM c", "1"),
        ("SELECT 1 WHERE EXISTS (SELECT InternalID, Surname FROM dbo.BPS_Patients)", "1"),
        ("SELECT (SELECT TOP (1) InternalID FROM dbo.BPS_Patients ORDER BY 1)", "1"),
        ("SELECT (SELECT InternalID FROM dbo.BPS_Patients WHERE 1 = 0)", "NULL"),
        ("SELECT (SELECT COUNT(*) FROM dbo.BPS_Patients)", "3"),
    ]);
}

#[test]
fn a_query_that_groups_selects_only_groups_and_aggregates() {
    refused(&[
        ("SELECT Surname, COUNT(*) FROM dbo.BPS_Patients", 8120),
        ("SELECT Surname, Firstname FROM dbo.BPS_Patients GROUP BY Surname", 8120),
        ("SELECT p.* FROM dbo.BPS_Patients AS p GROUP BY p.Surname", 8120),
        ("SELECT MAX(DOB) + InternalID FROM dbo.BPS_Patients", 8120),
        ("SELECT COUNT(*) FROM dbo.BPS_Patients ORDER BY Surname", 8127),
        ("SELECT Firstname FROM dbo.BPS_Patients GROUP BY Firstname ORDER BY Surname", 8127),
        ("SELECT COUNT(*) FROM dbo.BPS_Patients HAVING Surname = 'a'", 8121),
        ("SELECT Surname FROM dbo.BPS_Patients WHERE COUNT(*) > 1", 147),
        (
            "SELECT Surname FROM dbo.BPS_Patients WHERE ROW_NUMBER() OVER (ORDER BY Surname) = 1",
            4108,
        ),
        ("SELECT SUM(COUNT(*)) FROM dbo.BPS_Patients", 130),
        ("SELECT MAX((SELECT 1)) FROM dbo.BPS_Patients", 130),
        ("SELECT COUNT(*) FROM dbo.BPS_Patients GROUP BY 1", 164),
        ("SELECT SUM(Surname) FROM dbo.BPS_Patients", 8117),
        ("SELECT AVG(DOB) FROM dbo.BPS_Patients", 8117),
        ("SELECT ROW_NUMBER() OVER (PARTITION BY Surname) FROM dbo.BPS_Patients", 4112),
    ]);
    expect(&[
        (
            "SELECT Firstname, COUNT(*) FROM dbo.BPS_Patients GROUP BY Firstname ORDER BY Firstname",
            "Kai                                     |2;Lee                                     |1",
        ),
        (
            "SELECT RTRIM(Firstname) + '!' FROM dbo.BPS_Patients GROUP BY Firstname ORDER BY COUNT(*)",
            "Lee!;Kai!",
        ),
        (
            "SELECT YEAR(DOB) FROM dbo.BPS_Patients WHERE DOB IS NOT NULL GROUP BY YEAR(DOB) ORDER BY YEAR(DOB)",
            "1980;1991",
        ),
        (
            "SELECT RTRIM(q.f), q.n FROM (SELECT Firstname AS f, COUNT(*) AS n FROM dbo.BPS_Patients GROUP BY Firstname HAVING COUNT(*) > 1) q",
            "Kai|2",
        ),
        ("SELECT COUNT(*) + 1, 'a' FROM dbo.BPS_Patients", "4|a"),
        ("DECLARE @x int = 5; SELECT @x, COUNT(*) FROM dbo.BPS_Patients", "5|3"),
        (
            "SELECT (SELECT COUNT(*) FROM dbo.PATIENTS b WHERE b.SURNAME = p.Surname) FROM dbo.BPS_Patients p",
            "1;1;1",
        ),
        (
            "SELECT p.InternalID, COUNT(*) OVER () FROM dbo.BPS_Patients p WHERE p.InternalID = 1",
            "1|1",
        ),
        ("SELECT SUM(COUNT(*)) OVER () FROM dbo.BPS_Patients GROUP BY Firstname", "3;3"),
    ]);
}

#[test]
fn a_condition_is_no_value_and_a_value_no_condition() {
    refused(&[
        ("IF 1 SELECT 1", 4145),
        ("SELECT 1 WHERE 1", 4145),
        ("SELECT Surname FROM dbo.BPS_Patients WHERE InternalID", 4145),
        ("SELECT Surname FROM dbo.BPS_Patients WHERE InternalID = 1 AND Surname", 4145),
        ("SELECT CASE WHEN 1 THEN 2 END", 4145),
        ("SELECT a.Surname FROM dbo.BPS_Patients a JOIN dbo.BPS_Patients b ON b.InternalID", 4145),
        ("SELECT (1 = 1) AS x", 102),
        ("SELECT 1 > 2 AS x", 102),
        ("DECLARE @b bit; SET @b = (1 = 1)", 102),
        ("SELECT ISNULL(1 = 1, 0)", 102),
    ]);
    expect(&[
        ("SELECT x = 1", "1"),
        ("IF 1 = 1 AND NOT (2 = 1 OR EXISTS (SELECT 1 WHERE 1 = 0)) SELECT 5", "5"),
        ("SELECT IIF(1 = 1, 2, 3)", "2"),
        ("DECLARE @b bit = 1; IF @b = 1 AND ('a' LIKE 'a%') SELECT 6", "6"),
    ]);
}

#[test]
fn numbers_and_texts_that_do_not_fit_are_errors() {
    refused(&[
        ("SELECT 2147483647 + 1", 8115),
        ("DECLARE @i int = 2147483647; SET @i = @i + 1", 8115),
        ("SELECT 2000000000 * 2", 8115),
        ("SELECT -2147483647 - 2", 8115),
        ("SELECT SUM(v) FROM (VALUES (2000000000), (2000000000)) AS q(v)", 8115),
        ("SELECT 1 / 0", 8134),
        ("SELECT 1 % 0", 8134),
        ("SELECT CAST('abc' AS int)", 245),
        ("SELECT CAST('1.5' AS int)", 245),
        ("SELECT CAST('99999999999' AS int)", 248),
        ("SELECT CAST('abc' AS bigint)", 8114),
        ("SELECT CAST('abc' AS decimal(9, 2))", 8114),
        ("SELECT CAST(300 AS tinyint)", 220),
        ("SELECT CAST(1000 AS decimal(3, 1))", 8115),
        ("SELECT 'a' + 1", 245),
        ("SELECT 'a' + GETDATE()", 241),
        ("SELECT InternalID FROM dbo.BPS_Patients WHERE Surname = 1", 245),
        ("SELECT CASE WHEN 1 = 1 THEN 'a' ELSE 1 END", 245),
        ("SELECT 'a' - 'b'", 8117),
        ("SELECT CAST('20260101' AS date) + 1", 206),
        ("SELECT CAST('20260101' AS date) - 1", 206),
        ("SELECT SYSDATETIME() + 1", 206),
        ("SELECT CAST('20260102' AS date) - CAST('20260101' AS date)", 8117),
        ("SELECT 1 WHERE CAST('20260101' AS date) = 1", 206),
        ("SELECT CAST(CAST('20260101' AS date) AS int)", 529),
        ("SELECT CAST(1 AS date)", 529),
        ("DECLARE @d date = 1", 206),
        ("DECLARE @i int = GETDATE()", 257),
        ("DECLARE @i int; SET @i = CAST('20260101' AS date)", 206),
        ("SELECT CAST('a' AS varchar(9000))", 131),
        ("DECLARE @x varchar(8001)", 131),
        ("DECLARE @x nvarchar(4001)", 2717),
        ("SELECT LEFT('a', -1)", 537),
        ("SELECT SUBSTRING('a', 1, -1)", 537),
        ("SELECT CAST(12345 AS nvarchar(2))", 8115),
        ("SELECT CASE WHEN 1 = 1 THEN NULL END", 8133),
        ("SELECT COALESCE(NULL, NULL)", 4127),
        ("SELECT NULLIF(NULL, 1)", 4151),
        ("INSERT INTO dbo.APPOINTMENTTYPES VALUES (1, 'again')", 2627),
        ("INSERT INTO dbo.APPOINTMENTTYPES VALUES (NULL, 'none')", 515),
        ("INSERT INTO dbo.APPOINTMENTTYPES (DESCRIPTION) VALUES ('none')", 515),
        ("UPDATE dbo.PATIENTS SET POSTCODE = '12345'", 2628),
        ("DECLARE @t TABLE (a varchar(2)); INSERT INTO @t VALUES ('abc')", 2628),
        ("DECLARE @t TABLE (a varchar(2)); INSERT INTO @t SELECT 'abc'", 2628),
        (
            "DECLARE @t TABLE (a varchar(2)); INSERT INTO @t EXEC sp_executesql N'SELECT ''abc'''",
            2628,
        ),
        ("DECLARE @t TABLE (a int); INSERT INTO @t EXEC sp_executesql N'SELECT ''abc'''", 245),
        ("DECLARE @t TABLE (a tinyint); INSERT INTO @t VALUES (300)", 220),
    ]);
    expect(&[
        ("SELECT CAST(2147483647 AS bigint) + 1", "2147483648"),
        ("SELECT CAST(12345 AS varchar(2))", "*"),
        ("DECLARE @v varchar(2) = 'abcd'; SELECT @v", "ab"),
        ("DECLARE @v varchar(2); SELECT ISNULL(@v, 'abcd'), COALESCE(@v, 'abcd')", "ab|abcd"),
        ("SELECT CAST('20260101' AS datetime) + 1", "2026-01-02T00:00:00"),
        ("SELECT CAST(CAST('19000102' AS datetime) AS int)", "1"),
        ("SELECT ISNULL(NULL, 'abc')", "abc"),
    ]);
}

#[test]
fn rows_are_inserted_and_updated_column_by_column() {
    refused(&[
        ("INSERT INTO dbo.APPOINTMENTTYPES (APPOINTMENTCODE, DESCRIPTION) VALUES (9)", 109),
        ("INSERT INTO dbo.APPOINTMENTTYPES (APPOINTMENTCODE) VALUES (9, 'x')", 110),
        ("INSERT INTO dbo.APPOINTMENTTYPES VALUES (9)", 213),
        ("INSERT INTO dbo.APPOINTMENTTYPES (APPOINTMENTCODE, DESCRIPTION) SELECT 9", 120),
        ("INSERT INTO dbo.APPOINTMENTTYPES (APPOINTMENTCODE) SELECT 9, 'x'", 121),
        ("INSERT INTO dbo.APPOINTMENTTYPES SELECT 9", 213),
        ("INSERT INTO dbo.APPOINTMENTTYPES (DESCRIPTION, DESCRIPTION) VALUES ('a', 'b')", 264),
        ("UPDATE dbo.PATIENTS SET CITY = 'a', CITY = 'b'", 264),
        ("UPDATE dbo.PATIENTS SET INTERNALID = 5", 8102),
        ("INSERT INTO dbo.PATIENTS (INTERNALID) VALUES (9)", 544),
        ("INSERT INTO @t VALUES (1)", 1087),
        ("SELECT * FROM @t", 1087),
        ("DECLARE @t TABLE (a int); EXEC sp_executesql N'SELECT a FROM @t'", 1087),
        ("DECLARE @t TABLE (a int); SELECT a FROM @t AS x WHERE @t.a = 1", 137),
    ]);
}

#[test]
fn a_procedure_takes_constants_and_variables() {
    refused(&[
        ("DECLARE @x nvarchar(9) = N'1'; EXEC sp_executesql N'SELECT ' + @x", 102),
        ("EXEC sp_executesql N'SELECT @a', N'@a datetime', @a = GETDATE()", 102),
        ("EXEC sp_executesql N'SELECT @a', N'@a int', @a = 1 + 1", 102),
        ("EXEC sp_executesql N'SELECT @a', N'@a int'", 8178),
        ("EXEC sp_executesql 'SELECT 1'", 214),
        ("DECLARE @s varchar(max) = 'SELECT 1'; EXEC sp_executesql @s", 214),
        ("EXEC sp_executesql N'SELECT @a', '@a int', @a = 1", 214),
        ("DECLARE @x varchar(9) = 'a'; THROW 50001, 'x' + @x, 1", 102),
        ("EXEC dbo.BP_NoSuchThing", 2812),
        ("EXEC sp_executesql N'CREATE TABLE #t (a int)'; SELECT a FROM #t", 208),
    ]);
    expect(&[
        ("EXEC sp_executesql N'SELECT @a', N'@a int', @a = -1", "-1"),
        ("EXEC sp_executesql N'SELECT @a', N'@a int', 7", "7"),
        ("DECLARE @s nvarchar(max) = N'SELECT 1'; EXEC sp_executesql @s", "1"),
        ("DECLARE @s varchar(9) = '2'; EXEC ('SELECT ' + @s)", "2"),
    ]);
}

#[test]
fn statements_are_written_as_sql_server_reads_them() {
    refused(&[
        ("DECLARE @n int = 1; SELECT TOP @n InternalID FROM dbo.BPS_Patients", 102),
        ("DECLARE @a int; SELECT @a = 1, 2 WHERE 1 = 0", 141),
        ("SELECT @missing", 137),
        ("SET @missing = 1", 137),
        ("DECLARE @a int; DECLARE @a int", 134),
        ("DECLARE @a int = 1 THROW 50001, 'x', 1", 102),
        ("BEGIN TRAN ROLLBACK THROW 50001, 'x', 1", 102),
        ("DECLARE @a int = 1 WITH c AS (SELECT 1 AS a) SELECT a FROM c", 319),
        ("IF 1 = 1 BEGIN END", 102),
        ("BREAK", 135),
        ("CONTINUE", 136),
        ("SELECT 1 AS Order", 156),
        ("SELECT 1 AS User", 156),
        ("SELECT p.Plan FROM dbo.BPS_Patients AS p", 156),
        ("SELECT 1 AS Key FROM dbo.BPS_Patients", 156),
        ("SELECT TOP 1 DISTINCT Surname FROM dbo.BPS_Patients", 156),
        ("SELECT TOP (1) Surname FROM dbo.BPS_Patients ORDER BY 1 OFFSET 1 ROWS", 10741),
        ("SELECT Surname FROM dbo.BPS_Patients ORDER BY 1 FETCH NEXT 1 ROWS ONLY", 153),
        ("DECLARE @j nvarchar(max); SELECT @j = 1 FOR JSON PATH", 13602),
        ("SELECT 1 AS a, 2 AS a FOR JSON PATH", 13601),
        ("SELECT DATEADD(fortnight, 1, GETDATE())", 155),
        ("SELECT SUBSTRING('abc', 1)", 174),
        ("SELECT NVL(1, 2)", 195),
        ("SELECT q.x FROM dbo.BPS_Patients AS p", 4104),
        ("SELECT q.* FROM dbo.BPS_Patients AS p", 107),
        ("SELECT Surname AS s FROM dbo.BPS_Patients WHERE s = 'a'", 207),
        ("SELECT CONVERT(varchar(30), GETDATE(), 999)", 281),
        ("SELECT 1 LIMIT 1", 102),
        ("SELECT 1 WHERE 'a' == 'a'", 102),
        ("SELECT 'a' || 'b'", 102),
        ("SELECT TRUE", 207),
        ("SELECT \"a\"", 207),
    ]);
    expect(&[
        ("SELECT 1 AS [Order], 2 AS \"User\"", "1|2"),
        ("DECLARE @a int = 1; WITH c AS (SELECT 1 AS a) SELECT a FROM c", "1"),
        ("IF 1 = 1 BEGIN SELECT 1 END", "1"),
        ("WHILE 1 = 1 BEGIN BREAK END SELECT 3", "3"),
        ("SELECT TOP 1 InternalID FROM dbo.BPS_Patients", "1"),
    ]);
}
