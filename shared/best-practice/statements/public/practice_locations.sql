-- statement: practice_locations
-- Does:       lists the practice's locations, and the types that its appointments can have.
-- Parameters: none
-- Returns:    one row of Kind 0 for each location: LocationID, LocationName, Address1, Address2, City,
--             PostCode, Phone. Then one row of Kind 1 for each type: TypeCode, TypeName, Recall (1: its name
--             says that it is for recalls); none if our login may not read the types.
-- Evidence:   public. No public source shows the content of BPS_PracticeLocations. The columns of
--             APPOINTMENTTYPES are public; its key is APPOINTMENTCODE.
-- Reads:      at most 300 rows: every location and type.
-- Note:       the types are read in a batch of their own, so that they cannot lose the locations.
SET NOCOUNT ON;
DECLARE @types TABLE (TypeCode int, TypeName varchar(250), Recall int);
BEGIN TRY
    INSERT INTO @types
    EXEC sp_executesql N'SELECT t.APPOINTMENTCODE, RTRIM(t.DESCRIPTION),
               CASE WHEN t.DESCRIPTION LIKE ''%recall%'' THEN 1 ELSE 0 END
        FROM dbo.APPOINTMENTTYPES AS t WHERE t.RECORDSTATUS = 1 AND t.APPOINTMENTCODE > 0';
END TRY
BEGIN CATCH
    DELETE FROM @types;
END CATCH;
SELECT 0 AS Kind,
       l.LocationID AS LocationID,
       RTRIM(l.LocationName) AS LocationName,
       RTRIM(l.Address1) AS Address1,
       RTRIM(l.Address2) AS Address2,
       RTRIM(l.City) AS City,
       RTRIM(l.PostCode) AS PostCode,
       RTRIM(l.Phone) AS Phone,
       CAST(NULL AS int) AS TypeCode,
       CAST(NULL AS varchar(250)) AS TypeName,
       CAST(NULL AS int) AS Recall
FROM dbo.BPS_PracticeLocations AS l
UNION ALL
SELECT 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, t.TypeCode, t.TypeName, t.Recall
FROM @types AS t
ORDER BY Kind, LocationID, TypeCode;
