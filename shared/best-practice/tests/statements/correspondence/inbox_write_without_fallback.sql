-- statement: inbox_write
-- Does:       puts a document or a text into a clinician's inbox of unchecked results, once.
-- Parameters:
--             - @token varchar(25): our mark of this message, stored in USERREFERENCE.
--             - @patientId int: the patient; 0 if the next parameters describe one.
--             - @surnameKey varchar(80), @firstNameKey varchar(60): the names in upper case without blanks,
--               apostrophes, dashes and full stops. These are compared.
--             - @lastName, @firstName varchar(40), @dateOfBirth varchar(10) (YYYY-MM-DD), @medicare
--               varchar(10), @medicareLine varchar(1), @ihi varchar(16): as the sender has them; empty if not
--               given. Names are stored as given; numbers have no blanks.
--             - @userId int, @ahpra varchar(13), @provider varchar(8): one of them names the addressee; the
--               others are 0 or empty. They are in upper case without blanks, and the provider number has its
--               leading zeros.
--             - @heading varchar(80): how the inbox lists it.
--             - @subject varchar(60), @category varchar(25).
--             - @senderName varchar(60): empty if not given.
--             - @text varchar(max): the text of a message without a file; otherwise empty.
--             - @fileType varchar(15): the file's extension.
--             - @content varchar(max): the file (or the text) in base64.
--             - @length int: its length in bytes.
-- Returns:    one row. Only the outcome "written" changes anything.
--             - Outcome: written; found (it was written before); noPatient (no such @patientId);
--               noAddressee; manyAddressees.
--             - RecordId: INCOMINGREPORTS.REPORTID, or CORRESPONDENCEIN.DOCUMENTID if it was found there.
--             - Allocated: 1 if it is filed under a patient, 0 if somebody still has to file it.
-- Evidence:   ASSUMED as a whole: that a row may be written here at all, and what makes a row appear in an
--             inbox (CHECKSTATUS 0, CHECKEDBY 0, USERID the addressee, RECORDSTATUS 1; STOREIN 2 = a letter).
--             The columns of INCOMINGREPORTS are public. Where Bp stores the bytes is not public:
--             BPSDocuments.dbo.DOCUMENTS is our own assumption. A partner replaces this by what Best Practice
--             prescribes, and keeps the mark, the lookup before the write under one lock, the single
--             transaction, the rule for patients, and the returned row.
-- Note:       a described patient is accepted only if exactly one patient agrees with everything given, and
--             if a first name or an IHI is given. The reason is that twins share the rest, and that a number
--             on a Medicare card can later be given to another person. An identifier that Bp lacks does not
--             agree, and neither does a first name without a letter. Names are compared without the
--             characters that patient_search lists; cards and identifiers without blanks, hyphens and
--             slashes; numbers of users without blanks, and provider numbers without leading zeros. Without
--             such a patient INTERNALID is 0, as Bp itself leaves items that it could not match. Names longer
--             than the inbox's 30 characters are compared in full and stored cut. A message that was deleted
--             in Bp counts as written.
SET NOCOUNT ON;
SET XACT_ABORT ON;
DECLARE @bytes varbinary(max), @now datetime, @today datetime, @lock int;
DECLARE @record int, @internalId int = 0, @user int, @location int, @store int, @addressedTo varchar(40);
DECLARE @outcome varchar(20) = 'found';
DECLARE @addressees TABLE (UserId int);
DECLARE @candidates TABLE (InternalId int);
SET @bytes = CAST(N'' AS xml).value('xs:base64Binary(sql:variable("@content"))', 'varbinary(max)');
IF ISNULL(DATALENGTH(@bytes), -1) <> @length
BEGIN
    THROW 50001, 'The document did not arrive whole.', 1;
END;
SET @now = GETDATE();
SET @today = CAST(@now AS date);
BEGIN TRANSACTION;
EXEC @lock = sp_getapplock @Resource = @token, @LockMode = 'Exclusive', @LockOwner = 'Transaction', @LockTimeout = 5000;
IF @lock < 0
BEGIN
    THROW 50002, 'The message is being written at this moment.', 1;
END;
SELECT @record = MIN(c.DOCUMENTID), @internalId = ISNULL(MAX(c.INTERNALID), 0)
FROM dbo.CORRESPONDENCEIN AS c WHERE c.USERREFERENCE = @token;
IF @record IS NULL
    SELECT @record = MIN(r.REPORTID), @internalId = ISNULL(MAX(r.INTERNALID), 0)
    FROM dbo.INCOMINGREPORTS AS r WHERE r.USERREFERENCE = @token;
