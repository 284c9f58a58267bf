-- statement: inbox_write
-- Does:       puts a document or a text into a clinician's inbox of unchecked results, once.
-- Parameters:
--             - @token varchar(25): the correlation token of this message, stored in USERREFERENCE.
--             - @patientId int: the patient; 0 if the next parameters describe one. With a number, only
--               @surnameKey and @dateOfBirth are compared with the record, if they are not empty.
--             - @surnameKey varchar(80), @firstNameKey varchar(60): the names in upper case without blanks,
--               apostrophes, dashes and full stops. These are compared.
--             - @lastName, @firstName varchar(40), @dateOfBirth varchar(10) (YYYY-MM-DD), @medicare
--               varchar(10), @medicareLine varchar(1), @ihi varchar(16): as the sender has them; empty if not
--               given. Names are stored as given; numbers have no blanks.
--             - @userId int, @ahpra varchar(13), @provider varchar(8): one of them names the addressee; the
--               others are 0 or empty. They are in upper case without blanks, and the provider number has its
--               leading zeros.
--             - @fallbackUserId int, @fallbackAhpra varchar(13), @fallbackProvider varchar(8): in the same
--               way, the user who receives it if the addressee cannot; 0 and empty if nobody is named.
--             - @heading varchar(80): how the inbox lists it.
--             - @subject varchar(60), @category varchar(25).
--             - @senderName varchar(60): empty if not given.
--             - @text varchar(max): the text of a message without a file; otherwise empty.
--             - @fileType varchar(15): the file's extension.
--             - @content varchar(max): the file (or the text) in base64.
--             - @length int: its length in bytes.
-- Returns:    one row. Only the outcome "written" changes anything.
--             - Outcome: written; found (it was written before); noPatient (no such @patientId, and nothing
--               else is known of the patient); noAddressee; manyAddressees.
--             - RecordId: INCOMINGREPORTS.REPORTID, or CORRESPONDENCEIN.DOCUMENTID if it was found there.
--             - Allocated: 1 if it is filed under a patient, 0 if somebody still has to file it.
--             - UserId: the user whose inbox holds it; 0 if that is not known.
--             - Fallback: empty if that user is the addressee, else the reason: notFound (no active user is
--               the addressee), ambiguous (several are), away (today).
-- Evidence:   ASSUMED as a whole: that a row may be written here at all, and what makes a row appear in an
--             inbox (CHECKSTATUS 0, CHECKEDBY 0, USERID the addressee, RECORDSTATUS 1; STOREIN 2 = a letter).
--             The columns of INCOMINGREPORTS and DAYSAWAY are public. It is assumed that RECORDSTATUS 1 is a
--             valid day away, and that FINISHDATE is the last day. Where Bp stores the bytes is not public:
--             BPSDocuments.dbo.DOCUMENTS is our own assumption. A partner replaces this by what Best Practice
--             prescribes, and keeps the token, the lookup before the write under one lock, the single
--             transaction, the rule for patients, and the returned row.
-- Reads:      at most 165,000 rows: for a described patient every patient, because Bp has no known key for what is
--             compared. Otherwise the messages of the patients in question, and messages without a patient.
-- Note:       our token is looked for where an earlier attempt can have put it: under nobody, under @patientId and
--             under each patient who agrees. Staff may have moved our message to another patient. Where an
--             attempt is in doubt, delivery_lookup finds it by the token alone, and comes first. It does not come
--             first if our own memory of the attempt is lost: infra/runbooks.md says what follows.
--             A described patient is accepted only if exactly one patient agrees with everything given, and if a
--             first name or an IHI is given. The reason is that twins share the rest, and that a number on a
--             Medicare card can later be given to another person. An identifier that Bp lacks does not agree, and
--             neither does a first name without a letter. A numbered patient whose record has another surname or
--             date of birth does not agree either: Bp may have given the number to somebody else. Names are
--             compared without the characters that patient_search lists; cards and identifiers without blanks,
--             hyphens and slashes; numbers of users without blanks, and provider numbers without leading zeros.
--             Without such a patient INTERNALID is 0, as Bp itself leaves items that it could not match. Names
--             longer than the inbox's 30 characters are compared in full and stored cut. A message that was
--             deleted in Bp counts as written.
--             Days away are read in a batch of their own: if the login may not read them, nobody counts as
--             away. A fallback who is also away, or who is not exactly one active user, receives nothing;
--             then an addressee who is away receives it. DETAIL tells people and delivery_lookup why it is
--             not with the addressee.
SET NOCOUNT ON;
-- People at the practice come first: we do not wait long for rows that they have locked, and we give way in
-- a deadlock.
SET LOCK_TIMEOUT 5000;
SET DEADLOCK_PRIORITY LOW;
DECLARE @bytes varbinary(max), @now datetime, @today datetime, @lock int;
DECLARE @record int, @internalId int = 0, @user int, @location int, @store int, @addressedTo varchar(40);
DECLARE @outcome varchar(20) = 'found', @detail varchar(1000), @why varchar(10) = '', @number varchar(8) = @provider;
DECLARE @named int, @first int, @fallbacks int, @second int;
DECLARE @addressees TABLE (Turn int, UserId int);
DECLARE @away TABLE (UserId int);
DECLARE @candidates TABLE (InternalId int);
DECLARE @under TABLE (InternalId int);
DECLARE @found TABLE (Place int, RecordId int, InternalId int, UserId int, Detail varchar(1000));
SET @now = GETDATE();
SET @today = CAST(@now AS date);
-- This runs before XACT_ABORT and the transaction, because an error here must not end the batch.
IF @fallbackUserId > 0 OR @fallbackAhpra <> '' OR @fallbackProvider <> ''
BEGIN
    BEGIN TRY
        INSERT INTO @away
        EXEC sp_executesql N'SELECT d.USERID FROM dbo.DAYSAWAY AS d
            WHERE d.RECORDSTATUS = 1 AND CAST(d.STARTDATE AS date) <= @day
              AND CAST(ISNULL(d.FINISHDATE, d.STARTDATE) AS date) >= @day',
            N'@day date', @day = @today;
    END TRY
    BEGIN CATCH
        -- A row that somebody has locked says nothing about who is away: the message is tried again.
        IF ERROR_NUMBER() IN (1205, 1222) THROW;
        DELETE FROM @away;
    END CATCH;
