-- statement: document_start
-- Does:       returns the size of a patient's document, and its bytes if they are few. A scan of several
--             pages has one file for each page.
-- Parameters:
--             - @patientId int.
--             - @folder int: 1 investigations, 2 correspondence in, 3 correspondence out, 4 enhanced
--               primary care, 5 clinical images.
--             - @documentId int: Bp's number in that folder.
--             - @inlineLimit int: the largest number of bytes that are returned.
-- Returns:    no row for a document that belongs to another patient or was removed from the record. Otherwise
--             a row for each page in order, at least one.
--             - Pages: of the stored document; 1 for a result's own text; 0 without bytes.
--             - Bytes: of all pages.
--             - Page: Bp's number of it.
--             - PageBytes.
--             - Dated: YYYY-MM-DD or NULL.
--             - FileType: the file's extension without the dot, or NULL.
--             - Content: the page in base64 if all pages together have at most @inlineLimit bytes, else
--               NULL.
-- Evidence:   ASSUMED where the bytes are: BPSDocuments.dbo.DOCUMENTS (STORE, KIND, RECORDID, PAGENUMBER,
--             FILETYPE, CONTENT) has a row for each page, addressed by the view's Stored (0: no file).
--             Neither the documents database nor its tables are public. Replace this by what Best Practice's
--             partner documents say, in document_content too. Also assumed: a result with Stored = 0 has its
--             text in ReportBody, as plain bytes. The views and their columns are public.
-- Reads:      at most 400 rows: one document.
-- Note:       how Halo renders binary columns is not public. Base64 that is made here stays text in any case.
SET NOCOUNT ON;
DECLARE @known int = 0, @stored int = 0, @pages int = 0, @bytes bigint = 0;
DECLARE @kind varchar(20), @body varbinary(max), @dated varchar(10), @type varchar(15);
-- Each view is read by a text of its own, so that a view that this release lacks loses only its own folder.
IF @folder = 1
BEGIN
    SET @kind = 'INVESTIGATION';
    -- The type of ReportBody is not public. An image becomes bytes directly, a text by way of varchar.
    BEGIN TRY
        EXEC sp_executesql N'SELECT @known = 1, @stored = ISNULL(i.Stored, 0),
               @body = CAST(i.ReportBody AS varbinary(max)),
               @dated = COALESCE(NULLIF(NULLIF(CONVERT(char(10), i.Reported, 23), ''1900-01-01''), ''1899-12-30''),
                   CONVERT(char(10), i.Collected, 23))
        FROM dbo.BPS_Investigations AS i WHERE i.InternalID = @patientId AND i.ReportID = @documentId',
            N'@patientId int, @documentId int, @known int OUTPUT, @stored int OUTPUT, @body varbinary(max) OUTPUT, @dated varchar(10) OUTPUT',
            @patientId = @patientId, @documentId = @documentId, @known = @known OUTPUT, @stored = @stored OUTPUT, @body = @body OUTPUT, @dated = @dated OUTPUT;
    END TRY
    BEGIN CATCH
        EXEC sp_executesql N'SELECT @known = 1, @stored = ISNULL(i.Stored, 0),
               @body = CAST(CAST(i.ReportBody AS varchar(max)) AS varbinary(max)),
               @dated = COALESCE(NULLIF(NULLIF(CONVERT(char(10), i.Reported, 23), ''1900-01-01''), ''1899-12-30''),
                   CONVERT(char(10), i.Collected, 23))
        FROM dbo.BPS_Investigations AS i WHERE i.InternalID = @patientId AND i.ReportID = @documentId',
            N'@patientId int, @documentId int, @known int OUTPUT, @stored int OUTPUT, @body varbinary(max) OUTPUT, @dated varchar(10) OUTPUT',
            @patientId = @patientId, @documentId = @documentId, @known = @known OUTPUT, @stored = @stored OUTPUT, @body = @body OUTPUT, @dated = @dated OUTPUT;
    END CATCH;
END;
IF @folder = 2
BEGIN
    SET @kind = 'CORRESPONDENCEIN';
    EXEC sp_executesql N'SELECT @known = 1, @stored = ISNULL(c.Stored, 0),
               @dated = CONVERT(char(10), c.CorrespondenceDate, 23)
        FROM dbo.BPS_CorrespondenceIn AS c WHERE c.InternalID = @patientId AND c.DocumentID = @documentId',
        N'@patientId int, @documentId int, @known int OUTPUT, @stored int OUTPUT, @dated varchar(10) OUTPUT',
        @patientId = @patientId, @documentId = @documentId, @known = @known OUTPUT, @stored = @stored OUTPUT, @dated = @dated OUTPUT;
