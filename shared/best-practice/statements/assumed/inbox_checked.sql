-- statement: inbox_checked
-- Does:       returns what happened to our messages: which a doctor has checked, and which inboxes hold the
--             others.
-- Parameters:
--             - @tokens varchar(max): the correlation tokens of the messages in question, 25 characters each, separated
--               by blanks.
--             - @keys varchar(max): what is known of each of these messages since it was written, in the
--               same order: its number and its patient's number. Each has 10 digits and a blank after it; 0
--               if unknown.
-- Returns:    a first row with Place 0, which says that the list is complete. Then a row for each place that
--             holds a message. A message that Bp filed and kept in the inbox has two rows.
--             - Token.
--             - Place: 2 inbox, 3 correspondence in.
--             - RecordId: Bp's number of it there.
--             - PatientId: whose record it is filed under, or 0 if it is not filed.
--             - UserId: whose inbox it is in.
--             - Live: 1 unless deleted.
--             - CheckedBy: USERID, or 0 for nobody.
--             - CheckedOn: YYYY-MM-DD.
--             - Notation, Action: Bp's codes.
-- Evidence:   ASSUMED, like the statement that writes: Bp keeps USERREFERENCE when it files an item. The
--             columns, RECORDSTATUS 1 for live and CHECKEDBY 0 for unchecked are public. It is also public
--             that an item can be moved to another user's inbox, and deleted permanently. REPORTID is a key,
--             and Bp must find documents by patient. It is not known whether there is an index on
--             USERREFERENCE.
-- Reads:      at most 1,400,000 rows: every message, if one that we ask about is neither under its number nor
--             under its patient. Otherwise the documents of the patients in question.
-- Note:       messages are searched by number and by patient, from our few messages to the large tables. A
--             message that is in neither place is searched by its token alone, which reads each table once, or
--             only our own messages if there is an index on USERREFERENCE. The comparison is exact (COLLATE),
--             because the database's own ignores case. It is made of the few rows that the keys or the search
--             have found, so that it converts no row of the large tables in vain.
SET NOCOUNT ON;
DECLARE @asked TABLE (Token varchar(25) NOT NULL PRIMARY KEY, RecordId int NOT NULL, PatientId int NOT NULL);
DECLARE @found TABLE (
    Token varchar(25), Place int, RecordId int, PatientId int, UserId int, Live int, CheckedBy int,
    CheckedOn char(10), Notation int, Action int);
DECLARE @searched TABLE (
    Token varchar(25), Place int, RecordId int, PatientId int, UserId int, Live int, CheckedBy int,
    CheckedOn char(10), Notation int, Action int);
DECLARE @at int = 0;
WHILE @at * 26 < LEN(@tokens)
BEGIN
    INSERT INTO @asked (Token, RecordId, PatientId)
    VALUES (SUBSTRING(@tokens, @at * 26 + 1, 25),
            CAST('0' + SUBSTRING(@keys, @at * 22 + 1, 10) AS int),
            CAST('0' + SUBSTRING(@keys, @at * 22 + 12, 10) AS int));
    SET @at = @at + 1;
END;
-- Bp moves an item from the inbox to the record, so the inbox is read first.
INSERT INTO @found
SELECT q.Token, 2, r.REPORTID, r.INTERNALID, r.USERID, CASE r.RECORDSTATUS WHEN 1 THEN 1 ELSE 0 END,
       r.CHECKEDBY, CONVERT(char(10), r.CHECKDATE, 23), r.NOTATION, r.ACTION
FROM @asked AS q
CROSS JOIN dbo.INCOMINGREPORTS AS r
WHERE r.REPORTID = q.RecordId AND r.USERREFERENCE = q.Token COLLATE Latin1_General_BIN;
INSERT INTO @found
SELECT q.Token, 3, c.DOCUMENTID, c.INTERNALID, c.USERID, CASE c.RECORDSTATUS WHEN 1 THEN 1 ELSE 0 END,
       c.CHECKEDBY, CONVERT(char(10), c.CHECKDATE, 23), c.NOTATION, c.ACTION
FROM (SELECT a.Token, a.PatientId FROM @asked AS a WHERE a.PatientId > 0
      UNION
      SELECT f.Token, f.PatientId FROM @found AS f WHERE f.PatientId > 0) AS q
CROSS JOIN dbo.CORRESPONDENCEIN AS c
WHERE c.INTERNALID = q.PatientId AND c.USERREFERENCE = q.Token COLLATE Latin1_General_BIN;
-- A deleted item of the inbox may have been filed under another patient.
DELETE FROM @asked WHERE Token IN (
    SELECT f.Token FROM @found AS f WHERE f.Place = 3 OR f.Live = 1 OR f.CheckedBy > 0);
DELETE FROM @found WHERE Token IN (SELECT q.Token FROM @asked AS q);
IF EXISTS (SELECT 1 FROM @asked)
BEGIN
    -- All our tokens begin so: an index on USERREFERENCE would be used. Both conditions are about one row of the large
    -- table. A join with our messages instead may read that table once for each of them, because SQL Server expects
    -- one row in a table variable.
    INSERT INTO @searched
    SELECT RTRIM(r.USERREFERENCE), 2, r.REPORTID, r.INTERNALID, r.USERID, CASE r.RECORDSTATUS WHEN 1 THEN 1 ELSE 0 END,
           r.CHECKEDBY, CONVERT(char(10), r.CHECKDATE, 23), r.NOTATION, r.ACTION
    FROM dbo.INCOMINGREPORTS AS r
    WHERE r.USERREFERENCE LIKE 'PB%' AND CHARINDEX(RTRIM(r.USERREFERENCE), @tokens) > 0;
    INSERT INTO @searched
    SELECT RTRIM(c.USERREFERENCE), 3, c.DOCUMENTID, c.INTERNALID, c.USERID, CASE c.RECORDSTATUS WHEN 1 THEN 1 ELSE 0 END,
           c.CHECKEDBY, CONVERT(char(10), c.CHECKDATE, 23), c.NOTATION, c.ACTION
    FROM dbo.CORRESPONDENCEIN AS c
    WHERE c.USERREFERENCE LIKE 'PB%' AND CHARINDEX(RTRIM(c.USERREFERENCE), @tokens) > 0;
    -- Without messages that were found by their keys, and without texts that are not exactly a token.
    INSERT INTO @found
    SELECT s.Token, s.Place, s.RecordId, s.PatientId, s.UserId, s.Live, s.CheckedBy, s.CheckedOn, s.Notation, s.Action
    FROM @searched AS s
    CROSS JOIN @asked AS q
    WHERE q.Token = s.Token COLLATE Latin1_General_BIN;
END;
SELECT CAST('' AS varchar(25)) AS Token, 0 AS Place, 0 AS RecordId, 0 AS PatientId, 0 AS UserId, 1 AS Live, 0 AS CheckedBy,
       CAST(NULL AS char(10)) AS CheckedOn, 0 AS Notation, 0 AS Action
UNION ALL
SELECT f.Token, f.Place, f.RecordId, f.PatientId, f.UserId, f.Live, f.CheckedBy, f.CheckedOn, f.Notation, f.Action
FROM @found AS f
ORDER BY Token, Place;
