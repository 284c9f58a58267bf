-- statement: appointment_book
-- Does:       lists our live appointments from a day on: those with our own patient number and with one of
--             our correlation tokens in their text. They are compared with our bookings. A patient's appointment is not
--             ours, whatever its text says.
-- Parameters:
--             - @from date: the first day.
--             - @patientId int: the INTERNALID of our appointments; 0 is Bp's row for slots without a
--               patient.
-- Returns:    one row for each appointment.
--             - AppointmentId.
--             - Created: YYYY-MM-DD hh:mm:ss.mmm.
--             - UserId, LocationId.
--             - Day: YYYY-MM-DD.
--             - Time: seconds since midnight.
--             - Length: in seconds.
--             - TypeCode, Reason.
--             - Arrived: 1 or 0.
--             - Overlapped: 1 if another live appointment of the user overlaps it, else 0.
-- Evidence:   public (base table APPOINTMENTS; RECORDSTATUS 1 is a live one, APPOINTMENTCODE 1 is booked,
--             ARRIVALTIME 0 is not arrived).
-- Reads:      at most 33,000 rows: the appointments without a patient, and the whole book of the day of each
--             booking, because no known index begins with user and day.
SELECT a.RECORDID AS AppointmentId,
       CONVERT(varchar(23), a.CREATED, 121) AS Created,
       a.USERID AS UserId,
       a.LOCATIONID AS LocationId,
       CONVERT(char(10), a.APPOINTMENTDATE, 23) AS Day,
       a.APPOINTMENTTIME AS Time,
       a.APPOINTMENTLENGTH AS Length,
       a.APPOINTMENTTYPE AS TypeCode,
       a.REASON AS Reason,
       CASE WHEN a.APPOINTMENTCODE <> 1 OR a.ARRIVALTIME > 0 THEN 1 ELSE 0 END AS Arrived,
       CASE WHEN EXISTS (
           SELECT 1 FROM dbo.APPOINTMENTS AS o
           WHERE o.RECORDSTATUS = 1 AND o.USERID = a.USERID AND o.APPOINTMENTDATE = a.APPOINTMENTDATE
             AND o.RECORDID <> a.RECORDID
             AND o.APPOINTMENTTIME < a.APPOINTMENTTIME + a.APPOINTMENTLENGTH
             AND o.APPOINTMENTTIME + o.APPOINTMENTLENGTH > a.APPOINTMENTTIME)
       THEN 1 ELSE 0 END AS Overlapped
FROM dbo.APPOINTMENTS AS a
WHERE a.RECORDSTATUS = 1
  AND a.INTERNALID = @patientId
  AND a.APPOINTMENTDATE >= @from
  AND CHARINDEX('[PB', a.REASON) > 0
ORDER BY a.APPOINTMENTDATE, a.APPOINTMENTTIME, a.RECORDID;
