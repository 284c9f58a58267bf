-- statement: users_named
-- Does:       finds the active users of one name, with the provider numbers of all their locations.
-- Parameters: @firstName varchar(30), @lastName varchar(100)
-- Returns:    one row per user and provider number: UserID, FirstName, LastName, ProviderNumber.
-- Evidence:   public. BPS_Users hides inactive users and carries the usual location's number;
--             PROVIDER_LOCATION carries one for each location (RECORDSTATUS 1 = current).
-- Note:       the database compares names without regard to case; whoever reads the rows does not.
SELECT u.UserID AS UserID,
       RTRIM(u.Firstname) AS FirstName,
       RTRIM(u.Surname) AS LastName,
       RTRIM(u.ProviderNo) AS ProviderNumber
FROM dbo.BPS_Users AS u
WHERE RTRIM(u.Firstname) = @firstName
  AND RTRIM(u.Surname) = @lastName
UNION
SELECT u.UserID,
       RTRIM(u.Firstname),
       RTRIM(u.Surname),
       RTRIM(l.PROVIDERNUMBER)
FROM dbo.BPS_Users AS u
INNER JOIN dbo.PROVIDER_LOCATION AS l ON l.USERID = u.UserID AND l.RECORDSTATUS = 1
WHERE RTRIM(u.Firstname) = @firstName
  AND RTRIM(u.Surname) = @lastName
ORDER BY UserID, ProviderNumber;
