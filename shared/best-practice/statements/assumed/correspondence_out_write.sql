-- statement: correspondence_out_write
-- Does:       files a document in a patient's Correspondence Out, once. It does so only if the patient is the
--             one whom the sender chose.
-- Parameters:
--             - @token varchar(25): the correlation token of this letter, stored in USERREFERENCE.
--             - @patientId int.
--             - @surnameKey varchar(80): the chosen patient's surname in upper case without blanks,
--               apostrophes, dashes and full stops; empty if it is not known.
--             - @dateOfBirth varchar(10): the chosen patient's date of birth, YYYY-MM-DD; empty if it is
--               not known.
--             - @acceptDeceased, @acceptInactive int: 1 if the sender knows that the patient has died, or
--               is no longer a patient, and still sends the letter; else 0.
--             - @senderId int: the Bp user who sends it; 0 for the patient's usual doctor.
--             - @subject varchar(100), @recipient varchar(90).
--             - @day varchar(10): the letter's date, YYYY-MM-DD; empty for today on the practice's clock.
--             - @fileType varchar(15): the file's extension.
--             - @content varchar(max): the file in base64.
--             - @length int: its length in bytes.
-- Returns:    one row. Only the outcome "written" changes anything.
--             - RecordId: CORRESPONDENCEOUT.RECORDID, or NULL.
--             - Outcome "written".
--             - Outcome "found": it was written before.
--             - Outcome "noPatient": there is no such patient, or the patient was deleted or merged into
--               another.
--             - Outcome "patientChanged": the number belongs to a patient with another surname or date of
--               birth.
--             - Outcome "patientDeceased" or "patientInactive": the patient is, and this was not accepted.
-- Evidence:   ASSUMED as a whole: that a row may be written here at all. CORRESPONDENCEOUT's columns are
--             public; the values of STATUSCODE (1 = final) and ORIGIN (0) are assumed. Where Bp stores the
--             bytes is not public: BPSDocuments.dbo.DOCUMENTS is our own assumption (STORE, KIND, RECORDID,
--             PAGENUMBER, FILETYPE, CONTENT). Of the words of BPS_Patients.StatusText only Active is public.
--             Deceased and Inactive are assumed; any other word does not refuse the letter. PATIENTS.DATEOFDEATH
--             is public; that a day up to 1900-01-01 means "no date" is assumed. How Bp marks a
--             merged record is not public: it looks like a deleted one, and both are noPatient. A partner
--             replaces this by what Best Practice prescribes, and keeps the token, the lookup before the write
--             under one lock, the single transaction, the rules for patients, and the returned row.
-- Reads:      at most 2,000 rows: the patient's letters.
-- Note:       staff may have moved our letter to another patient. Where an attempt is in doubt, delivery_lookup
--             finds it by the token alone, and comes first. The lock is on our token only: nobody at the
--             practice waits for it. A letter that somebody deleted in Bp counts as written; it is not written
--             again.
SET NOCOUNT ON;
SET XACT_ABORT ON;
-- People at the practice come first: we do not wait long for rows that they have locked, and we give way in
-- a deadlock.
SET LOCK_TIMEOUT 5000;
SET DEADLOCK_PRIORITY LOW;
DECLARE @bytes varbinary(max), @now datetime, @today datetime, @lock int;
DECLARE @record int, @sender int, @senderName varchar(100), @location int, @store int;
DECLARE @outcome varchar(20) = 'found';
SET @bytes = CAST(N'' AS xml).value('xs:base64Binary(sql:variable("@content"))', 'varbinary(max)');
IF ISNULL(DATALENGTH(@bytes), -1) <> @length
    THROW 50001, 'The document did not arrive whole.', 1;
SET @now = GETDATE();
SET @today = CAST(@now AS date);
BEGIN TRANSACTION;
EXEC @lock = sp_getapplock @Resource = @token, @LockMode = 'Exclusive', @LockOwner = 'Transaction', @LockTimeout = 5000;
IF @lock < 0
    THROW 50002, 'The letter is being written at this moment.', 1;
