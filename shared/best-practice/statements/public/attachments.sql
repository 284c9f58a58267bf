-- statement: attachments
-- Does:       lists one page of a patient's documents in five folders, newest first. It reads no bytes.
-- Parameters:
--             - @patientId int.
--             - @folder int: 0 all, 1 investigations, 2 correspondence in, 3 correspondence out, 4 enhanced
--               primary care, 5 clinical images.
--             - @from, @to varchar(10): the first and the last day, YYYY-MM-DD, both included. Documents
--               without a date count as 0000-00-00, and so do the days that programs write if they know no
--               date (1900-01-01, 1899-12-30).
--             - @afterDay varchar(10), @afterFolder int, @afterDocument int: the last document of the
--               previous page; 9999-99-99, 0 and 0 for the first page.
--             - @take int: the largest number of documents.
-- Returns:    no row for an unknown patient. Otherwise one row of Kind 0.
--             - Then one row of Kind 1 for each folder that could not be read: Folder, Problem (SQL
--               Server's error number).
--             - Then one row of Kind 2 for each document: Folder, DocumentId (Bp's number in that folder),
--               Day (NULL without a date), Subject, Category, Sender, Recipient, Confidential and Draft (Bp's
--               words), Stored (0: no file).
-- Evidence:   public for every column. The columns of BPS_CorrespondenceOut, BPS_EPCReports and
--             BPS_ClinicalImages are public; no public source shows their content.
-- Reads:      at most 360,000 rows: all documents of the patient, and the practice's users for each result. No known
--             index has the day, so each page reads them all.
-- Note:       each folder is read in a batch of its own, so that a folder that our login may not read, or
--             that this release lacks, loses only itself. Each is limited to @take before they are combined.
--             The pages follow a key (day, folder, number), not a count: a new document moves no other. The
--             first part of the answer names every column's type, because SQL Server takes a column of only
--             NULLs for int.
SET NOCOUNT ON;
DECLARE @unread TABLE (Folder int, Problem int);
DECLARE @found TABLE (
    Folder int, DocumentId int, Day varchar(10), Subject varchar(1000), Category varchar(1000),
    Sender varchar(1000), Recipient varchar(1000), Confidential varchar(20), Draft varchar(20), Stored int);
DECLARE @text nvarchar(max);
DECLARE @head nvarchar(max) = N'SELECT TOP (@take) d.Folder, d.DocumentId, d.Day, LEFT(RTRIM(d.Subject), 1000),
    LEFT(RTRIM(d.Category), 1000), LEFT(RTRIM(d.Sender), 1000), LEFT(RTRIM(d.Recipient), 1000),
    LEFT(RTRIM(d.Confidential), 20), LEFT(RTRIM(d.Draft), 20), d.Stored
    FROM (SELECT u.Folder, u.DocumentId, u.Subject, u.Category, u.Sender, u.Recipient, u.Confidential, u.Draft, u.Stored,
        CASE WHEN u.Day IN (''1900-01-01'', ''1899-12-30'') THEN ''0000-00-00'' ELSE u.Day END AS Day FROM (';
DECLARE @tail nvarchar(max) = N') AS u) AS d
    WHERE d.Day >= @from AND d.Day <= @to
      AND (d.Day < @afterDay OR (d.Day = @afterDay AND (d.Folder > @afterFolder
          OR (d.Folder = @afterFolder AND d.DocumentId < @afterDocument))))
    ORDER BY d.Day DESC, d.Folder, d.DocumentId DESC';
DECLARE @declared nvarchar(max) = N'@patientId int, @from varchar(10), @to varchar(10), @afterDay varchar(10),
    @afterFolder int, @afterDocument int, @take int';
DECLARE @known int = 0;
IF EXISTS (SELECT 1 FROM dbo.BPS_Patients AS p WHERE p.InternalID = @patientId AND p.InternalID > 0)
    SET @known = 1;
IF @known = 1 AND @folder IN (0, 1)
BEGIN
    BEGIN TRY
        SET @text = @head + N'
            SELECT 1 AS Folder, i.ReportID AS DocumentId,
                   COALESCE(NULLIF(NULLIF(CONVERT(char(10), i.Reported, 23), ''1900-01-01''), ''1899-12-30''),
                            CONVERT(char(10), i.Collected, 23), ''0000-00-00'') AS Day,
                   i.TestName AS Subject, NULL AS Category, i.ProviderName AS Sender, NULL AS Recipient,
                   i.Confidential AS Confidential, NULL AS Draft, i.Stored AS Stored
            FROM dbo.BPS_Investigations AS i WHERE i.InternalID = @patientId' + @tail;
        INSERT INTO @found
        EXEC sp_executesql @text, @declared, @patientId = @patientId, @from = @from, @to = @to,
            @afterDay = @afterDay, @afterFolder = @afterFolder, @afterDocument = @afterDocument, @take = @take;
    END TRY
    BEGIN CATCH
        INSERT INTO @unread VALUES (1, ERROR_NUMBER());
    END CATCH;
END;
IF @known = 1 AND @folder IN (0, 2)
BEGIN
    BEGIN TRY
        SET @text = @head + N'
            SELECT 2 AS Folder, c.DocumentID AS DocumentId,
                   ISNULL(CONVERT(char(10), c.CorrespondenceDate, 23), ''0000-00-00'') AS Day,
                   c.Subject AS Subject, c.Category AS Category, c.ContactName AS Sender, NULL AS Recipient,
                   c.Confidential AS Confidential, NULL AS Draft, c.Stored AS Stored
            FROM dbo.BPS_CorrespondenceIn AS c WHERE c.InternalID = @patientId' + @tail;
        INSERT INTO @found
        EXEC sp_executesql @text, @declared, @patientId = @patientId, @from = @from, @to = @to,
            @afterDay = @afterDay, @afterFolder = @afterFolder, @afterDocument = @afterDocument, @take = @take;
    END TRY
    BEGIN CATCH
        INSERT INTO @unread VALUES (2, ERROR_NUMBER());
    END CATCH;
END;
IF @known = 1 AND @folder IN (0, 3)
BEGIN
    BEGIN TRY
        SET @text = @head + N'
            SELECT 3 AS Folder, o.RecordID AS DocumentId,
                   ISNULL(CONVERT(char(10), o.CorrespondenceDate, 23), ''0000-00-00'') AS Day,
                   o.Subject AS Subject, NULL AS Category, o.Provider AS Sender, o.ContactName AS Recipient,
                   o.Confidential AS Confidential, o.Draft AS Draft, o.Stored AS Stored
            FROM dbo.BPS_CorrespondenceOut AS o WHERE o.InternalID = @patientId' + @tail;
        INSERT INTO @found
        EXEC sp_executesql @text, @declared, @patientId = @patientId, @from = @from, @to = @to,
            @afterDay = @afterDay, @afterFolder = @afterFolder, @afterDocument = @afterDocument, @take = @take;
    END TRY
    BEGIN CATCH
        INSERT INTO @unread VALUES (3, ERROR_NUMBER());
    END CATCH;
END;
IF @known = 1 AND @folder IN (0, 4)
BEGIN
    BEGIN TRY
        SET @text = @head + N'
            SELECT 4 AS Folder, r.ReportID AS DocumentId,
                   ISNULL(CONVERT(char(10), r.ReportDate, 23), ''0000-00-00'') AS Day,
                   r.ReportType AS Subject, NULL AS Category, r.Provider AS Sender, NULL AS Recipient,
                   NULL AS Confidential, NULL AS Draft, r.Stored AS Stored
            FROM dbo.BPS_EPCReports AS r WHERE r.InternalID = @patientId' + @tail;
        INSERT INTO @found
        EXEC sp_executesql @text, @declared, @patientId = @patientId, @from = @from, @to = @to,
            @afterDay = @afterDay, @afterFolder = @afterFolder, @afterDocument = @afterDocument, @take = @take;
    END TRY
    BEGIN CATCH
        INSERT INTO @unread VALUES (4, ERROR_NUMBER());
    END CATCH;
END;
IF @known = 1 AND @folder IN (0, 5)
BEGIN
    BEGIN TRY
        SET @text = @head + N'
            SELECT 5 AS Folder, m.DocumentID AS DocumentId,
                   ISNULL(CONVERT(char(10), m.CorrespondenceDate, 23), ''0000-00-00'') AS Day,
                   m.Subject AS Subject, m.Category AS Category, m.Provider AS Sender, NULL AS Recipient,
                   NULL AS Confidential, NULL AS Draft, m.Stored AS Stored
            FROM dbo.BPS_ClinicalImages AS m WHERE m.InternalID = @patientId' + @tail;
        INSERT INTO @found
        EXEC sp_executesql @text, @declared, @patientId = @patientId, @from = @from, @to = @to,
            @afterDay = @afterDay, @afterFolder = @afterFolder, @afterDocument = @afterDocument, @take = @take;
    END TRY
    BEGIN CATCH
        INSERT INTO @unread VALUES (5, ERROR_NUMBER());
    END CATCH;
END;
SELECT p.Kind, p.Folder, p.Problem, p.DocumentId, NULLIF(p.Day, '0000-00-00') AS Day, p.Subject, p.Category,
       p.Sender, p.Recipient, p.Confidential, p.Draft, p.Stored
FROM (
    SELECT 0 AS Kind, 0 AS Folder, CAST(NULL AS int) AS Problem, 0 AS DocumentId, CAST('' AS varchar(10)) AS Day,
           CAST(NULL AS varchar(1000)) AS Subject, CAST(NULL AS varchar(1000)) AS Category,
           CAST(NULL AS varchar(1000)) AS Sender, CAST(NULL AS varchar(1000)) AS Recipient,
           CAST(NULL AS varchar(20)) AS Confidential, CAST(NULL AS varchar(20)) AS Draft, CAST(NULL AS int) AS Stored
    WHERE @known = 1
    UNION ALL
    SELECT 1, u.Folder, u.Problem, 0, '', NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM @unread AS u
    UNION ALL
    SELECT 2, d.Folder, NULL, d.DocumentId, d.Day, d.Subject, d.Category, d.Sender, d.Recipient,
           d.Confidential, d.Draft, d.Stored
    FROM (
        SELECT TOP (@take) f.Folder, f.DocumentId, f.Day, f.Subject, f.Category, f.Sender, f.Recipient,
               f.Confidential, f.Draft, f.Stored
        FROM @found AS f
        ORDER BY f.Day DESC, f.Folder, f.DocumentId DESC
    ) AS d
) AS p
ORDER BY p.Kind, p.Day DESC, p.Folder, p.DocumentId DESC;
