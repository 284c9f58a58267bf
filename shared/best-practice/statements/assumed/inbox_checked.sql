-- statement: inbox_checked
-- Does:       says which of our messages a doctor has checked.
-- Parameters: @tokens varchar(max): our marks of those that are asked about, 25 characters each, with a
--             blank between them
-- Returns:    a row for each that is checked: Token, Place (2 inbox, 3 correspondence in), RecordId (Bp's
--             number of it there), CheckedBy (USERID), CheckedOn (YYYY-MM-DD), Notation, Action (Bp's codes).
--             One that Bp has filed and kept in the inbox comes twice.
-- Evidence:   ASSUMED with the statement that writes: that Bp keeps USERREFERENCE when it files an item.
--             The columns, and CHECKEDBY 0 for unchecked, are public.
SELECT RTRIM(c.USERREFERENCE) AS Token, 3 AS Place, c.DOCUMENTID AS RecordId, c.CHECKEDBY AS CheckedBy,
       CONVERT(char(10), c.CHECKDATE, 23) AS CheckedOn, c.NOTATION AS Notation, c.ACTION AS Action
FROM dbo.CORRESPONDENCEIN AS c
WHERE c.USERREFERENCE LIKE 'PB%'
  AND c.CHECKEDBY > 0
  AND LEN(c.USERREFERENCE) = 25
  AND CHARINDEX(RTRIM(c.USERREFERENCE), @tokens) > 0
UNION ALL
SELECT RTRIM(r.USERREFERENCE), 2, r.REPORTID, r.CHECKEDBY,
       CONVERT(char(10), r.CHECKDATE, 23), r.NOTATION, r.ACTION
FROM dbo.INCOMINGREPORTS AS r
WHERE r.USERREFERENCE LIKE 'PB%'
  AND r.CHECKEDBY > 0
  AND LEN(r.USERREFERENCE) = 25
  AND CHARINDEX(RTRIM(r.USERREFERENCE), @tokens) > 0
ORDER BY Token, Place;
