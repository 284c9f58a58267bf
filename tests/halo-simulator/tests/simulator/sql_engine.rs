//! T-SQL batches against a small practice.

use crate::sql::{Practice, command, expect, shown};
use halo_simulator::sql::{Command, CommandKind, ExecutionMode, Value, statement_name};

#[test]
fn expressions_give_what_sql_server_gives() {
    expect(&[
        ("SELECT 1", "1"),
        ("SELECT 7 / 2, 7 % 2, 7.0 / 2", "3|1|3.5"),
        ("SELECT 'a' + 'b', N'a' + N'b', 1 + '2'", "ab|ab|3"),
        ("SELECT 'a' + NULL", "NULL"),
        ("SELECT LEN('ab  '), DATALENGTH('ab  '), DATALENGTH(N'ab')", "2|4|4"),
        (
            "SELECT LEFT('abc', 2), RIGHT('abc', 2), SUBSTRING('abcdef', 2, 3), SUBSTRING('abc', 0, 2)",
            "ab|bc|bcd|a",
        ),
        (
            "SELECT CHARINDEX('B', 'abc'), PATINDEX('%[0-9]%', 'ab1'), REPLACE('aBa', 'b', 'x')",
            "2|3|axa",
        ),
        (
            "SELECT STUFF('abcd', 2, 2, 'x'), REPLICATE('ab', 2), REVERSE('abc'), SPACE(2) + 'x'",
            "axd|abab|cba|  x",
        ),
        ("SELECT CONCAT('a', NULL, 1), CONCAT_WS('-', 'a', NULL, 'b')", "a1|a-b"),
        ("SELECT CHAR(65), NCHAR(8364), ASCII('A'), UNICODE(N'€')", "A|€|65|8364"),
        (
            "SELECT ISNULL(NULL, 'x'), COALESCE(NULL, NULL, 3), NULLIF('a', 'A '), IIF(1 = 1, 'y', 'n')",
            "x|3|NULL|y",
        ),
        (
            "SELECT CAST('12' AS int), TRY_CAST('x' AS int), CAST(1 AS bit), CAST(2.5 AS int)",
            "12|NULL|true|2",
        ),
        ("SELECT CAST('abc' AS char(5)) + '|', CAST('abcdef' AS varchar(3))", "abc  ||abc"),
        ("SELECT CONVERT(varchar(10), CAST('2026-03-01' AS datetime), 103)", "01/03/2026"),
        (
            "SELECT CONVERT(char(8), CAST('2026-03-01T08:15:00' AS datetime), 112), CONVERT(varchar(30), CAST('2026-03-01T08:15:00' AS datetime), 120)",
            "20260301|2026-03-01 08:15:00",
        ),
        (
            "SELECT CONVERT(varchar(30), CAST('20260301' AS datetime), 126), CONVERT(varchar(10), CAST('20260301' AS date), 23)",
            "2026-03-01T00:00:00|2026-03-01",
        ),
        (
            "SELECT CAST('2026-03-01' AS date), CAST('01 Mar 2026' AS datetime), CONVERT(date, '17/05/1980', 103)",
            "2026-03-01|2026-03-01T00:00:00|1980-05-17",
        ),
        (
            "SELECT CONVERT(varbinary(10), '0x0A0b', 1), CONVERT(varchar(10), 0x0A0B, 1), CONVERT(varchar(10), 0x0A0B, 2)",
            "0a0b|0x0A0B|0A0B",
        ),
        (
            "SELECT GETDATE(), CAST(GETDATE() AS date), YEAR(GETDATE()), DATENAME(weekday, GETDATE())",
            "2026-03-02T09:30:00|2026-03-02|2026|Monday",
        ),
        (
            "SELECT DATEADD(day, 1, '2026-02-28'), DATEADD(month, 1, CAST('2026-01-31' AS date))",
            "2026-03-01T00:00:00|2026-02-28",
        ),
        (
            "SELECT DATEDIFF(year, '2025-12-31', '2026-01-01'), DATEDIFF(minute, '10:00', '11:30'), DATEPART(weekday, '2026-03-01')",
            "1|90|1",
        ),
        (
            "SELECT EOMONTH('2026-02-03'), DATEFROMPARTS(2026, 3, 4), ISDATE('x'), ISNUMERIC('1.5')",
            "2026-02-28|2026-03-04|0|1",
        ),
        (
            "SELECT FORMAT(CAST('2026-03-01' AS date), 'dd/MM/yyyy'), FORMAT(1234.5, 'N2')",
            "01/03/2026|1,234.50",
        ),
        ("SELECT ROUND(2.675, 2), ABS(-3), FLOOR(2.7), CEILING(2.1), ROUND(5, 0)", "2.68|3|2|3|5"),
        (
            "SELECT HASHBYTES('SHA2_256', 'abc')",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ),
        ("SELECT CASE WHEN 'a' = 'A' THEN 1 ELSE 0 END, CASE 'x ' WHEN 'X' THEN 1 END", "1|1"),
        (
            "SELECT CASE WHEN 'abc' LIKE '[a-b]_C' THEN 1 END, CASE WHEN '50%' LIKE '50!%' ESCAPE '!' THEN 1 END",
            "1|1",
        ),
        (
            "SELECT JSON_VALUE('{\"a\":{\"b\":[1,2]}}', '$.a.b[1]'), JSON_QUERY('{\"a\":[1]}', '$.a')",
            "2|[1]",
        ),
        (
            "SELECT DB_NAME(), OBJECT_ID('dbo.NOPE'), COL_LENGTH('dbo.PATIENTS', 'SURNAME')",
            "BPSPatients|NULL|40",
        ),
        (
            "SELECT CAST(N'' AS xml).value('xs:base64Binary(\"AAE=\")', 'varbinary(max)')",
            "error 50000: The simulator does not support XML methods (CAST(N'' AS xml)).",
        ),
        (
            "DECLARE @b varchar(10) = 'AAE=' SELECT CAST(N'' AS xml).value('xs:base64Binary(sql:variable(\"@b\"))', 'varbinary(max)')",
            "0001",
        ),
        ("SELECT 0x0102, -1, +2, ~0, 6 & 3, 6 | 3, 6 ^ 3", "0102|-1|2|-1|2|7|5"),
    ]);
}

