-- statement: booking_lookup
-- Does:       finds our live appointment by its token, or by its number if people overwrote the token. It shows
--             how a push ended whose answer was lost. A patient's appointment is not ours, whatever its text
--             says.
-- Parameters:
--             - @token varchar(25): the correlation token.
--             - @firstDay date: no appointment with this token is on an earlier day.
--             - @appointmentId int, @created varchar(23): RECORDID and CREATED from an earlier answer; 0
--               and empty without one.
--             - @patientId int: the INTERNALID of our appointments; 0 is Bp's row for slots without a
--               patient.
-- Returns:    one row for each appointment, with the columns of appointment_book except Overlapped; none if
--             there is none.
-- Evidence:   public (base table APPOINTMENTS; RECORDSTATUS 1 is a live one, APPOINTMENTCODE 1 is booked,
--             ARRIVALTIME 0 is not arrived).
-- Reads:      at most 3,300 rows: the appointments without a patient.
-- Note:       these are two reads, because SQL Server would read the whole book for an OR of two keys. No row is in
--             both: one finds only texts with a complete token, the other only texts without one.
SELECT a.RECORDID AS AppointmentId,
       CONVERT(varchar(23), a.CREATED, 121) AS Created,
       a.USERID AS UserId,
       a.LOCATIONID AS LocationId,
       CONVERT(char(10), a.APPOINTMENTDATE, 23) AS Day,
       a.APPOINTMENTTIME AS Time,
       a.APPOINTMENTLENGTH AS Length,
       a.APPOINTMENTTYPE AS TypeCode,
       a.REASON AS Reason,
       CASE WHEN a.APPOINTMENTCODE <> 1 OR a.ARRIVALTIME > 0 THEN 1 ELSE 0 END AS Arrived
FROM dbo.APPOINTMENTS AS a
WHERE a.RECORDSTATUS = 1
  AND a.INTERNALID = @patientId
  AND a.APPOINTMENTDATE >= @firstDay
  AND CHARINDEX('[' + @token + ']', a.REASON) > 0
UNION ALL
SELECT a.RECORDID AS AppointmentId,
       CONVERT(varchar(23), a.CREATED, 121) AS Created,
       a.USERID AS UserId,
       a.LOCATIONID AS LocationId,
       CONVERT(char(10), a.APPOINTMENTDATE, 23) AS Day,
       a.APPOINTMENTTIME AS Time,
       a.APPOINTMENTLENGTH AS Length,
       a.APPOINTMENTTYPE AS TypeCode,
       a.REASON AS Reason,
       CASE WHEN a.APPOINTMENTCODE <> 1 OR a.ARRIVALTIME > 0 THEN 1 ELSE 0 END AS Arrived
FROM dbo.APPOINTMENTS AS a
WHERE a.RECORDID = @appointmentId
  AND a.RECORDSTATUS = 1
  AND a.INTERNALID = @patientId
  AND CONVERT(varchar(23), a.CREATED, 121) = @created
  AND ISNULL(a.REASON, '') NOT LIKE '%[[]PB' + REPLICATE('[0-9A-Z]', 23) + ']%'
ORDER BY AppointmentId;