END;
IF @folder = 3
BEGIN
    SET @kind = 'CORRESPONDENCEOUT';
    EXEC sp_executesql N'SELECT @known = 1, @stored = ISNULL(c.Stored, 0),
               @dated = CONVERT(char(10), c.CorrespondenceDate, 23)
        FROM dbo.BPS_CorrespondenceOut AS c WHERE c.InternalID = @patientId AND c.RecordID = @documentId',
        N'@patientId int, @documentId int, @known int OUTPUT, @stored int OUTPUT, @dated varchar(10) OUTPUT',
        @patientId = @patientId, @documentId = @documentId, @known = @known OUTPUT, @stored = @stored OUTPUT, @dated = @dated OUTPUT;
END;
IF @folder = 4
BEGIN
    SET @kind = 'EPCREPORT';
    EXEC sp_executesql N'SELECT @known = 1, @stored = ISNULL(r.Stored, 0),
               @dated = CONVERT(char(10), r.ReportDate, 23)
        FROM dbo.BPS_EPCReports AS r WHERE r.InternalID = @patientId AND r.ReportID = @documentId',
        N'@patientId int, @documentId int, @known int OUTPUT, @stored int OUTPUT, @dated varchar(10) OUTPUT',
        @patientId = @patientId, @documentId = @documentId, @known = @known OUTPUT, @stored = @stored OUTPUT, @dated = @dated OUTPUT;
END;
IF @folder = 5
BEGIN
    SET @kind = 'CORRESPONDENCEIN';
    EXEC sp_executesql N'SELECT @known = 1, @stored = ISNULL(c.Stored, 0),
               @dated = CONVERT(char(10), c.CorrespondenceDate, 23)
        FROM dbo.BPS_ClinicalImages AS c WHERE c.InternalID = @patientId AND c.DocumentID = @documentId',
        N'@patientId int, @documentId int, @known int OUTPUT, @stored int OUTPUT, @dated varchar(10) OUTPUT',
        @patientId = @patientId, @documentId = @documentId, @known = @known OUTPUT, @stored = @stored OUTPUT, @dated = @dated OUTPUT;
END;
IF @stored > 0
BEGIN
    SET @body = NULL;
    SELECT @pages = COUNT(*), @bytes = ISNULL(SUM(CAST(DATALENGTH(d.CONTENT) AS bigint)), 0),
           @type = MIN(d.FILETYPE)
    FROM BPSDocuments.dbo.DOCUMENTS AS d
    WHERE d.STORE = @stored AND d.KIND = @kind AND d.RECORDID = @documentId;
    IF @pages = 1 AND @bytes <= @inlineLimit
        SELECT @body = CAST(d.CONTENT AS varbinary(max))
        FROM BPSDocuments.dbo.DOCUMENTS AS d
        WHERE d.STORE = @stored AND d.KIND = @kind AND d.RECORDID = @documentId;
END
ELSE IF DATALENGTH(@body) > 0
BEGIN
    SET @pages = 1;
    SET @bytes = DATALENGTH(@body);
    IF @bytes > @inlineLimit
        SET @body = NULL;
END;
IF @pages > 1
BEGIN
    SELECT @pages AS Pages, @bytes AS Bytes, d.PAGENUMBER AS Page, DATALENGTH(d.CONTENT) AS PageBytes,
           @dated AS Dated, RTRIM(d.FILETYPE) AS FileType,
           (SELECT CAST(d.CONTENT AS varbinary(max)) WHERE @bytes <= @inlineLimit
            FOR XML PATH(''), BINARY BASE64) AS Content
    FROM BPSDocuments.dbo.DOCUMENTS AS d
    WHERE d.STORE = @stored AND d.KIND = @kind AND d.RECORDID = @documentId
    ORDER BY d.PAGENUMBER;
END
ELSE
BEGIN
    SELECT @pages AS Pages, @bytes AS Bytes, 1 AS Page, @bytes AS PageBytes, @dated AS Dated,
           RTRIM(@type) AS FileType,
           (SELECT @body WHERE @body IS NOT NULL FOR XML PATH(''), BINARY BASE64) AS Content
    WHERE @known = 1;
END;
