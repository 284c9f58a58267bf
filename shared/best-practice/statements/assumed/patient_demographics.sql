-- statement: patient_demographics
-- Does:       reads one patient's demographics, and the next of kin and the date of death if our login may
--             read them.
-- Parameters: @patientId int
-- Returns:    no row for an unknown patient, else one for each e-mail address: the columns below,
--             dates as YYYY-MM-DD. Gender is NULL on releases whose view lacks it. NextOfKin is NULL or
--             a JSON array with at most one object: firstName, lastName, relationship, phone. DateOfDeath is
--             NULL if it is not recorded or may not be read.
-- Evidence:   public for everything from BPS_Patients, and for PATIENTS.DATEOFDEATH. ASSUMED: the columns of
--             NEXTOFKIN (only its TYPE and INTERNALID, and PATIENTS.NEXTOFKINID, are public). It is read in a
--             batch of its own, so that a wrong assumption or a missing permission loses only the next of kin.
--             The same holds for the date of death.
-- Reads:      at most 145,000 rows: all e-mail addresses and next of kin, because Bp has no known key by patient
--             for them. The view needs the e-mail addresses.
-- Note:       the unqualified Gender in the innermost SELECT is the view's own column if the view has one,
--             else that of "absent": a missing column is not an error.
SET NOCOUNT ON;
DECLARE @nextOfKin nvarchar(max), @dateOfDeath char(10);
BEGIN TRY
    EXEC sp_executesql
        N'SET @found = (
            SELECT TOP (1) RTRIM(k.FIRSTNAME) AS firstName, RTRIM(k.SURNAME) AS lastName,
                   RTRIM(k.RELATIONSHIP) AS relationship, RTRIM(k.CONTACTPHONE) AS phone
            FROM dbo.NEXTOFKIN AS k
            WHERE k.INTERNALID = @patientId AND k.RECORDSTATUS = 1 AND k.TYPE = 1
            ORDER BY k.SURNAME, k.FIRSTNAME
            FOR JSON PATH)',
        N'@patientId int, @found nvarchar(max) OUTPUT',
        @patientId = @patientId, @found = @nextOfKin OUTPUT;
END TRY
BEGIN CATCH
    SET @nextOfKin = NULL;
END CATCH;
BEGIN TRY
    EXEC sp_executesql
        N'SET @found = (
            SELECT CONVERT(char(10), p.DATEOFDEATH, 23)
            FROM dbo.PATIENTS AS p
            WHERE p.INTERNALID = @patientId)',
        N'@patientId int, @found char(10) OUTPUT',
        @patientId = @patientId, @found = @dateOfDeath OUTPUT;
END TRY
BEGIN CATCH
    SET @dateOfDeath = NULL;
END CATCH;
SELECT found.*
FROM (SELECT CAST(NULL AS varchar(20)) AS Gender) AS absent
CROSS APPLY (
    SELECT p.InternalID AS InternalID,
           RTRIM(p.StatusText) AS StatusText,
           RTRIM(p.Title) AS Title,
           RTRIM(p.Firstname) AS Firstname,
           RTRIM(p.Middlename) AS Middlename,
           RTRIM(p.Surname) AS Surname,
           RTRIM(p.Preferredname) AS Preferredname,
           CONVERT(char(10), p.DOB, 23) AS DOB,
           RTRIM(p.Sex) AS Sex,
           RTRIM(Gender) AS Gender,
           RTRIM(p.Address1) AS Address1,
           RTRIM(p.Address2) AS Address2,
           RTRIM(p.City) AS City,
           RTRIM(p.Postcode) AS Postcode,
           RTRIM(p.PostalAddress) AS PostalAddress,
           RTRIM(p.PostalCity) AS PostalCity,
           RTRIM(p.PostalPostcode) AS PostalPostcode,
           RTRIM(p.HomePhone) AS HomePhone,
           RTRIM(p.WorkPhone) AS WorkPhone,
           RTRIM(p.MobilePhone) AS MobilePhone,
           RTRIM(p.Email) AS Email,
           RTRIM(p.MedicareNo) AS MedicareNo,
           RTRIM(p.MedicareLineNo) AS MedicareLineNo,
           RTRIM(p.MedicareExpiry) AS MedicareExpiry,
           RTRIM(p.DVANo) AS DVANo,
           RTRIM(p.PensionNo) AS PensionNo,
           RTRIM(p.PensionType) AS PensionType,
           CONVERT(char(10), p.PensionExpiry, 23) AS PensionExpiry,
           RTRIM(p.HealthFundName) AS HealthFundName,
           RTRIM(p.HealthFundNo) AS HealthFundNo,
           RTRIM(p.IHI) AS IHI,
           RTRIM(p.Ethnicity) AS Ethnicity,
           RTRIM(p.UsualDoctor) AS UsualDoctor,
           @nextOfKin AS NextOfKin,
           @dateOfDeath AS DateOfDeath
    FROM dbo.BPS_Patients AS p
    WHERE p.InternalID = @patientId
      AND p.InternalID > 0) AS found;
