-- statement: inbox_checked
-- Does:       returns what happened to our messages: which a doctor has checked, and which inboxes hold the others.
-- Parameters: @tokens varchar(max): our marks of the messages in question, 25 characters each, separated by
--             blanks
-- Returns:    a first row with Place 0, which says that the list is complete; then a row for each place that
--             holds a message: Token, Place (2 inbox, 3 correspondence in), RecordId (Bp's number of it there),
--             UserId (whose inbox), Live (1 unless deleted), CheckedBy (USERID, 0 for nobody), CheckedOn
--             (YYYY-MM-DD), Notation, Action (Bp's codes). A message that Bp filed and kept in the inbox has two rows.
-- Evidence:   ASSUMED, like the statement that writes: Bp keeps USERREFERENCE when it files an item. The
--             columns, RECORDSTATUS 1 for live and CHECKEDBY 0 for unchecked are public. It is also public that
--             an item can be moved to another user's inbox, and deleted for good.
SELECT CAST('' AS varchar(25)) AS Token, 0 AS Place, 0 AS RecordId, 0 AS UserId, 1 AS Live, 0 AS CheckedBy,
       CAST(NULL AS char(10)) AS CheckedOn, 0 AS Notation, 0 AS Action
UNION ALL
SELECT RTRIM(c.USERREFERENCE), 3, c.DOCUMENTID, c.USERID, CASE c.RECORDSTATUS WHEN 1 THEN 1 ELSE 0 END,
       c.CHECKEDBY, CONVERT(char(10), c.CHECKDATE, 23), c.NOTATION, c.ACTION
FROM dbo.CORRESPONDENCEIN AS c
WHERE c.USERREFERENCE LIKE 'PB%'
  AND LEN(c.USERREFERENCE) = 25
  AND CHARINDEX(RTRIM(c.USERREFERENCE), @tokens) > 0
UNION ALL
SELECT RTRIM(r.USERREFERENCE), 2, r.REPORTID, r.USERID, CASE r.RECORDSTATUS WHEN 1 THEN 1 ELSE 0 END,
       r.CHECKEDBY, CONVERT(char(10), r.CHECKDATE, 23), r.NOTATION, r.ACTION
FROM dbo.INCOMINGREPORTS AS r
WHERE r.USERREFERENCE LIKE 'PB%'
  AND LEN(r.USERREFERENCE) = 25
  AND CHARINDEX(RTRIM(r.USERREFERENCE), @tokens) > 0
ORDER BY Token, Place;
