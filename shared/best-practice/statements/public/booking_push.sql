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
--             - Sessions: inside if Bp's free slots cover the whole time; unknown if they do so only together
--               with the slots that appointments at that time take up, ours or others; else outside. It is
--               unreadable if Bp does not say.
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
-- Reads:      at most 5,000 rows: the appointments without a patient, and one day of the book, twice.
-- Note:       only an appointment of @patientId is ours. Once the practice gives it to a patient it is the
--             patient's, whatever its text says. It is then never moved, corrected or cancelled, and like
--             every other appointment it is a conflict if it is in the way.
--             Only one push of a token runs at a time, and only one push that changes the book of the same user and
--             day. They exclude each other by names (sp_getapplock) and not by rows. Each takes the name of its
--             token first. Then it takes the names of all user-days where it may change something, in the order of
--             user and day. Only then does it lock rows, and only rows of these user-days: our appointments of the
--             token, and those in the way at the new time, each by its number. So two pushes never wait for each
--             other's names or locked rows in a circle. What remains is reading the day, by us or by Bp's
--             procedures: it waits for every change there that is not committed. If two pushes for different users
--             wait for each other in this way, SQL Server ends one of them, and it is tried again.
--             No range is locked: Bp publicly has an index of the day and one of the user, but none of both, so a
--             range would be the book of the whole day. People can book while a push runs. It checks the
--             whole length before the write. Before the commit, it reads the written appointment again, and
--             also what overlaps it. An appointment that somebody has stored by then is a conflict, and nothing is
--             written. One that is not committed yet is waited for.
--             One gap remains: an appointment that is stored between this last read and our commit, by a program
--             that has not seen ours, stands beside it. Then appointment_book says Overlapped, and the next
--             reconciliation reports the booking as overbooked if it has not begun by then.
--             An appointment that has arrived or is over stays as it is; arrived says that it is not as wanted. A
--             time outside the sessions is accepted and reported: representatives come when there are no patients.
SET NOCOUNT ON;
SET XACT_ABORT OFF;
-- People at the practice come first: we do not wait long for rows that they have locked, and we give way in
-- a deadlock.
SET LOCK_TIMEOUT 5000;
SET DEADLOCK_PRIORITY LOW;
-- At a higher level, what is only read would stay locked. READCOMMITTEDLOCK below waits for changes that are not
-- committed, even if the database shows older versions instead.
SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
DECLARE @marker varchar(27) = '[' + @token + ']';
DECLARE @anyMark varchar(250) = '%[[]PB' + REPLICATE('[0-9A-Z]', 23) + ']%';
DECLARE @ourMark varchar(200) = '%[[]' + LEFT(@token, 9) + REPLICATE('[0-9A-Z]', 16) + ']%';
DECLARE @outcome varchar(20) = 'conflict';
DECLARE @sessions varchar(10) = 'unknown';
DECLARE @stage varchar(10) = 'looking';
DECLARE @away int = 0, @recall int = 0, @active int = 0, @id int = NULL, @arrived int = 0, @spare int = 0, @returned int = 0;
DECLARE @reached int = @time, @slot int = @length;
DECLARE @placeUser int, @placeDay date, @place varchar(40);
-- Halo may have a transaction open. Ours is one more.
DECLARE @before int = @@TRANCOUNT;
DECLARE @open int = @before + 1;
DECLARE @oldUser int, @oldLocation int, @oldDay date, @oldTime int, @oldLength int, @oldType int;
DECLARE @oldReason varchar(500);
DECLARE @made varchar(23) = NULL;
DECLARE @free TABLE (AppointmentTime int, AppointmentLength int);
DECLARE @found TABLE (Id int, UserId int, Day date);
DECLARE @places TABLE (UserId int, Day date, Held int);
DECLARE @ours TABLE (Id int, UserId int, LocationId int, Day date, Time int, Length int, Type int, Reason varchar(500), Arrived int, Marked int);
DECLARE @met TABLE (Id int);
DECLARE @others TABLE (Id int, Time int, Length int, Mark varchar(25));
DECLARE @taken TABLE (Time int, Length int);
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
    -- Our appointments are found by the token and by the number. These are two reads, because SQL Server would read
    -- the whole book for an OR of two keys. Neither read keeps a lock.
    INSERT INTO @found (Id, UserId, Day)
    SELECT a.RECORDID, a.USERID, CAST(a.APPOINTMENTDATE AS date)
    FROM dbo.APPOINTMENTS AS a WITH (READCOMMITTEDLOCK)
    WHERE a.RECORDSTATUS = 1 AND a.INTERNALID = @patientId AND a.APPOINTMENTDATE >= @firstDay
      AND CHARINDEX(@marker, a.REASON) > 0;
    INSERT INTO @found (Id, UserId, Day)
    SELECT a.RECORDID, a.USERID, CAST(a.APPOINTMENTDATE AS date)
    FROM dbo.APPOINTMENTS AS a WITH (READCOMMITTEDLOCK)
    WHERE a.RECORDID = @appointmentId AND a.RECORDSTATUS = 1 AND a.INTERNALID = @patientId
      AND CONVERT(varchar(23), a.CREATED, 121) = @created AND ISNULL(a.REASON, '') NOT LIKE @anyMark
      AND NOT EXISTS (SELECT 1 FROM @found AS f WHERE f.Id = @appointmentId);
    -- Takes the names of the user-days, always in the same order.
    IF @wanted = 1
        INSERT INTO @places (UserId, Day, Held) VALUES (@userId, @day, 0);
    INSERT INTO @places (UserId, Day, Held)
    SELECT f.UserId, f.Day, 0 FROM @found AS f;
    WHILE EXISTS (SELECT 1 FROM @places AS p WHERE p.Held = 0)
    BEGIN
        SELECT TOP (1) @placeUser = p.UserId, @placeDay = p.Day FROM @places AS p WHERE p.Held = 0 ORDER BY p.UserId, p.Day;
        SET @place = 'PB user ' + CAST(@placeUser AS varchar(11)) + ' day ' + CONVERT(char(10), @placeDay, 23);
        EXEC @returned = sp_getapplock @Resource = @place, @LockMode = 'Exclusive', @LockOwner = 'Transaction', @LockTimeout = 5000;
        IF @returned < 0
            THROW 50002, 'Another booking of this user and day is being written at this moment.', 1;
        UPDATE @places SET Held = 1 WHERE UserId = @placeUser AND Day = @placeDay;
    END;
    -- Each is locked by its number and read again, because it may have been given to a patient or cancelled meanwhile.
    WHILE EXISTS (SELECT 1 FROM @found)
    BEGIN
        SELECT @spare = MIN(f.Id) FROM @found AS f;
        DELETE FROM @found WHERE Id = @spare;
        INSERT INTO @ours (Id, UserId, LocationId, Day, Time, Length, Type, Reason, Arrived, Marked)
        SELECT a.RECORDID, a.USERID, a.LOCATIONID, CAST(a.APPOINTMENTDATE AS date), a.APPOINTMENTTIME, a.APPOINTMENTLENGTH,
               a.APPOINTMENTTYPE, a.REASON, CASE WHEN a.APPOINTMENTCODE <> 1 OR a.ARRIVALTIME > 0 THEN 1 ELSE 0 END,
               CASE WHEN CHARINDEX(@marker, a.REASON) > 0 THEN 1 ELSE 0 END
        FROM dbo.APPOINTMENTS AS a WITH (UPDLOCK)
        WHERE a.RECORDID = @spare AND a.RECORDSTATUS = 1 AND a.INTERNALID = @patientId;
    END;
    IF EXISTS (SELECT 1 FROM @ours AS o
               WHERE NOT EXISTS (SELECT 1 FROM @places AS p WHERE p.UserId = o.UserId AND p.Day = o.Day))
        THROW 50002, 'The appointment is being moved at this moment.', 1;
    -- One that has arrived comes first, then the one with our number, then the oldest.
    SELECT TOP (1) @id = o.Id, @oldUser = o.UserId, @oldLocation = o.LocationId, @oldDay = o.Day, @oldTime = o.Time,
           @oldLength = o.Length, @oldType = o.Type, @oldReason = o.Reason, @arrived = o.Arrived
    FROM @ours AS o
    ORDER BY CASE WHEN o.Arrived = 1 THEN 0 ELSE 1 END, CASE WHEN o.Id = @appointmentId THEN 0 ELSE 1 END, o.Id;
    INSERT INTO @taken (Time, Length)
    SELECT o.Time, o.Length FROM @ours AS o
    WHERE o.UserId = @userId AND o.Day = @day AND o.Time < @time + @length AND o.Time + o.Length > @time;

    -- Cancels copies that somebody made in Bp: one booking is one appointment.
    DELETE FROM @ours WHERE Id = @id OR Arrived = 1 OR Marked = 0;
    WHILE EXISTS (SELECT 1 FROM @ours)
    BEGIN
        SELECT @spare = MIN(o.Id) FROM @ours AS o;
        DELETE FROM @ours WHERE Id = @spare;
        EXEC dbo.BP_CancelAppointment @aptid = @spare, @loginid = @loginId;
        IF @@TRANCOUNT <> @open THROW 51003, 'A booking procedure ended the transaction, or left one open.', 1;
        IF EXISTS (SELECT 1 FROM dbo.APPOINTMENTS AS a WHERE a.RECORDID = @spare AND a.RECORDSTATUS = 1)
            THROW 51001, 'A copy of the appointment is still there after it was cancelled.', 1;
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
        -- What is in the way is found without keeping a lock. Then each is locked by its number and read again.
        INSERT INTO @met (Id)
        SELECT a.RECORDID FROM dbo.APPOINTMENTS AS a WITH (READCOMMITTEDLOCK)
        WHERE a.RECORDSTATUS = 1 AND a.USERID = @userId AND a.APPOINTMENTDATE = @day AND a.RECORDID <> ISNULL(@id, 0)
          AND a.APPOINTMENTTIME < @time + @length AND a.APPOINTMENTTIME + a.APPOINTMENTLENGTH > @time;
        WHILE EXISTS (SELECT 1 FROM @met)
        BEGIN
            SELECT @spare = MIN(m.Id) FROM @met AS m;
            DELETE FROM @met WHERE Id = @spare;
            INSERT INTO @others (Id, Time, Length, Mark)
            SELECT a.RECORDID, a.APPOINTMENTTIME, a.APPOINTMENTLENGTH,
                   CASE WHEN a.INTERNALID = @patientId AND a.APPOINTMENTCODE = 1 AND a.ARRIVALTIME = 0
                             AND a.REASON LIKE @ourMark
                        THEN SUBSTRING(a.REASON, PATINDEX(@ourMark, a.REASON) + 1, 25) ELSE '' END
            FROM dbo.APPOINTMENTS AS a WITH (UPDLOCK)
            WHERE a.RECORDID = @spare AND a.RECORDSTATUS = 1 AND a.USERID = @userId AND a.APPOINTMENTDATE = @day
              AND a.APPOINTMENTTIME < @time + @length AND a.APPOINTMENTTIME + a.APPOINTMENTLENGTH > @time;
        END;
        INSERT INTO @taken (Time, Length)
        SELECT o.Time, o.Length FROM @others AS o;
        IF NOT EXISTS (SELECT 1 FROM @others AS o WHERE o.Mark = '' OR CHARINDEX(o.Mark, @lifts) = 0)
            SET @stage = 'writing';
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
            SELECT 1 FROM dbo.APPOINTMENTS AS a WITH (READCOMMITTEDLOCK)
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