#[test]
fn bytes_are_cut_measured_and_written_in_base64() {
    expect(&[
        (
            "SELECT SUBSTRING(0x0102030405, 2, 3), SUBSTRING(0x010203, 0, 2), SUBSTRING(0x010203, 3, 9)",
            "020304|01|03",
        ),
        ("SELECT SUBSTRING(0x010203, 5, 2), SUBSTRING(0x010203, -5, 3)", "|"),
        ("SELECT (SELECT 0xFBFF3E WHERE 1 = 1 FOR XML PATH(''), BINARY BASE64)", "+/8+"),
        ("SELECT (SELECT 0xFB WHERE 1 = 0 FOR XML PATH(''))", "NULL"),
        (
            "DECLARE @b varbinary(max) = CAST(REPLICATE(CAST('xyz' AS varchar(max)), 100000) AS varbinary(max));
             SELECT DATALENGTH(@b), DATALENGTH(SUBSTRING(@b, 299999, 10)), SUBSTRING(@b, 299998, 3)",
            "300000|2|78797a",
        ),
        (
            "INSERT INTO BPSDocuments.dbo.PAGES (NAME, CONTENT) VALUES ('a', 0x010203040506);
             SELECT DATALENGTH(CONTENT), SUBSTRING(CAST(CONTENT AS varbinary(max)), 4, 2)
             FROM BPSDocuments.dbo.PAGES",
            "6|0405",
        ),
    ]);
}

