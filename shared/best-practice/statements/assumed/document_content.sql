-- statement: document_content
-- Does:       returns all bytes of a patient's document, page by page, in parts of 240 KiB. It is meant for
--             asynchronous queries: Halo divides the rows into pages of about 1 MB.
-- Parameters:
--             - @patientId int.
--             - @folder int: 1 investigations, 2 correspondence in, 3 correspondence out, 4 enhanced
--               primary care, 5 clinical images.
--             - @documentId int: Bp's number in that folder.
-- Returns:    no row for a document that belongs to another patient or has no bytes. Otherwise a row for each
--             part, in order.
--             - Page: Bp's number of the page. Each page is a file of its own.
--             - Pages: how many pages there are.
--             - Part: the number of the part, from 0 within the page.
--             - Parts: how many parts the page has.
--             - Bytes: the size of the whole document.
--             - Content: the part in base64.
-- Evidence:   ASSUMED as in document_start: BPSDocuments.dbo.DOCUMENTS and ReportBody. The views and their
--             columns are public.
-- Reads:      at most 700 rows: one document of one part. More parts read more.
-- Note:       the parts are numbered in a table variable, and the file's row is named by its whole key. So
--             the server reads a large value piece by piece in order and sorts nothing. A value cannot have
--             more than 10,000 parts, so every part of the largest page is included.
SET NOCOUNT ON;
DECLARE @size int = 245760;
DECLARE @known int = 0, @stored int = 0, @pages int = 0, @bytes bigint = 0, @parts int = 0;
DECLARE @largest bigint = 0;
DECLARE @kind varchar(20), @body varbinary(max);
-- Each view is read by a text of its own, so that a view that this release lacks loses only its own folder.
IF @folder = 1
BEGIN
    SET @kind = 'INVESTIGATION';
    -- The type of ReportBody is not public. An image becomes bytes directly, a text by way of varchar.
    BEGIN TRY
        EXEC sp_executesql N'SELECT @known = 1, @stored = ISNULL(i.Stored, 0),
               @body = CAST(i.ReportBody AS varbinary(max))
        FROM dbo.BPS_Investigations AS i WHERE i.InternalID = @patientId AND i.ReportID = @documentId',
            N'@patientId int, @documentId int, @known int OUTPUT, @stored int OUTPUT, @body varbinary(max) OUTPUT',
            @patientId = @patientId, @documentId = @documentId, @known = @known OUTPUT, @stored = @stored OUTPUT, @body = @body OUTPUT;
    END TRY
    BEGIN CATCH
        EXEC sp_executesql N'SELECT @known = 1, @stored = ISNULL(i.Stored, 0),
               @body = CAST(CAST(i.ReportBody AS varchar(max)) AS varbinary(max))
        FROM dbo.BPS_Investigations AS i WHERE i.InternalID = @patientId AND i.ReportID = @documentId',
            N'@patientId int, @documentId int, @known int OUTPUT, @stored int OUTPUT, @body varbinary(max) OUTPUT',
            @patientId = @patientId, @documentId = @documentId, @known = @known OUTPUT, @stored = @stored OUTPUT, @body = @body OUTPUT;
    END CATCH;
END;
IF @folder = 2
BEGIN
    SET @kind = 'CORRESPONDENCEIN';
    EXEC sp_executesql N'SELECT @known = 1, @stored = ISNULL(c.Stored, 0)
        FROM dbo.BPS_CorrespondenceIn AS c WHERE c.InternalID = @patientId AND c.DocumentID = @documentId',
        N'@patientId int, @documentId int, @known int OUTPUT, @stored int OUTPUT',
        @patientId = @patientId, @documentId = @documentId, @known = @known OUTPUT, @stored = @stored OUTPUT;
END;
IF @folder = 3
BEGIN
    SET @kind = 'CORRESPONDENCEOUT';
    EXEC sp_executesql N'SELECT @known = 1, @stored = ISNULL(c.Stored, 0)
        FROM dbo.BPS_CorrespondenceOut AS c WHERE c.InternalID = @patientId AND c.RecordID = @documentId',
        N'@patientId int, @documentId int, @known int OUTPUT, @stored int OUTPUT',
        @patientId = @patientId, @documentId = @documentId, @known = @known OUTPUT, @stored = @stored OUTPUT;