-- Do free slots cover the whole time, one after the other? If they leave a gap, the slots that appointments at that
-- time take up are added: that such a slot is not free says nothing. The free slots show how long a slot is.
IF @sessions = 'outside'
BEGIN
    WHILE @reached < @time + @length AND EXISTS (
        SELECT 1 FROM @free AS f WHERE f.AppointmentTime <= @reached AND f.AppointmentTime + f.AppointmentLength > @reached)
        SELECT @reached = MAX(f.AppointmentTime + f.AppointmentLength) FROM @free AS f WHERE f.AppointmentTime <= @reached;
    IF @reached >= @time + @length
        SET @sessions = 'inside';
END;
IF @sessions = 'outside' AND EXISTS (SELECT 1 FROM @taken)
BEGIN
    SELECT @slot = ISNULL(MAX(f.AppointmentLength), @length) FROM @free AS f;
    INSERT INTO @free (AppointmentTime, AppointmentLength)
    SELECT t.Time - @slot, t.Length + 2 * @slot FROM @taken AS t;
    WHILE @reached < @time + @length AND EXISTS (
        SELECT 1 FROM @free AS f WHERE f.AppointmentTime <= @reached AND f.AppointmentTime + f.AppointmentLength > @reached)
        SELECT @reached = MAX(f.AppointmentTime + f.AppointmentLength) FROM @free AS f WHERE f.AppointmentTime <= @reached;
    IF @reached >= @time + @length
        SET @sessions = 'unknown';
END;

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