#[test]
fn queries_read_tables_and_views() {
    expect(&[
        ("SELECT COUNT(*) FROM dbo.BPS_Patients", "3"),
        (
            "SELECT RTRIM(Surname) FROM BPSPATIENTS.dbo.BPS_Patients WHERE surname = 'BUDGIE   '",
            "Budgie",
        ),
        (
            "SELECT TOP 1 RTRIM([Surname]) AS s FROM dbo.BPS_Patients WITH (NOLOCK) ORDER BY s DESC",
            "O'Possum",
        ),
        ("SELECT TOP (2) InternalID FROM dbo.BPS_Patients ORDER BY Surname, InternalID", "3;1"),
        (
            "SELECT InternalID FROM dbo.BPS_Patients ORDER BY InternalID OFFSET 1 ROWS FETCH NEXT 1 ROWS ONLY",
            "2",
        ),
        ("SELECT DISTINCT UPPER(RTRIM(Firstname)) FROM dbo.BPS_Patients ORDER BY 1", "KAI;LEE"),
        (
            "SELECT RTRIM(Firstname) AS f, COUNT(*) AS n FROM dbo.BPS_Patients GROUP BY Firstname HAVING COUNT(*) > 1",
            "Kai|2",
        ),
        (
            "SELECT p.InternalID FROM dbo.BPS_Patients p JOIN dbo.PATIENTS q ON q.INTERNALID = p.InternalID AND q.DOB = '1980-05-17'",
            "1",
        ),
        (
            "SELECT InternalID FROM dbo.BPS_Patients WHERE CAST(DOB AS date) = CAST('1980-05-17' AS date)",
            "1",
        ),
        (
            "SELECT InternalID FROM dbo.BPS_Patients WHERE DOB BETWEEN '19900101' AND '19991231'",
            "2",
        ),
        (
            "SELECT InternalID FROM dbo.BPS_Patients WHERE Surname LIKE 'budg%' AND REPLACE(MobilePhone, ' ', '') = '0491570006'",
            "1",
        ),
        ("SELECT InternalID FROM dbo.BPS_Patients WHERE Surname LIKE 'budgie'", "1"),
        ("SELECT InternalID FROM dbo.BPS_Patients WHERE Surname LIKE N'budgie'", ""),
        (
            "SELECT InternalID FROM dbo.BPS_Patients WHERE Surname IN ('budgie', 'x') OR InternalID IN (SELECT 2)",
            "1;2",
        ),
        (
            "WITH c AS (SELECT InternalID AS i FROM dbo.BPS_Patients), d (n) AS (SELECT MAX(i) FROM c) SELECT n FROM d",
            "3",
        ),
        (
            "WITH n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 4) SELECT SUM(i) FROM n",
            "10",
        ),
        ("SELECT COUNT(*) FROM (SELECT 'a' AS x UNION SELECT 'A ' UNION SELECT 'b') AS y", "2"),
        ("SELECT NULL UNION ALL SELECT 'a' UNION ALL SELECT NULL", "NULL;a;NULL"),
        (
            "SELECT CAST(NULL AS varchar(5)) UNION ALL SELECT NULL UNION ALL SELECT 'a'",
            "NULL;NULL;a",
        ),
        (
            "SELECT (SELECT t.TITLECODE, 2 AS two FOR JSON PATH, WITHOUT_ARRAY_WRAPPER) FROM dbo.TITLES t WHERE t.TITLECODE = 1",
            r#"{"TITLECODE":1,"two":2}"#,
        ),
        (
            "SELECT ROW_NUMBER() OVER (PARTITION BY Firstname ORDER BY Surname) FROM dbo.BPS_Patients ORDER BY InternalID",
            "2;1;1",
        ),
        (
            "SELECT v.id, v.name FROM (VALUES (1, 'a'), (2, 'b')) AS v (id, name) ORDER BY v.id DESC",
            "2|b;1|a",
        ),
        (
            "SELECT p.InternalID, a.t FROM dbo.BPS_Patients p CROSS APPLY (SELECT TOP 1 q.SURNAME AS t FROM dbo.PATIENTS q WHERE q.FIRSTNAME = p.Firstname ORDER BY q.SURNAME DESC) a WHERE p.InternalID = 3",
            "3|Budgie                                  ",
        ),
        (
            "SELECT p.InternalID, a.t FROM dbo.BPS_Patients p OUTER APPLY (SELECT 1 AS t WHERE p.InternalID = 2) a ORDER BY 1",
            "1|NULL;2|1;3|NULL",
        ),
        (
            "SELECT STRING_AGG(RTRIM(Surname), ',') WITHIN GROUP (ORDER BY Surname DESC) FROM dbo.BPS_Patients WHERE Firstname = 'kai'",
            "Budgie,Budgerigar",
        ),
        (
            "SELECT COLUMN_NAME, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = 'titles' ORDER BY ORDINAL_POSITION",
            "TITLECODE|int|NULL;TITLE|char|30",
        ),
        ("SELECT CHAR(146), ASCII('’'), CAST('’' AS varbinary(2))", "’|146|92"),
        ("SELECT value FROM STRING_SPLIT('a,b', ',')", "a;b"),
        (
            "SELECT id, name FROM OPENJSON('[{\"id\":1,\"name\":\"x\"},{\"id\":2}]') WITH (id int '$.id', name varchar(10) '$.name')",
            "1|x;2|NULL",
        ),
        (
            "SELECT STUFF((SELECT ',' + RTRIM(TITLE) FROM dbo.TITLES WHERE TITLECODE > 0 ORDER BY TITLECODE FOR XML PATH('')), 1, 1, '')",
            "Mr,Dr",
        ),
        ("SELECT total = COUNT(*), [first name] = MIN(InternalID) FROM dbo.BPS_Patients", "3|1"),
        (
            "SELECT x.n FROM (SELECT COUNT(*) AS n FROM dbo.PATIENTS WHERE EXISTS (SELECT 1 FROM dbo.EMAIL e WHERE e.INTERNALID = PATIENTS.INTERNALID)) x",
            "0",
        ),
    ]);
}

