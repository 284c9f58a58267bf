-- statement: users_named
-- Does:       finds the active users who may have this name, with the provider numbers of all their locations.
-- Parameters: @firstNameKey varchar(60), @lastNameKey varchar(200): the names in upper case without blanks,
--             apostrophes, dashes and full stops
-- Returns:    one row for each user and provider number: UserID, FirstName, LastName, ProviderNumber.
-- Evidence:   public. BPS_Users hides inactive users and has the usual location's number;
--             PROVIDER_LOCATION has one for each location (RECORDSTATUS 1 = current).
-- Reads:      at most 550 rows: every user.
-- Note:       the rows can include users with a similar name: the caller compares capitals, blanks and signs.
--             The removed characters are those of patient_search, which lists them.
WITH named AS (
    SELECT u.UserID AS UserID,
           RTRIM(u.Firstname) AS FirstName,
           RTRIM(u.Surname) AS LastName,
           RTRIM(u.ProviderNo) AS ProviderNumber
    FROM dbo.BPS_Users AS u
    WHERE REPLACE(UPPER(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(
        u.Firstname, ' ', ''), '''', ''), CHAR(145), ''), CHAR(146), ''), CHAR(180), ''), '`', ''), '-', ''),
        CHAR(150), ''), CHAR(151), ''), CHAR(160), ''), CHAR(173), ''), '.', '')), CHAR(223), 'SS') = @firstNameKey
      AND REPLACE(UPPER(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(
        u.Surname, ' ', ''), '''', ''), CHAR(145), ''), CHAR(146), ''), CHAR(180), ''), '`', ''), '-', ''),
        CHAR(150), ''), CHAR(151), ''), CHAR(160), ''), CHAR(173), ''), '.', '')), CHAR(223), 'SS') = @lastNameKey
)
SELECT n.UserID, n.FirstName, n.LastName, n.ProviderNumber
FROM named AS n
UNION
SELECT n.UserID, n.FirstName, n.LastName, RTRIM(l.PROVIDERNUMBER)
FROM named AS n
INNER JOIN dbo.PROVIDER_LOCATION AS l ON l.USERID = n.UserID AND l.RECORDSTATUS = 1
ORDER BY UserID, ProviderNumber;