END;
IF @folder = 4
BEGIN
    SET @kind = 'EPCREPORT';
    EXEC sp_executesql N'SELECT @known = 1, @stored = ISNULL(r.Stored, 0)
        FROM dbo.BPS_EPCReports AS r WHERE r.InternalID = @patientId AND r.ReportID = @documentId',
        N'@patientId int, @documentId int, @known int OUTPUT, @stored int OUTPUT',
        @patientId = @patientId, @documentId = @documentId, @known = @known OUTPUT, @stored = @stored OUTPUT;
END;
IF @folder = 5
BEGIN
    SET @kind = 'CORRESPONDENCEIN';
    EXEC sp_executesql N'SELECT @known = 1, @stored = ISNULL(c.Stored, 0)
        FROM dbo.BPS_ClinicalImages AS c WHERE c.InternalID = @patientId AND c.DocumentID = @documentId',
        N'@patientId int, @documentId int, @known int OUTPUT, @stored int OUTPUT',
        @patientId = @patientId, @documentId = @documentId, @known = @known OUTPUT, @stored = @stored OUTPUT;
END;
IF @stored > 0
BEGIN
    SELECT @pages = COUNT(*), @largest = ISNULL(MAX(DATALENGTH(d.CONTENT)), 0),
           @bytes = ISNULL(SUM(CAST(DATALENGTH(d.CONTENT) AS bigint)), 0)
    FROM BPSDocuments.dbo.DOCUMENTS AS d
    WHERE d.STORE = @stored AND d.KIND = @kind AND d.RECORDID = @documentId;
END
ELSE IF DATALENGTH(@body) > 0
BEGIN
    SET @pages = 1;
    SET @bytes = DATALENGTH(@body);
    SET @largest = @bytes;
END;
SET @parts = (@largest + @size - 1) / @size;
DECLARE @digit TABLE (Digit int NOT NULL PRIMARY KEY);
INSERT INTO @digit (Digit) VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
DECLARE @part TABLE (Part int NOT NULL PRIMARY KEY);
INSERT INTO @part (Part)
SELECT a.Digit * 1000 + b.Digit * 100 + c.Digit * 10 + d.Digit
FROM @digit AS a CROSS JOIN @digit AS b CROSS JOIN @digit AS c CROSS JOIN @digit AS d
-- The first three conditions follow from the last. They spare the server numbers that are too large.
WHERE a.Digit * 1000 < @parts
  AND a.Digit * 1000 + b.Digit * 100 < @parts
  AND a.Digit * 1000 + b.Digit * 100 + c.Digit * 10 < @parts
  AND a.Digit * 1000 + b.Digit * 100 + c.Digit * 10 + d.Digit < @parts;
IF @stored > 0
BEGIN
    SELECT d.PAGENUMBER AS Page, @pages AS Pages, p.Part AS Part,
           (CAST(DATALENGTH(d.CONTENT) AS bigint) + @size - 1) / @size AS Parts, @bytes AS Bytes,
           (SELECT SUBSTRING(CAST(d.CONTENT AS varbinary(max)), p.Part * @size + 1, @size)
            WHERE p.Part < @parts FOR XML PATH(''), BINARY BASE64) AS Content
    FROM BPSDocuments.dbo.DOCUMENTS AS d
    CROSS JOIN @part AS p
    WHERE d.STORE = @stored AND d.KIND = @kind AND d.RECORDID = @documentId
      AND p.Part * @size < DATALENGTH(d.CONTENT)
    ORDER BY d.PAGENUMBER, p.Part;
END
ELSE
BEGIN
    SELECT 1 AS Page, 1 AS Pages, p.Part AS Part, @parts AS Parts, @bytes AS Bytes,
           (SELECT SUBSTRING(@body, p.Part * @size + 1, @size)
            WHERE p.Part < @parts FOR XML PATH(''), BINARY BASE64) AS Content
    FROM @part AS p
    ORDER BY p.Part;
END;
