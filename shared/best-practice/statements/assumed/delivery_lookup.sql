-- statement: delivery_lookup
-- Does:       finds what a letter or message of ours left in Bp, whoever has moved or deleted it since.
-- Parameters: @token varchar(25): our mark of it
-- Returns:    a row for each place that has it, in the order of its life: Place (1 correspondence out, 2 inbox,
--             3 correspondence in), RecordId (Bp's number of it there), Allocated (1: filed under a patient),
--             UserId (in whose inbox a message is; 0 where that is not known), Fallback (empty where that is the
--             addressee, else why it is not: notFound, ambiguous, away). No row when it never arrived.
-- Evidence:   ASSUMED with the statements that write: that Bp keeps USERREFERENCE when it files an item of
--             the inbox. The columns are public; INVESTIGATIONS has no such column. The words
--             in DETAIL are those of inbox_write; that Bp keeps them when it files an item is not needed.
SELECT 1 AS Place, o.RECORDID AS RecordId, CASE WHEN o.INTERNALID > 0 THEN 1 ELSE 0 END AS Allocated,
       0 AS UserId, CAST('' AS varchar(10)) AS Fallback
FROM dbo.CORRESPONDENCEOUT AS o
WHERE o.USERREFERENCE = @token
UNION ALL
SELECT 2, r.REPORTID, CASE WHEN r.INTERNALID > 0 THEN 1 ELSE 0 END, r.USERID,
       CASE WHEN r.DETAIL LIKE 'Fallback (notFound)%' THEN 'notFound' WHEN r.DETAIL LIKE 'Fallback (ambiguous)%' THEN 'ambiguous'
            WHEN r.DETAIL LIKE 'Fallback (away)%' THEN 'away' ELSE '' END
FROM dbo.INCOMINGREPORTS AS r
WHERE r.USERREFERENCE = @token
UNION ALL
SELECT 3, c.DOCUMENTID, CASE WHEN c.INTERNALID > 0 THEN 1 ELSE 0 END,
       CASE WHEN c.DETAIL LIKE 'Fallback (%' THEN c.USERID ELSE 0 END,
       CASE WHEN c.DETAIL LIKE 'Fallback (notFound)%' THEN 'notFound' WHEN c.DETAIL LIKE 'Fallback (ambiguous)%' THEN 'ambiguous'
            WHEN c.DETAIL LIKE 'Fallback (away)%' THEN 'away' ELSE '' END
FROM dbo.CORRESPONDENCEIN AS c
WHERE c.USERREFERENCE = @token
ORDER BY Place, RecordId;
