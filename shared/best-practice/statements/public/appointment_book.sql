-- statement: appointment_book
-- Does:       lists the live appointments from a day on that carry a mark of ours in their text, to compare
--             Bp's book with the record.
-- Parameters: @from date: the first day
-- Returns:    one row per appointment: AppointmentId, UserId, LocationId, Day (YYYY-MM-DD), Time (seconds since
--             midnight), Length (seconds), TypeCode, Reason, Arrived (1 or 0).
-- Evidence:   public (base table APPOINTMENTS; RECORDSTATUS 1 is a live one, APPOINTMENTCODE 1 is booked,
--             ARRIVALTIME 0 is not arrived).
SELECT a.RECORDID AS AppointmentId,
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
  AND a.APPOINTMENTDATE >= @from
  AND CHARINDEX('[PB', a.REASON) > 0
ORDER BY a.APPOINTMENTDATE, a.APPOINTMENTTIME, a.RECORDID;