END;
SET XACT_ABORT ON;
SET @bytes = CAST(N'' AS xml).value('xs:base64Binary(sql:variable("@content"))', 'varbinary(max)');
IF ISNULL(DATALENGTH(@bytes), -1) <> @length
    THROW 50001, 'The document did not arrive whole.', 1;
BEGIN TRANSACTION;
EXEC @lock = sp_getapplock @Resource = @token, @LockMode = 'Exclusive', @LockOwner = 'Transaction', @LockTimeout = 5000;
IF @lock < 0
    THROW 50002, 'The message is being written at this moment.', 1;
-- One statement with OR would read every patient, even if the number is known.
IF @patientId > 0
    INSERT INTO @candidates (InternalId)
    SELECT DISTINCT p.InternalID
    FROM dbo.BPS_Patients AS p
    WHERE p.InternalID = @patientId
      AND (@dateOfBirth = '' OR CAST(p.DOB AS date) = CAST(NULLIF(@dateOfBirth, '') AS date))
      AND (@surnameKey = '' OR REPLACE(UPPER(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(
          p.Surname, ' ', ''), '''', ''), CHAR(145), ''), CHAR(146), ''), CHAR(180), ''), '`', ''), '-', ''),
          CHAR(150), ''), CHAR(151), ''), CHAR(160), ''), CHAR(173), ''), '.', '')), CHAR(223), 'SS') = @surnameKey);
ELSE IF @patientId = 0
    INSERT INTO @candidates (InternalId)
    SELECT DISTINCT p.InternalID
    FROM dbo.BPS_Patients AS p
    WHERE p.InternalID > 0
      AND CAST(p.DOB AS date) = CAST(NULLIF(@dateOfBirth, '') AS date)
      AND REPLACE(UPPER(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(
          p.Surname, ' ', ''), '''', ''), CHAR(145), ''), CHAR(146), ''), CHAR(180), ''), '`', ''), '-', ''),
          CHAR(150), ''), CHAR(151), ''), CHAR(160), ''), CHAR(173), ''), '.', '')), CHAR(223), 'SS') = @surnameKey
      AND (@firstName = '' OR (@firstNameKey <> '' AND REPLACE(UPPER(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(
          p.Firstname, ' ', ''), '''', ''), CHAR(145), ''), CHAR(146), ''), CHAR(180), ''), '`', ''), '-', ''),
          CHAR(150), ''), CHAR(151), ''), CHAR(160), ''), CHAR(173), ''), '.', '')), CHAR(223), 'SS') = @firstNameKey))
      AND (@firstNameKey <> '' OR @ihi <> '')
      AND (@medicare = '' OR REPLACE(REPLACE(REPLACE(REPLACE(p.MedicareNo, ' ', ''), CHAR(160), ''), '-', ''), '/', '') = @medicare)
      AND (@medicareLine = '' OR LTRIM(RTRIM(p.MedicareLineNo)) = @medicareLine)
      AND (@ihi = '' OR REPLACE(REPLACE(REPLACE(REPLACE(p.IHI, ' ', ''), CHAR(160), ''), '-', ''), '/', '') = @ihi);