#[test]
fn a_star_has_the_schemas_names_and_an_alias_its_own() {
    let mut practice = Practice::open();
    let outcome = practice
        .run("SELECT * FROM dbo.TITLES; SELECT titlecode AS cODE, 1 FROM dbo.TITLES")
        .unwrap();
    assert_eq!(outcome.result_sets[0].columns, ["TITLECODE", "TITLE"]);
    assert_eq!(outcome.result_sets[1].columns, ["cODE", ""]);
    let outcome = practice.run("SELECT SURNAME FROM dbo.PATIENTS WHERE INTERNALID = 1").unwrap();
    assert_eq!(outcome.result_sets[0].rows[0][0], Value::Text(format!("{:40}", "Budgie")));
}

#[test]
fn control_flow_runs() {
    expect(&[
        (
            "DECLARE @i int = 0, @s varchar(20) = '' WHILE @i < 3 BEGIN SET @i += 1 IF @i = 2 CONTINUE SET @s = @s + CAST(@i AS varchar(3)) END SELECT @s",
            "13",
        ),
        (
            "DECLARE @n int SELECT @n = COUNT(*) FROM dbo.TITLES IF @n = 3 SELECT 'yes' ELSE SELECT 'no'",
            "yes",
        ),
        (
            "IF EXISTS (SELECT 1 FROM dbo.TITLES WHERE TITLECODE = 9) SELECT 1; ELSE BEGIN SELECT 2 END",
            "2",
        ),
        (
            "DECLARE @t TABLE (id int IDENTITY(1,1), name varchar(10) NOT NULL) INSERT INTO @t (name) VALUES ('a'), ('b') SELECT id, name FROM @t ORDER BY id",
            "1|a;2|b",
        ),
        (
            "SELECT TITLECODE, RTRIM(TITLE) AS TITLE INTO #x FROM dbo.TITLES WHERE TITLECODE > 0 SELECT TITLE FROM #x ORDER BY TITLECODE DROP TABLE #x",
            "Mr;Dr",
        ),
        (
            "BEGIN TRY SELECT 1 / 0 END TRY BEGIN CATCH SELECT ERROR_NUMBER(), ERROR_MESSAGE() END CATCH",
            "8134|Divide by zero error encountered.",
        ),
        (
            "BEGIN TRY THROW 50007, 'no', 1 END TRY BEGIN CATCH SELECT ERROR_NUMBER() END CATCH",
            "50007",
        ),
        (
            "BEGIN TRY RAISERROR('bad %s %d', 16, 1, 'x', 5) END TRY BEGIN CATCH SELECT ERROR_MESSAGE() END CATCH",
            "bad x 5",
        ),
        (
            "BEGIN TRY SELECT 1 / 0 END TRY BEGIN CATCH THROW END CATCH",
            "error 8134: Divide by zero error encountered.",
        ),
        ("THROW 50007, 'no', 1 SELECT 1", "error 50007: no"),
        ("RETURN SELECT 1", ""),
        ("EXEC('SELECT 5')", "5"),
        (
            "DECLARE @n int EXEC sp_executesql N'SELECT @out = @in * 2', N'@in int, @out int OUTPUT', @in = 4, @out = @n OUTPUT SELECT @n",
            "8",
        ),
        (
            "DECLARE @r int EXEC @r = dbo.BP_IsAppointmentBooked 5, '2026-03-02', 32400 SELECT @r AS r",
            "0",
        ),
        (
            "DECLARE @u TABLE (a int, b varchar(100), c varchar(100), d int, e varchar(100), f int) INSERT INTO @u EXEC dbo.BP_GetAllUsers SELECT COUNT(*) FROM @u",
            "2",
        ),
        (
            "PRINT 'x' SELECT @@ROWCOUNT; SELECT TITLECODE FROM dbo.TITLES; SELECT @@ROWCOUNT",
            "0 / 0;1;2 / 3",
        ),
    ]);
}

