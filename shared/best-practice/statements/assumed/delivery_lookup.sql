-- statement: delivery_lookup
-- Does:       finds our letter or message in Bp, even if somebody has moved or deleted it.
-- Parameters: @token varchar(25): the correlation token.
-- Returns:    a row for each place that holds it, in the order in which it passes them. No row if it never
--             arrived.
--             - Place: 1 correspondence out, 2 inbox, 3 correspondence in.
--             - RecordId: Bp's number of it there.
--             - Allocated: 1 if it is filed under a patient.
--             - UserId: the user whose inbox holds the message; 0 if that is not known.
--             - Fallback: empty if that user is the addressee, else the reason: notFound, ambiguous, away.
-- Evidence:   ASSUMED, like the statements that write: Bp keeps USERREFERENCE when it files an item of the
--             inbox. The columns are public; INVESTIGATIONS has no such column. The words in DETAIL are those
--             of inbox_write; Bp need not keep them when it files an item.
-- Reads:      at most 1,480,000 rows: every letter and message, because staff may have moved ours to another
--             patient, and Bp has no known key for USERREFERENCE.
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