IF @record IS NULL
BEGIN
    INSERT INTO @addressees (UserId)
    SELECT DISTINCT u.UserID
    FROM dbo.BPS_Users AS u
    WHERE (@userId > 0 AND u.UserID = @userId)
       OR (@ahpra <> '' AND UPPER(REPLACE(REPLACE(u.RegistrationNo, ' ', ''), CHAR(160), '')) = @ahpra)
       OR (@provider <> '' AND REPLICATE('0', 8 - LEN(UPPER(REPLACE(REPLACE(u.ProviderNo, ' ', ''), CHAR(160), '')))) + UPPER(REPLACE(REPLACE(u.ProviderNo, ' ', ''), CHAR(160), ''))
              = @provider)
       OR (@provider <> '' AND EXISTS (
               SELECT 1 FROM dbo.PROVIDER_LOCATION AS l
               WHERE l.USERID = u.UserID AND l.RECORDSTATUS = 1
                 AND REPLICATE('0', 8 - LEN(UPPER(REPLACE(REPLACE(l.PROVIDERNUMBER, ' ', ''), CHAR(160), '')))) + UPPER(REPLACE(REPLACE(l.PROVIDERNUMBER, ' ', ''), CHAR(160), ''))
                     = @provider));
    INSERT INTO @candidates (InternalId)
    SELECT DISTINCT p.InternalID
    FROM dbo.BPS_Patients AS p
    WHERE p.InternalID > 0
      AND ((@patientId > 0 AND p.InternalID = @patientId)
        OR (@patientId = 0
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
            AND (@ihi = '' OR REPLACE(REPLACE(REPLACE(REPLACE(p.IHI, ' ', ''), CHAR(160), ''), '-', ''), '/', '') = @ihi)));
    IF @patientId > 0 AND NOT EXISTS (SELECT 1 FROM @candidates)
        SET @outcome = 'noPatient';
    ELSE IF NOT EXISTS (SELECT 1 FROM @addressees)
        SET @outcome = 'noAddressee';
    ELSE IF (SELECT COUNT(*) FROM @addressees) > 1
        SET @outcome = 'manyAddressees';
    ELSE
    BEGIN
        SELECT @user = MIN(a.UserId) FROM @addressees AS a;
        IF (SELECT COUNT(*) FROM @candidates) = 1
            SELECT @internalId = MIN(c.InternalId) FROM @candidates AS c;
        SELECT @location = u.LOCATIONID,
               @addressedTo = LEFT(LTRIM(RTRIM(u.FIRSTNAME) + ' ' + RTRIM(u.SURNAME)), 40)
        FROM dbo.USERS AS u WHERE u.USERID = @user;
        IF @provider <> ''
            SELECT @location = MIN(l.LOCATIONID) FROM dbo.PROVIDER_LOCATION AS l
            WHERE l.USERID = @user AND l.RECORDSTATUS = 1
              AND REPLICATE('0', 8 - LEN(UPPER(REPLACE(REPLACE(l.PROVIDERNUMBER, ' ', ''), CHAR(160), '')))) + UPPER(REPLACE(REPLACE(l.PROVIDERNUMBER, ' ', ''), CHAR(160), ''))
                  = @provider
            HAVING COUNT(*) > 0;
        SELECT @store = MAX(s.CURRENTSTORE) FROM dbo.DOCUMENTSTORE AS s;
        INSERT INTO dbo.INCOMINGREPORTS (
            INTERNALID, RECORDSTATUS, USERID, PROVIDERNAME, PROVIDERID, ADDRESSEDTO, PROVIDERNO, IMPORTDATE,
            TESTNAME, REPORTDATE, REPORTTIME, REPORTBODY, CHECKSTATUS, CHECKEDBY, NOTATION, ACTION, REMINDER,
            CONFIDENTIALFLAG, NORMALFLAG, COMPLETIONFLAG, STOREIN, FIRSTNAME, SURNAME, DOB, MEDICARENO,
            MEDICARELINENO, IHI, DVACODE, TESTNO, USERREFERENCE, CORRESPONDENCEDATE, CONTACTNAME, CONTACTID,
            SUBJECT, CATEGORY, CONFIDENTIAL, CREATED, CREATEDBY, LOCATIONID, CONTACTED)
        SELECT
            @internalId, 1, @user, NULLIF(@senderName, ''), 0, @addressedTo, NULLIF(@provider, ''), @today,
            @heading, @today, DATEDIFF(second, @today, @now), NULLIF(@text, ''), 0, 0, 0, 0, 0,
            0, 0, 1, 2,
            CASE WHEN @patientId > 0 THEN LEFT(LTRIM(RTRIM(p.FIRSTNAME)), 30) ELSE LEFT(NULLIF(@firstName, ''), 30) END,
            CASE WHEN @patientId > 0 THEN LEFT(LTRIM(RTRIM(p.SURNAME)), 30) ELSE LEFT(@lastName, 30) END,
            CASE WHEN @patientId > 0 THEN p.DOB ELSE CAST(NULLIF(@dateOfBirth, '') AS datetime) END,
            CASE WHEN @patientId > 0 THEN p.MEDICARENO ELSE NULLIF(@medicare, '') END,
            CASE WHEN @patientId > 0 THEN p.MEDICARELINENO ELSE NULLIF(@medicareLine, '') END,
            CASE WHEN @patientId > 0 THEN p.IHI ELSE NULLIF(@ihi, '') END,
            0, 0, @token, @today, NULLIF(@senderName, ''), 0,
            @subject, @category, 0, @now, 0, @location, 0
        FROM dbo.PATIENTS AS p
        -- Patient 0 is Bp's dummy row. The SELECT needs a row even if no patient is known.
        WHERE p.INTERNALID = @internalId;
        SET @record = CAST(SCOPE_IDENTITY() AS int);
        IF @record IS NULL
        BEGIN
            THROW 50003, 'The inbox did not take the message.', 1;
        END;
        INSERT INTO BPSDocuments.dbo.DOCUMENTS (STORE, KIND, RECORDID, PAGENUMBER, FILETYPE, CONTENT)
        VALUES (@store, 'INCOMINGREPORT', @record, 1, @fileType, @bytes);
        SET @outcome = 'written';
    END;
END;
COMMIT TRANSACTION;
SELECT @outcome AS Outcome, @record AS RecordId, CASE WHEN @internalId > 0 THEN 1 ELSE 0 END AS Allocated;
