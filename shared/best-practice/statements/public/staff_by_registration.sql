-- statement: staff_by_registration
-- Does:       lists every Bp user with a registration number, so that one query can compare a whole staff list.
-- Parameters: none
-- Returns:    one row of Kind 0, InactiveSeen 1 or 0: whether inactive users could be read. Then one of
--             Kind 1 for each user: UserId, Registration, Active (1 or 0).
-- Evidence:   public. BPS_Users lists the active users only; RegistrationNo is the AHPRA registration number.
--             The base table USERS has inactive users too (USERSTATUS 2, or a RECORDSTATUS other than 1).
-- Reads:      at most 500 rows: every user.
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
SELECT 0 AS Kind, @seen AS InactiveSeen, NULL AS UserId, NULL AS Registration, NULL AS Active
UNION ALL
SELECT 1, NULL, v.UserID, RTRIM(v.RegistrationNo), 1
FROM dbo.BPS_Users AS v
WHERE v.UserID > 0 AND RTRIM(ISNULL(v.RegistrationNo, '')) <> ''
UNION ALL
SELECT 1, NULL, i.UserId, i.Registration, 0
FROM @inactive AS i
ORDER BY Kind, UserId;