-- The patient is the key: without it, every letter of the practice would be read.
SELECT @record = MIN(o.RECORDID) FROM dbo.CORRESPONDENCEOUT AS o
WHERE o.INTERNALID = @patientId AND o.USERREFERENCE = @token;
IF @record IS NULL
BEGIN
    IF NOT EXISTS (SELECT 1 FROM dbo.PATIENTS AS p
                   WHERE p.INTERNALID = @patientId AND p.INTERNALID > 0 AND p.RECORDSTATUS = 1)
        SET @outcome = 'noPatient';
    ELSE IF NOT EXISTS (
        SELECT 1 FROM dbo.PATIENTS AS p
        WHERE p.INTERNALID = @patientId
          AND (@dateOfBirth = '' OR CAST(p.DOB AS date) = CAST(NULLIF(@dateOfBirth, '') AS date))
          -- The removed characters are those of patient_search, which lists them.
          AND (@surnameKey = '' OR REPLACE(UPPER(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(
              p.SURNAME, ' ', ''), '''', ''), CHAR(145), ''), CHAR(146), ''), CHAR(180), ''), '`', ''), '-', ''),
              CHAR(150), ''), CHAR(151), ''), CHAR(160), ''), CHAR(173), ''), '.', '')), CHAR(223), 'SS') = @surnameKey))
        SET @outcome = 'patientChanged';
    ELSE IF @acceptDeceased = 0 AND (EXISTS (
        SELECT 1 FROM dbo.BPS_Patients AS p
        WHERE p.InternalID = @patientId AND LOWER(LTRIM(RTRIM(p.StatusText))) = 'deceased')
        OR EXISTS (SELECT 1 FROM dbo.PATIENTS AS p WHERE p.INTERNALID = @patientId AND p.DATEOFDEATH > '19000101'))
        SET @outcome = 'patientDeceased';
    ELSE IF @acceptInactive = 0 AND EXISTS (
        SELECT 1 FROM dbo.BPS_Patients AS p
        WHERE p.InternalID = @patientId AND LOWER(LTRIM(RTRIM(p.StatusText))) = 'inactive')
        SET @outcome = 'patientInactive';
    ELSE
    BEGIN
        SELECT @sender = u.USERID FROM dbo.USERS AS u WHERE u.USERID = @senderId AND u.USERID > 0;
        IF @sender IS NULL
            SELECT @sender = p.USERID FROM dbo.PATIENTS AS p WHERE p.INTERNALID = @patientId;
        SELECT @location = u.LOCATIONID,
               @senderName = LEFT(LTRIM(RTRIM(ISNULL(RTRIM(t.TITLE), '') + ' ' + LTRIM(ISNULL(RTRIM(u.FIRSTNAME), '') + ' ' + ISNULL(RTRIM(u.SURNAME), '')))), 100)
        FROM dbo.USERS AS u
        LEFT JOIN dbo.TITLES AS t ON t.TITLECODE = u.TITLECODE
        WHERE u.USERID = @sender;
        SELECT @store = MAX(s.CURRENTSTORE) FROM dbo.DOCUMENTSTORE AS s;
        INSERT INTO dbo.CORRESPONDENCEOUT (
            RECORDSTATUS, STORED, INTERNALID, USERID, SENDERNAME, CORRESPONDENCEDATE, STATUSCODE, CONTACTID,
            CONTACTNAME, SUBJECT, CREATED, CREATEDBY, CHECKEDBY, ACTION, ACTIONED, CATEGORY, CONFIDENTIALFLAG,
            USERREFERENCE, NOTATION, LOCATIONID, ORIGIN)
        VALUES (
            1, @store, @patientId, @sender, @senderName, ISNULL(CAST(CAST(NULLIF(@day, '') AS date) AS datetime), @today), 1, 0,
            @recipient, @subject, @now, @sender, 0, 0, 0, 'Referral', 0,
            @token, 0, @location, 0);
        SET @record = CAST(SCOPE_IDENTITY() AS int);
        INSERT INTO BPSDocuments.dbo.DOCUMENTS (STORE, KIND, RECORDID, PAGENUMBER, FILETYPE, CONTENT)
        VALUES (@store, 'CORRESPONDENCEOUT', @record, 1, @fileType, @bytes);
        SET @outcome = 'written';
    END;
END;
COMMIT TRANSACTION;
SELECT @outcome AS Outcome, @record AS RecordId;