#[test]
fn for_json_is_written_as_sql_server_writes_it() {
    expect(&[
        (
            "SELECT 1 AS a, 'x/y' AS [b.c], NULL AS d, CAST(1 AS bit) AS [b.e] FOR JSON PATH",
            r#"[{"a":1,"b":{"c":"x\/y","e":true}}]"#,
        ),
        (
            "SELECT NULL AS d, CAST('20260301' AS datetime) AS t, 0x0102 AS z FOR JSON PATH, INCLUDE_NULL_VALUES, WITHOUT_ARRAY_WRAPPER",
            r#"{"d":null,"t":"2026-03-01T00:00:00","z":"AQI="}"#,
        ),
        (
            "SELECT TITLECODE AS code FROM dbo.TITLES ORDER BY TITLECODE DESC FOR JSON PATH, ROOT('titles')",
            r#"{"titles":[{"code":2},{"code":1},{"code":0}]}"#,
        ),
        (
            "SELECT (SELECT TITLECODE AS c FROM dbo.TITLES WHERE TITLECODE = 1 FOR JSON PATH) AS inside, JSON_QUERY('[1]') AS q FOR JSON PATH",
            r#"[{"inside":[{"c":1}],"q":[1]}]"#,
        ),
        ("DECLARE @j nvarchar(max) = (SELECT 1 AS a FOR JSON PATH) SELECT @j", r#"[{"a":1}]"#),
        ("SELECT TITLE FROM dbo.TITLES WHERE 1 = 0 FOR JSON PATH", ""),
        ("SELECT (SELECT 1 AS a WHERE 1 = 0 FOR JSON PATH) AS x", "NULL"),
        (
            "SELECT RTRIM(TITLE) AS TITLE FROM dbo.TITLES WHERE TITLECODE = 1 FOR JSON AUTO",
            r#"[{"TITLE":"Mr"}]"#,
        ),
        (
            "SELECT CAST(1.5 AS decimal(9,2)) AS d, CAST(1.5 AS float) AS f FOR JSON PATH",
            r#"[{"d":1.50,"f":1.500000000000000e+000}]"#,
        ),
        (
            "SELECT 1 FOR JSON PATH",
            "error 13605: Column expressions and data sources without names or aliases cannot be formatted as JSON text using FOR JSON clause. Add alias to the unnamed column or table.",
        ),
    ]);
}

#[test]
fn long_json_comes_in_pieces() {
    let mut practice = Practice::open();
    let outcome = practice.run("SELECT REPLICATE('x', 5000) AS a FOR JSON PATH").unwrap();
    assert_eq!(outcome.result_sets[0].rows.len(), 3);
    assert_eq!(outcome.result_sets[0].columns, ["JSON_F52E2B61-18A1-11d1-B105-00805F49916B"]);
}

#[test]
fn rows_are_changed() {
    let email =
        "INSERT INTO dbo.EMAIL (RECORDSTATUS, INTERNALID, EMAILCODE, EMAIL, CREATED, CREATEDBY)";
    expect(&[
        (
            &format!(
                "{email} OUTPUT inserted.RECORDID, inserted.EMAIL VALUES (1, 2, 0, 'a@example.test', GETDATE(), 0) SELECT @@ROWCOUNT, SCOPE_IDENTITY()"
            ),
            "1|a@example.test / 1|1",
        ),
        (
            &format!(
                "{email} SELECT 1, INTERNALID, 0, 'x', GETDATE(), 0 FROM dbo.PATIENTS WHERE INTERNALID > 0 SELECT COUNT(*) FROM dbo.EMAIL"
            ),
            "3",
        ),
        (
            "UPDATE dbo.PATIENTS SET CITY = 'Perth' WHERE INTERNALID = 1 SELECT DATALENGTH(CITY) FROM dbo.PATIENTS WHERE INTERNALID = 1",
            "40",
        ),
        (
            "UPDATE p SET CITY = RTRIM(t.TITLE) FROM dbo.PATIENTS AS p JOIN dbo.TITLES AS t ON t.TITLECODE = p.TITLECODE WHERE p.INTERNALID = 2 SELECT RTRIM(CITY) FROM dbo.PATIENTS WHERE INTERNALID = 2",
            "Mr",
        ),
        (
            "DELETE p OUTPUT deleted.INTERNALID FROM dbo.PATIENTS AS p WHERE p.SURNAME = 'budgie' SELECT COUNT(*) FROM dbo.BPS_Patients",
            "1 / 2",
        ),
        ("DELETE TOP (1) FROM dbo.TITLES WHERE TITLECODE = 2 SELECT @@ROWCOUNT", "1"),
        (
            "DECLARE @n TABLE (id int) UPDATE dbo.PATIENTS SET CITY = 'X' OUTPUT inserted.INTERNALID INTO @n WHERE INTERNALID IN (1, 2) SELECT id FROM @n ORDER BY id",
            "1;2",
        ),
        (
            "UPDATE dbo.PATIENTS SET CITY = N'Łódź' WHERE INTERNALID = 1 SELECT RTRIM(CITY) FROM dbo.PATIENTS WHERE INTERNALID = 1",
            "?ód?",
        ),
        (
            "INSERT INTO BPSDocuments.dbo.PAGES (NAME, CONTENT) VALUES (N'Łódź', 0x0102) SELECT NAME, CONTENT FROM BPSDocuments.dbo.PAGES",
            "Łódź|0102",
        ),
        (
            "WITH t AS (SELECT 1 AS i) UPDATE p SET CITY = 'Y' FROM dbo.PATIENTS p JOIN t ON t.i = p.INTERNALID SELECT COUNT(*) FROM dbo.PATIENTS WHERE CITY = 'y'",
            "1",
        ),
    ]);
}

#[test]
fn mistakes_have_sql_servers_numbers() {
    let cases = [
        ("SELEC 1", 102),
        ("SELECT 1 FROM dbo.NOPE", 208),
        // The first two parts already make the column an int before the third part is read.
        ("SELECT NULL UNION ALL SELECT NULL UNION ALL SELECT 'a'", 245),
        ("SELECT NOPE FROM dbo.TITLES", 207),
        ("SELECT t.NOPE FROM dbo.TITLES t", 207),
        ("SELECT x.NOPE FROM dbo.TITLES t", 4104),
        ("SELECT @x", 137),
        ("SELECT 1 / 0", 8134),
        ("SELECT CAST('x' AS int)", 245),
        ("SELECT CAST('x' AS date)", 241),
        ("SELECT 1 WHERE 'x' = 1", 245),
        ("EXEC dbo.BP_Nope", 2812),
        ("EXEC dbo.BP_GetPatientAppointments", 201),
        ("EXEC dbo.BP_GetPatientAppointments 1, 2", 8144),
        ("EXEC dbo.BP_GetPatientAppointments @nope = 1", 8145),
        ("UPDATE dbo.PATIENTS SET POSTCODE = '12345' WHERE INTERNALID = 1", 2628),
        ("UPDATE dbo.PATIENTS SET SEXCODE = NULL WHERE INTERNALID = 1", 515),
        ("INSERT INTO dbo.TITLES VALUES (1, 'x')", 2627),
        ("UPDATE dbo.PATIENTS SET TITLECODE = 99 WHERE INTERNALID = 1", 547),
        ("INSERT INTO dbo.EMAIL (RECORDID) VALUES (1)", 544),
        ("COMMIT", 3902),
        (
            "MERGE INTO dbo.TITLES AS t USING dbo.TITLES AS s ON 1 = 1 WHEN MATCHED THEN DELETE;",
            50_000,
        ),
        ("SELECT NOSUCH(1)", 195),
        ("CREATE TABLE dbo.X (a int)", 262),
    ];
    let wrong: Vec<String> = cases
        .iter()
        .map(|(text, number)| (text, number, Practice::open().number(text)))
        .filter(|(_, number, found)| *number != found)
        .map(|(text, number, found)| format!("{text}: {number} expected, {found} found"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_wrong_column_stops_the_batch_before_it_runs_but_a_missing_table_does_not() {
    let mut practice = Practice::open();
    assert_eq!(
        practice.number("DELETE FROM dbo.TITLES WHERE TITLECODE = 2 SELECT NOPE FROM dbo.TITLES"),
        207
    );
    assert_eq!(practice.rows("SELECT COUNT(*) FROM dbo.TITLES"), "3");
    assert_eq!(
        practice.number("DELETE FROM dbo.TITLES WHERE TITLECODE = 2 SELECT 1 FROM dbo.NOPE"),
        208
    );
    assert_eq!(practice.rows("SELECT COUNT(*) FROM dbo.TITLES"), "2");
}

#[test]
fn an_error_under_xact_abort_takes_the_whole_transaction_back() {
    let mut practice = Practice::open();
    let text = "SET NOCOUNT, XACT_ABORT ON BEGIN TRAN DELETE FROM dbo.TITLES WHERE TITLECODE = 2 \
                INSERT INTO dbo.TITLES VALUES (1, 'x') COMMIT";
    assert_eq!(practice.number(text), 2627);
    assert_eq!(practice.rows("SELECT COUNT(*) FROM dbo.TITLES"), "3");
    // Without it, only the failing statement is undone, and the batch continues.
    let text = text.replace("XACT_ABORT ON", "XACT_ABORT OFF");
    assert_eq!(practice.number(&text), 2627);
    assert_eq!(practice.rows("SELECT COUNT(*) FROM dbo.TITLES"), "2");
}

#[test]
fn a_transaction_left_open_is_rolled_back() {
    let mut practice = Practice::open();
    practice.run("BEGIN TRAN DELETE FROM dbo.TITLES WHERE TITLECODE = 2").unwrap();
    assert_eq!(practice.rows("SELECT COUNT(*) FROM dbo.TITLES"), "3");
}

#[test]
fn an_object_the_login_may_not_touch_is_refused_when_its_statement_runs() {
    let mut practice = Practice::open();
    practice.environment.denied_objects = vec!["TITLES".to_owned(), "BP_GetAllUsers".to_owned()];
    assert_eq!(practice.rows("IF 1 = 0 SELECT * FROM dbo.TITLES SELECT 5"), "5");
    assert_eq!(
        practice.rows("SELECT * FROM dbo.TITLES"),
        "error 229: The SELECT permission was denied on the object 'TITLES', database 'BPSPatients', schema 'dbo'."
    );
    assert_eq!(practice.number("EXEC dbo.BP_GetAllUsers"), 229);
    assert_eq!(
        practice.rows("SELECT HAS_PERMS_BY_NAME('dbo.TITLES', 'OBJECT', 'SELECT'), HAS_PERMS_BY_NAME('dbo.USERS', 'OBJECT', 'SELECT'), HAS_PERMS_BY_NAME('dbo.NOPE', 'OBJECT', 'SELECT')"),
        "0|1|NULL"
    );
    assert_eq!(
        practice.rows(
            "BEGIN TRY SELECT 1 FROM dbo.TITLES END TRY BEGIN CATCH SELECT ERROR_NUMBER() END CATCH"
        ),
        "229"
    );
    assert!(practice.run("EXEC dbo.BP_GetAppointmentBookUsers").is_ok());
}

#[test]
fn a_column_an_older_release_lacks_resolves_to_the_stand_in_outside() {
    let text = "SELECT (SELECT TOP 1 Gender FROM dbo.BPS_Patients AS q WHERE q.InternalID = p.InternalID) \
                FROM dbo.BPS_Patients AS p CROSS JOIN (SELECT CAST(NULL AS varchar(20)) AS Gender) AS absent \
                WHERE p.InternalID = 1";
    let wrapped = "SELECT (SELECT Gender FROM dbo.BPS_Patients AS q WHERE q.InternalID = 1) AS g \
                   FROM (SELECT CAST(NULL AS varchar(20)) AS Gender) AS absent";
    let mut practice = Practice::open();
    assert_eq!(practice.rows(wrapped), "Female    ");
    assert_eq!(practice.rows(text), "Female    ");
    practice.environment.missing_columns = vec![("BPS_Patients".to_owned(), "Gender".to_owned())];
    assert_eq!(practice.rows(wrapped), "NULL");
    assert_eq!(practice.rows(text), "NULL");
    assert_eq!(practice.number("SELECT Gender FROM dbo.BPS_Patients"), 207);
    assert_eq!(
        practice.rows(
            "SELECT COL_LENGTH('dbo.BPS_Patients', 'Gender'), COL_LENGTH('dbo.PATIENTS', 'SEXCODE')"
        ),
        "NULL|4"
    );
}

#[test]
fn parameters_arrive_typed() {
    let mut practice = Practice::open();
    let outcome = practice.with(
        "SELECT InternalID FROM dbo.BPS_Patients WHERE Surname = @s AND CAST(DOB AS date) = @d AND @b = 1 AND @n IS NULL",
        &[("@s", "VarChar", "budgie"), ("@d", "Date", "1980-05-17"), ("@b", "Bit", "true"), ("@n", "Int", "NULL")],
    );
    assert_eq!(shown(&outcome.unwrap()), "1");
    let outcome = practice.with("SELECT @x", &[("@x", "VarBinary", "AAE=")]).unwrap();
    assert_eq!(outcome.result_sets[0].rows[0][0], Value::Bytes(vec![0, 1]));
    let error = practice.with("SELECT @x", &[("@x", "Int", "abc")]).unwrap_err();
    assert_eq!(error.message, "Failed to convert parameter value from a String to a Int32.");
}

#[test]
fn large_procedure_parameters_hit_halos_documented_defect() {
    let mut practice = Practice::open();
    let long = "x".repeat(4_001);
    let error = practice
        .procedure(
            "BP_AddMessage",
            &[
                ("@userid", "Int", "5"),
                ("@subject", "VarChar", "s"),
                ("@message", "NVarChar", &long),
            ],
        )
        .unwrap_err();
    assert_eq!(error.message, "Failed to convert parameter value from a String to a Byte[].");
}

#[test]
fn affected_rows_are_counted_unless_nocount_is_on() {
    let mut practice = Practice::open();
    let text = "UPDATE dbo.PATIENTS SET CITY = 'x' WHERE INTERNALID IN (1, 2)";
    let mut nonquery = command(CommandKind::Text, text, &[]);
    nonquery.execution_mode = ExecutionMode::NonQuery;
    assert_eq!(practice.execute(&nonquery).unwrap().rows_affected, 2);
    nonquery.text = format!("SET NOCOUNT ON {text}");
    assert_eq!(practice.execute(&nonquery).unwrap().rows_affected, -1);
}

#[test]
fn a_statement_is_known_by_its_leading_comment() {
    let named = |kind, text: &str| statement_name(&command(kind, text, &[]) as &Command);
    assert_eq!(
        named(CommandKind::Text, "/* statement: find-patient */ SELECT 1").as_deref(),
        Some("find-patient")
    );
    assert_eq!(
        named(CommandKind::Text, "-- licence\n-- statement: x\nSELECT 1").as_deref(),
        Some("x")
    );
    assert_eq!(named(CommandKind::Text, "SELECT 1 -- statement: x"), None);
    assert_eq!(
        named(CommandKind::StoredProcedure, "dbo.[BP_AddPatient]").as_deref(),
        Some("BP_AddPatient")
    );
}

#[test]
fn a_simple_query_takes_well_under_five_milliseconds() {
    let mut practice = Practice::open();
    let started = std::time::Instant::now();
    for _ in 0..50 {
        practice.run("SELECT InternalID, Surname FROM dbo.BPS_Patients WHERE Surname LIKE 'b%' ORDER BY Surname").unwrap();
    }
    let each = started.elapsed() / 50;
    assert!(each.as_micros() < 5_000, "{each:?} per query");
}
