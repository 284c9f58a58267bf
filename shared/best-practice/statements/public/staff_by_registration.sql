-- statement: staff_by_registration
-- Does:       lists every Bp user with a registration number, so that one query can compare a whole staff list, and
--             the other active users, whose number may be missing in Bp.
-- Parameters: none
-- Returns:    one row of Kind 0, InactiveSeen 1 or 0: whether inactive users could be read. Then one of
--             Kind 1 for each user with a number: UserId, Registration, Active (1 or 0), and of active users
--             FirstName, LastName. Then one of Kind 2 for each active user without a number: UserId, FirstName,
--             LastName. Own copies of this statement need not return Kind 2 and the names.
-- Evidence:   public. BPS_Users lists the active users only; RegistrationNo is the AHPRA registration number.
--             The base table USERS has inactive users too (USERSTATUS 2, or a RECORDSTATUS other than 1).
-- Reads:      at most 600 rows: every user, and the base table once more.
-- Note:       the base table is read in a batch of its own: a login that may not read it cannot tell "inactive"
--             from "not found", and loses nothing else. The columns are listed because USERS holds an old password.
SET NOCOUNT ON;
DECLARE @inactive TABLE (UserId int, Registration varchar(20));
DECLARE @seen int = 0;
BEGIN TRY
    INSERT INTO @inactive
    EXEC sp_executesql N'SELECT u.USERID, LEFT(RTRIM(u.REGISTRATIONNO), 20) FROM dbo.USERS AS u
        WHERE u.USERID > 0 AND u.USERSTATUS <> 999 AND RTRIM(ISNULL(u.REGISTRATIONNO, '''')) <> ''''
          AND NOT EXISTS (SELECT 1 FROM dbo.BPS_Users AS v WHERE v.UserID = u.USERID)';
    SET @seen = 1;
END TRY
BEGIN CATCH
    SET @seen = 0;
END CATCH;
SELECT 0 AS Kind, @seen AS InactiveSeen, NULL AS UserId, NULL AS Registration, NULL AS Active,
       NULL AS FirstName, NULL AS LastName
UNION ALL
SELECT CASE WHEN RTRIM(ISNULL(v.RegistrationNo, '')) = '' THEN 2 ELSE 1 END, NULL, v.UserID,
       RTRIM(v.RegistrationNo), 1, RTRIM(v.Firstname), RTRIM(v.Surname)
FROM dbo.BPS_Users AS v
WHERE v.UserID > 0
UNION ALL
SELECT 1, NULL, i.UserId, i.Registration, 0, NULL, NULL
FROM @inactive AS i
ORDER BY Kind, UserId;