-- An earlier attempt was filed under a patient who agreed then, or under nobody. INTERNALID is a key: without it,
-- every message would be read.
INSERT INTO @under (InternalId)
SELECT 0
UNION
SELECT @patientId
UNION
SELECT c.InternalId FROM @candidates AS c;
-- Staff file an item of the inbox under a patient, and Bp moves it to the record. So the places are read in that
-- order: otherwise an item that moves between two reads would be in neither.
INSERT INTO @found
SELECT 2, r.REPORTID, r.INTERNALID, r.USERID, r.DETAIL
FROM dbo.INCOMINGREPORTS AS r WHERE r.INTERNALID = 0 AND r.USERREFERENCE = @token;
INSERT INTO @found
SELECT 2, r.REPORTID, r.INTERNALID, r.USERID, r.DETAIL
FROM @under AS n
CROSS JOIN dbo.INCOMINGREPORTS AS r
WHERE n.InternalId > 0 AND r.INTERNALID = n.InternalId AND r.USERREFERENCE = @token;
INSERT INTO @found
-- Without our words in DETAIL the inbox that it came from is not known.
SELECT 3, c.DOCUMENTID, c.INTERNALID, CASE WHEN c.DETAIL LIKE 'Fallback (%' THEN c.USERID ELSE 0 END, c.DETAIL
FROM @under AS n
CROSS JOIN dbo.CORRESPONDENCEIN AS c
WHERE c.INTERNALID = n.InternalId AND c.USERREFERENCE = @token;
SELECT TOP (1) @record = f.RecordId, @internalId = f.InternalId, @user = f.UserId, @detail = f.Detail
FROM @found AS f
ORDER BY f.Place DESC, f.RecordId;
SET @why = CASE WHEN @detail LIKE 'Fallback (notFound)%' THEN 'notFound'
                WHEN @detail LIKE 'Fallback (ambiguous)%' THEN 'ambiguous'
                WHEN @detail LIKE 'Fallback (away)%' THEN 'away' ELSE '' END;
