-- statement: practice_locations
-- Does:       lists the practice's locations.
-- Parameters: none
-- Returns:    one row per location: LocationID, LocationName, Address1, Address2, City, PostCode, Phone.
-- Evidence:   public (BPS_PracticeLocations; its content is untested in public).
SELECT l.LocationID AS LocationID,
       RTRIM(l.LocationName) AS LocationName,
       RTRIM(l.Address1) AS Address1,
       RTRIM(l.Address2) AS Address2,
       RTRIM(l.City) AS City,
       RTRIM(l.PostCode) AS PostCode,
       RTRIM(l.Phone) AS Phone
FROM dbo.BPS_PracticeLocations AS l
ORDER BY l.LocationID;
