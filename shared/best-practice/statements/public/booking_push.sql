-- statement: booking_push
-- Does:       makes Bp's appointment book show one booking as it is wanted: creates it, moves it, corrects
--             its length, type and text, or cancels it. A second run changes nothing: the appointment is
--             found by the token in its text, or by its number if people overwrote the token.
-- Parameters: those from @userId to @lifts are read only if @wanted is 1 or 2.
--             - @token varchar(25): the correlation token; the text contains it as [token].
--             - @firstDay date: no appointment with this token is on an earlier day.
--             - @appointmentId int, @created varchar(23): RECORDID and CREATED from an earlier answer; 0
--               and empty without one. The live appointment of @patientId with both is ours, whatever its
--               text says, unless the text contains the complete token of another booking. RECORDID alone is
--               not enough: after a restored backup Bp gives the same numbers again.
--             - @wanted int: 1 in the book; 0 cancelled; 2 the visit has begun. With 2, nothing is created
--               or moved. An appointment elsewhere (another user, place, day or time) is cancelled. One at
--               its own time has its length, type and text corrected if that fits.
--             - @userId int, @locationId int, @day date.
--             - @time int: seconds since midnight.
--             - @length int: in seconds.
--             - @type int: see APPOINTMENTTYPES.
--             - @reason varchar(500): the text, the token included.
--             - @lifts varchar(8000): the tokens, separated by commas, of bookings of the same practice that
--               are wanted elsewhere or not at all. Those in the way are cancelled, if nothing else is in the
--               way.
--             - @patientId int: the INTERNALID of our appointments.
--             - @loginId int: see the last assumption.
-- Returns:    one row.
--             - Outcome: created, moved, updated, unchanged, cancelled, conflict, away, arrived,
--               unknownUser, recallType or tooLate.
--             - Outcome tooLate is returned for 2 only: the visit is not in the book as wanted, and can no
--               longer be put there.
--             - Outcome recallType: Bp lets no integration cancel appointments of this type, so none is
--               created.
--             - AppointmentId and Created: NULL without an appointment; YYYY-MM-DD hh:mm:ss.mmm.
--             - Sessions: inside, outside, unknown if our own appointments take up the time, unreadable if
--               Bp does not say.
--             - InTheWay: for conflict, if only bookings of the same practice are in the way: their tokens
--               separated by commas; else empty.
-- Evidence:   public for every procedure, parameter, table and column.
--             - BP_GetFreeAppointments (fails for a practitioner who is away), BP_IsAppointmentBooked,
--               BP_AddAppointmentEx, BP_MoveAppointment, BP_UpdateAppointment, BP_CancelAppointment.
--             - BPS_Users lists active users.
--             - APPOINTMENTS, where RECORDSTATUS 1 is live, APPOINTMENTCODE 1 is booked and ARRIVALTIME 0
--               is not arrived.
--             - APPOINTMENTTYPES, whose key is APPOINTMENTCODE. That recalls cannot be cancelled is public.
--             - Assumptions: BP_AddAppointmentEx accepts patient 0, Bp's row for slots without a patient,
--               and stores it as INTERNALID; and login 0 may book. Both are parameters. How Bp treats a taken
--               slot is not public (an error, a zero, or two appointments): each ends as conflict here.
-- Reads:      at most 9,000 rows: the appointments without a patient, and one day of the book.
-- Note:       only an appointment of @patientId is ours. Once the practice gives it to a patient it is the
--             patient's, whatever its text says. It is then never moved, corrected or cancelled, and like
--             every other appointment it is a conflict if it is in the way.
--             Only one push of a token runs at a time. It locks the appointment that it found, and the book
--             of that user and day from the check to the write. Publicly, Bp has an index of the day and none
--             of both, so this is the book of the day, and the gap up to the next day that has appointments.
--             The whole length is checked for overlaps, and the written appointment is read again before the commit. An appointment that has arrived
--             or is over stays as it is; arrived says that it is not as wanted. A time outside the sessions
--             is accepted and reported: representatives come when there are no patients.
SET NOCOUNT ON;
SET XACT_ABORT OFF;
-- People at the practice come first: we do not wait long for rows that they have locked, and we give way in
-- a deadlock.
SET LOCK_TIMEOUT 5000;
SET DEADLOCK_PRIORITY LOW;
DECLARE @marker varchar(27) = '[' + @token + ']';
DECLARE @anyMark varchar(250) = '%[[]PB' + REPLICATE('[0-9A-Z]', 23) + ']%';
DECLARE @ourMark varchar(200) = '%[[]' + LEFT(@token, 9) + REPLICATE('[0-9A-Z]', 16) + ']%';
DECLARE @outcome varchar(20) = 'conflict';
DECLARE @sessions varchar(10) = 'unknown';
DECLARE @stage varchar(10) = 'looking';
DECLARE @found int = NULL;
DECLARE @away int = 0, @recall int = 0, @active int = 0, @id int = NULL, @arrived int = 0, @spare int = 0, @copy int = 0, @returned int = 0;
-- Halo may have a transaction open. Ours is one more.
DECLARE @before int = @@TRANCOUNT;
DECLARE @open int = @before + 1;
DECLARE @oldUser int, @oldLocation int, @oldDay date, @oldTime int, @oldLength int, @oldType int;
DECLARE @oldReason varchar(500);
DECLARE @made varchar(23) = NULL;
DECLARE @free TABLE (AppointmentTime int, AppointmentLength int);
DECLARE @others TABLE (Id int, Mark varchar(25));
DECLARE @copies TABLE (Id int);
DECLARE @blockers varchar(8000) = '';