IF @record IS NULL
BEGIN
    INSERT INTO @addressees (Turn, UserId)
    SELECT DISTINCT w.Turn, u.UserID
    FROM (SELECT 1 AS Turn, @userId AS UserId, @ahpra AS Ahpra, @provider AS Provider
          UNION ALL
          SELECT 2, @fallbackUserId, @fallbackAhpra, @fallbackProvider) AS w
    CROSS JOIN dbo.BPS_Users AS u
    WHERE (w.UserId > 0 AND u.UserID = w.UserId)
       OR (w.Ahpra <> '' AND UPPER(REPLACE(REPLACE(u.RegistrationNo, ' ', ''), CHAR(160), '')) = w.Ahpra)
       OR (w.Provider <> '' AND REPLICATE('0', 8 - LEN(UPPER(REPLACE(REPLACE(u.ProviderNo, ' ', ''), CHAR(160), '')))) + UPPER(REPLACE(REPLACE(u.ProviderNo, ' ', ''), CHAR(160), ''))
              = w.Provider)
       OR (w.Provider <> '' AND EXISTS (
               SELECT 1 FROM dbo.PROVIDER_LOCATION AS l
               WHERE l.USERID = u.UserID AND l.RECORDSTATUS = 1
                 AND REPLICATE('0', 8 - LEN(UPPER(REPLACE(REPLACE(l.PROVIDERNUMBER, ' ', ''), CHAR(160), '')))) + UPPER(REPLACE(REPLACE(l.PROVIDERNUMBER, ' ', ''), CHAR(160), ''))
                     = w.Provider));
    SELECT @named = COUNT(*), @first = MIN(a.UserId) FROM @addressees AS a WHERE a.Turn = 1;
    SELECT @fallbacks = COUNT(*), @second = MIN(a.UserId) FROM @addressees AS a WHERE a.Turn = 2;
    IF @named = 0
        SET @why = 'notFound';
    ELSE IF @named > 1
        SET @why = 'ambiguous';
    ELSE IF EXISTS (SELECT 1 FROM @away AS d WHERE d.UserId = @first)
        SET @why = 'away';
    SET @user = NULL;
    IF @why <> '' AND @fallbacks = 1
       AND (@why <> 'away' OR (@second <> @first AND NOT EXISTS (SELECT 1 FROM @away AS d WHERE d.UserId = @second)))
    BEGIN
        SET @user = @second;
        SET @number = @fallbackProvider;
    END
    ELSE IF @named = 1
    BEGIN
        SET @user = @first;
        SET @why = '';
    END;
    IF @patientId > 0 AND @surnameKey = '' AND NOT EXISTS (SELECT 1 FROM @candidates)
        SET @outcome = 'noPatient';
    ELSE IF @user IS NULL AND @named = 0
        SET @outcome = 'noAddressee';
    ELSE IF @user IS NULL
        SET @outcome = 'manyAddressees';
    ELSE
    BEGIN
        IF @why <> ''
            SET @detail = 'Fallback (' + @why + '): '
                + CASE @why
                      WHEN 'notFound' THEN 'it was addressed to somebody who is no active user here.'
                      WHEN 'ambiguous' THEN 'it was addressed by a number that several users have.'
                      ELSE 'it was addressed to ' + ISNULL((
                               SELECT LTRIM(ISNULL(RTRIM(m.FIRSTNAME), '') + ' ' + ISNULL(RTRIM(m.SURNAME), ''))
                               FROM dbo.USERS AS m WHERE m.USERID = @first), 'somebody') + ', who is away today.' END;
        IF (SELECT COUNT(*) FROM @candidates) = 1
            SELECT @internalId = MIN(c.InternalId) FROM @candidates AS c;
        SELECT @location = u.LOCATIONID,
               @addressedTo = LEFT(LTRIM(ISNULL(RTRIM(u.FIRSTNAME), '') + ' ' + ISNULL(RTRIM(u.SURNAME), '')), 40)
        FROM dbo.USERS AS u WHERE u.USERID = @user;
        IF @number <> ''
            SELECT @location = MIN(l.LOCATIONID) FROM dbo.PROVIDER_LOCATION AS l
            WHERE l.USERID = @user AND l.RECORDSTATUS = 1
              AND REPLICATE('0', 8 - LEN(UPPER(REPLACE(REPLACE(l.PROVIDERNUMBER, ' ', ''), CHAR(160), '')))) + UPPER(REPLACE(REPLACE(l.PROVIDERNUMBER, ' ', ''), CHAR(160), ''))
                  = @number
            HAVING COUNT(*) > 0;
        SELECT @store = MAX(s.CURRENTSTORE) FROM dbo.DOCUMENTSTORE AS s;
        INSERT INTO dbo.INCOMINGREPORTS (
            INTERNALID, RECORDSTATUS, USERID, PROVIDERNAME, PROVIDERID, ADDRESSEDTO, PROVIDERNO, IMPORTDATE,
            TESTNAME, REPORTDATE, REPORTTIME, REPORTBODY, CHECKSTATUS, CHECKEDBY, NOTATION, ACTION, REMINDER,
            CONFIDENTIALFLAG, NORMALFLAG, COMPLETIONFLAG, STOREIN, FIRSTNAME, SURNAME, DOB, MEDICARENO,
            MEDICARELINENO, IHI, DVACODE, TESTNO, USERREFERENCE, CORRESPONDENCEDATE, CONTACTNAME, CONTACTID,
            SUBJECT, CATEGORY, DETAIL, CONFIDENTIAL, CREATED, CREATEDBY, LOCATIONID, CONTACTED)
        SELECT
            @internalId, 1, @user, NULLIF(@senderName, ''), 0, @addressedTo, NULLIF(@number, ''), @today,
            @heading, @today, DATEDIFF(second, @today, @now), NULLIF(@text, ''), 0, 0, 0, 0, 0,
            0, 0, 1, 2,
            CASE WHEN @patientId > 0 AND @internalId > 0 THEN LEFT(LTRIM(RTRIM(p.FIRSTNAME)), 30) ELSE LEFT(NULLIF(@firstName, ''), 30) END,
            CASE WHEN @patientId > 0 AND @internalId > 0 THEN LEFT(LTRIM(RTRIM(p.SURNAME)), 30) ELSE LEFT(@lastName, 30) END,
            CASE WHEN @patientId > 0 AND @internalId > 0 THEN p.DOB ELSE CAST(CAST(NULLIF(@dateOfBirth, '') AS date) AS datetime) END,
            CASE WHEN @patientId > 0 AND @internalId > 0 THEN p.MEDICARENO ELSE NULLIF(@medicare, '') END,
            CASE WHEN @patientId > 0 AND @internalId > 0 THEN p.MEDICARELINENO ELSE NULLIF(@medicareLine, '') END,
            CASE WHEN @patientId > 0 AND @internalId > 0 THEN p.IHI ELSE NULLIF(@ihi, '') END,
            0, 0, @token, @today, NULLIF(@senderName, ''), 0,
            @subject, @category, @detail, 0, @now, 0, @location, 0
        -- One row, even if no patient is known and Bp's dummy row 0 is missing.
        FROM (SELECT 1 AS One) AS once
        LEFT JOIN dbo.PATIENTS AS p ON p.INTERNALID = @internalId;
        SET @record = CAST(SCOPE_IDENTITY() AS int);
        IF @record IS NULL
            THROW 50003, 'The inbox did not take the message.', 1;
        INSERT INTO BPSDocuments.dbo.DOCUMENTS (STORE, KIND, RECORDID, PAGENUMBER, FILETYPE, CONTENT)
        VALUES (@store, 'INCOMINGREPORT', @record, 1, @fileType, @bytes);
        SET @outcome = 'written';
    END;
END;
COMMIT TRANSACTION;
SELECT @outcome AS Outcome, @record AS RecordId, CASE WHEN @internalId > 0 THEN 1 ELSE 0 END AS Allocated,
       CASE WHEN @record IS NULL THEN 0 ELSE ISNULL(@user, 0) END AS UserId,
       CASE WHEN @record IS NULL THEN '' ELSE @why END AS Fallback;