-- Is the type one for recalls? Read in a batch of its own, because not every login may read the types,
-- and not every release has both columns.
BEGIN TRY
    EXEC sp_executesql N'SELECT @recall = COUNT(*) FROM dbo.APPOINTMENTTYPES AS t
        WHERE t.APPOINTMENTCODE = @type AND t.DESCRIPTION LIKE ''%recall%''',
        N'@type int, @recall int OUTPUT', @type = @type, @recall = @recall OUTPUT;
END TRY
BEGIN CATCH
    -- A row that somebody has locked says nothing about the type: the push is tried again.
    IF ERROR_NUMBER() IN (1205, 1222) THROW;
    SET @recall = 0;
END CATCH;

-- Is the practitioner there? Run in a batch of its own, because it fails if they are away.
IF @wanted = 1
BEGIN
    BEGIN TRY
        INSERT INTO @free (AppointmentTime, AppointmentLength)
        EXEC dbo.BP_GetFreeAppointments @userid = @userId, @aptdate = @day;
        SET @sessions = 'outside';
        IF EXISTS (SELECT 1 FROM @free AS f
                   WHERE f.AppointmentTime < @time + @length AND f.AppointmentTime + f.AppointmentLength > @time)
            SET @sessions = 'inside';
    END TRY
    BEGIN CATCH
        IF ERROR_NUMBER() IN (1205, 1222) THROW;
        IF LOWER(ERROR_MESSAGE()) LIKE '%away%' SET @away = 1;
        ELSE SET @sessions = 'unreadable';
    END CATCH;
    -- With a transaction left open here, our own commit would not be the last.
    IF @@TRANCOUNT <> @before THROW 51003, 'A booking procedure ended the transaction, or left one open.', 1;
END;
IF EXISTS (SELECT 1 FROM dbo.BPS_Users AS u WHERE u.UserID = @userId) SET @active = 1;

SET XACT_ABORT ON;
BEGIN TRY
    BEGIN TRANSACTION;
    EXEC @returned = sp_getapplock @Resource = @token, @LockMode = 'Exclusive', @LockOwner = 'Transaction', @LockTimeout = 5000;
    IF @returned < 0
        THROW 50002, 'The booking is being written at this moment.', 1;
    SELECT TOP (1) @id = a.RECORDID
    FROM dbo.APPOINTMENTS AS a
    WHERE a.RECORDSTATUS = 1
      AND a.INTERNALID = @patientId
      AND ((a.APPOINTMENTDATE >= @firstDay AND CHARINDEX(@marker, a.REASON) > 0)
           OR (a.RECORDID = @appointmentId AND CONVERT(varchar(23), a.CREATED, 121) = @created
               AND ISNULL(a.REASON, '') NOT LIKE @anyMark))
    ORDER BY CASE WHEN a.APPOINTMENTCODE <> 1 OR a.ARRIVALTIME > 0 THEN 0 ELSE 1 END,
             CASE WHEN a.RECORDID = @appointmentId THEN 0 ELSE 1 END, a.RECORDID;
    -- Only the row that was found is locked. It may have been given to a patient or cancelled meanwhile.
    SELECT @found = a.RECORDID,
           @oldUser = a.USERID,
           @oldLocation = a.LOCATIONID,
           @oldDay = CAST(a.APPOINTMENTDATE AS date),
           @oldTime = a.APPOINTMENTTIME,
           @oldLength = a.APPOINTMENTLENGTH,
           @oldType = a.APPOINTMENTTYPE,
           @oldReason = a.REASON,
           @arrived = CASE WHEN a.APPOINTMENTCODE <> 1 OR a.ARRIVALTIME > 0 THEN 1 ELSE 0 END
    FROM dbo.APPOINTMENTS AS a WITH (UPDLOCK)
    WHERE a.RECORDID = @id AND a.RECORDSTATUS = 1 AND a.INTERNALID = @patientId;
    SET @id = @found;
    -- Our own appointment takes up its own time, so it means nothing that this time is not free.
    IF @sessions = 'outside' AND @oldUser = @userId AND @oldDay = @day
        AND @oldTime < @time + @length AND @oldTime + @oldLength > @time
        SET @sessions = 'unknown';

    -- Cancels copies that somebody made in Bp: one booking is one appointment. The copies are found without a lock.
    -- Then each is locked by its number and read again, because it may have been given to a patient meanwhile.
    INSERT INTO @copies (Id)
    SELECT a.RECORDID FROM dbo.APPOINTMENTS AS a
    WHERE a.RECORDSTATUS = 1 AND a.INTERNALID = @patientId AND a.APPOINTMENTDATE >= @firstDay
      AND a.RECORDID <> @id AND a.APPOINTMENTCODE = 1 AND a.ARRIVALTIME = 0 AND CHARINDEX(@marker, a.REASON) > 0;
    WHILE EXISTS (SELECT 1 FROM @copies)
    BEGIN
        SELECT @copy = MIN(c.Id) FROM @copies AS c;
        DELETE FROM @copies WHERE Id = @copy;
        SET @spare = NULL;
        SELECT @spare = a.RECORDID FROM dbo.APPOINTMENTS AS a WITH (UPDLOCK)
        WHERE a.RECORDID = @copy AND a.RECORDSTATUS = 1 AND a.INTERNALID = @patientId
          AND a.APPOINTMENTCODE = 1 AND a.ARRIVALTIME = 0 AND CHARINDEX(@marker, a.REASON) > 0;
        IF @spare IS NOT NULL
        BEGIN
            EXEC dbo.BP_CancelAppointment @aptid = @spare, @loginid = @loginId;
            IF @@TRANCOUNT <> @open THROW 51003, 'A booking procedure ended the transaction, or left one open.', 1;
            IF EXISTS (SELECT 1 FROM dbo.APPOINTMENTS AS a WHERE a.RECORDID = @spare AND a.RECORDSTATUS = 1)
                THROW 51001, 'A copy of the appointment is still there after it was cancelled.', 1;
        END;
    END;

    IF @wanted > 0 AND @id IS NOT NULL AND @oldUser = @userId AND @oldLocation = @locationId AND @oldDay = @day
        AND @oldTime = @time AND @oldLength = @length AND @oldType = @type
        AND RTRIM(@oldReason) = @reason COLLATE Latin1_General_BIN
        SET @outcome = 'unchanged';
    ELSE IF @arrived = 1
        SET @outcome = 'arrived';
    ELSE IF @wanted = 0 OR (@wanted = 2 AND (@id IS NULL OR @oldUser <> @userId OR @oldLocation <> @locationId
        OR @oldDay <> @day OR @oldTime <> @time))
    BEGIN
        IF @id IS NOT NULL
        BEGIN
            EXEC dbo.BP_CancelAppointment @aptid = @id, @loginid = @loginId;
            IF @@TRANCOUNT <> @open THROW 51003, 'A booking procedure ended the transaction, or left one open.', 1;
            IF EXISTS (SELECT 1 FROM dbo.APPOINTMENTS AS a WHERE a.RECORDID = @id AND a.RECORDSTATUS = 1)
                THROW 51002, 'The appointment is still there after it was cancelled.', 1;
        END;
        SET @outcome = CASE @wanted WHEN 2 THEN 'tooLate' ELSE 'cancelled' END;
        SET @id = NULL;
    END
    ELSE IF @active = 0
        SET @outcome = 'unknownUser';
    ELSE IF @recall = 1
        SET @outcome = 'recallType';
    ELSE IF @away = 1 AND (@id IS NULL OR @oldUser <> @userId OR @oldDay <> @day)
        SET @outcome = 'away';
    ELSE
    BEGIN
        INSERT INTO @others (Id, Mark)
        SELECT a.RECORDID,
               CASE WHEN a.INTERNALID = @patientId AND a.APPOINTMENTCODE = 1 AND a.ARRIVALTIME = 0
                         AND a.REASON LIKE @ourMark
                    THEN SUBSTRING(a.REASON, PATINDEX(@ourMark, a.REASON) + 1, 25) ELSE '' END
        FROM dbo.APPOINTMENTS AS a WITH (UPDLOCK, HOLDLOCK)
        WHERE a.RECORDSTATUS = 1 AND a.USERID = @userId AND a.APPOINTMENTDATE = @day
          AND a.RECORDID <> ISNULL(@id, 0)
          AND a.APPOINTMENTTIME < @time + @length AND a.APPOINTMENTTIME + a.APPOINTMENTLENGTH > @time;
        IF NOT EXISTS (SELECT 1 FROM @others AS o WHERE o.Mark = '' OR CHARINDEX(o.Mark, @lifts) = 0)
        BEGIN
            SET @stage = 'writing';
            IF @sessions = 'outside' AND EXISTS (SELECT 1 FROM @others)
                SET @sessions = 'unknown';
        END;
    END;
    IF @stage = 'writing'
    BEGIN
        WHILE EXISTS (SELECT 1 FROM @others)
        BEGIN
            SELECT @spare = MIN(o.Id) FROM @others AS o;
            EXEC dbo.BP_CancelAppointment @aptid = @spare, @loginid = @loginId;
            IF @@TRANCOUNT <> @open THROW 51003, 'A booking procedure ended the transaction, or left one open.', 1;
            DELETE FROM @others WHERE Id = @spare;
        END;
        IF @id IS NULL
        BEGIN
            EXEC @returned = dbo.BP_IsAppointmentBooked @userid = @userId, @aptdate = @day, @apttime = @time;
            IF @returned = 0
            BEGIN
                EXEC @id = dbo.BP_AddAppointmentEx @aptdate = @day, @apttime = @time, @appointmenttype = @type,
                    @aptlen = @length, @practitionerid = @userId, @patientid = @patientId, @reason = @reason,
                    @loginid = @loginId, @locationid = @locationId, @videourl = NULL;
                IF @@TRANCOUNT <> @open THROW 51003, 'A booking procedure ended the transaction, or left one open.', 1;
                SET @outcome = 'created';
            END;
        END
        ELSE
        BEGIN
            SET @outcome = 'updated';
            -- A shorter appointment may fit where a longer one does not: shorten before the move, lengthen after it.
            IF @length <= @oldLength
                EXEC dbo.BP_UpdateAppointment @aptid = @id, @apttype = @type, @aptlen = @length, @reason = @reason;
            IF @@TRANCOUNT <> @open THROW 51003, 'A booking procedure ended the transaction, or left one open.', 1;
            IF @oldUser <> @userId OR @oldLocation <> @locationId OR @oldDay <> @day OR @oldTime <> @time
            BEGIN
                EXEC dbo.BP_MoveAppointment @aptid = @id, @aptdate = @day, @apttime = @time,
                    @practitionerid = @userId, @locationid = @locationId;
                IF @@TRANCOUNT <> @open THROW 51003, 'A booking procedure ended the transaction, or left one open.', 1;
                SET @outcome = 'moved';
            END;
            IF @length > @oldLength
                EXEC dbo.BP_UpdateAppointment @aptid = @id, @apttype = @type, @aptlen = @length, @reason = @reason;
            IF @@TRANCOUNT <> @open THROW 51003, 'A booking procedure ended the transaction, or left one open.', 1;
        END;
        SET @stage = 'reading';
        -- Commit only if the book shows the appointment exactly as wanted, and nothing overlaps it.
        IF @outcome <> 'conflict' AND NOT EXISTS (
            SELECT 1 FROM dbo.APPOINTMENTS AS a
            WHERE a.RECORDID = @id AND a.RECORDSTATUS = 1 AND a.INTERNALID = @patientId AND a.USERID = @userId
              AND a.LOCATIONID = @locationId AND a.APPOINTMENTDATE = @day AND a.APPOINTMENTTIME = @time AND a.APPOINTMENTLENGTH = @length
              AND CHARINDEX(@marker, a.REASON) > 0)
            SET @outcome = 'conflict';
        IF @outcome <> 'conflict' AND EXISTS (
            SELECT 1 FROM dbo.APPOINTMENTS AS a
            WHERE a.RECORDSTATUS = 1 AND a.USERID = @userId AND a.APPOINTMENTDATE = @day AND a.RECORDID <> @id
              AND a.APPOINTMENTTIME < @time + @length AND a.APPOINTMENTTIME + a.APPOINTMENTLENGTH > @time)
            SET @outcome = 'conflict';
    END;
    IF @outcome = 'conflict' AND @stage = 'reading'
        ROLLBACK TRANSACTION;
    ELSE
        COMMIT TRANSACTION;
END TRY
BEGIN CATCH
    IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
    -- A booking procedure refused, or ended our transaction or left one open (51003, or 266). Its words are not
    -- public. Every other error is a failure. So is a lock or a deadlock that the procedure raises again.
    IF @stage <> 'writing' OR (ERROR_NUMBER() < 50000 AND ERROR_NUMBER() <> 266)
        OR LOWER(ERROR_MESSAGE()) LIKE '%lock request time out%' OR LOWER(ERROR_MESSAGE()) LIKE '%deadlock%'
        THROW;
    SET @outcome = 'conflict';
END CATCH;

IF @outcome = 'conflict' AND @oldUser IS NULL
    SET @id = NULL;
IF @outcome = 'conflict' AND NOT EXISTS (SELECT 1 FROM @others AS o WHERE o.Mark = '')
    WHILE EXISTS (SELECT 1 FROM @others)
    BEGIN
        SELECT @spare = MIN(o.Id) FROM @others AS o;
        SELECT @blockers = @blockers + CASE @blockers WHEN '' THEN '' ELSE ',' END + o.Mark
        FROM @others AS o WHERE o.Id = @spare;
        DELETE FROM @others WHERE Id = @spare;
    END;
IF @outcome = 'conflict' AND @wanted = 2
    SET @outcome = 'tooLate';
SELECT @made = CONVERT(varchar(23), a.CREATED, 121) FROM dbo.APPOINTMENTS AS a WHERE a.RECORDID = @id;
SELECT @outcome AS Outcome, @id AS AppointmentId, @made AS Created, @sessions AS Sessions, @blockers AS InTheWay;
