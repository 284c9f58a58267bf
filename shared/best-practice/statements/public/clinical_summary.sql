-- statement: clinical_summary
-- Does:       reads the requested sections of one patient's clinical record. Each source is read in a batch
--             of its own, so that a source that our login may not read, or that this release lacks, loses
--             only itself.
-- Parameters:
--             - @patientId int.
--             - @observationsPerCode int: the number of moments for each kind of observation, latest first.
--             - @pastHistory, @medications, @allergies, @familyHistory, @social, @observations,
--               @immunisations int: 1 to read the section.
--             - @identity int: 1 to read whose record it is.
-- Returns:    no row for an unknown patient. Otherwise one row: PatientId, and two columns for each source.
--             - <Source>: NULL if nothing was found, else a JSON array of objects. The objects leave out
--               columns that are NULL; dates are YYYY-MM-DD.
--             - <Source>Error: 0 if the source was read, -1 if it was not requested, else SQL Server's
--               error number (229, 230, 916: not permitted; 207, 208: not in this release).
--             - The sources: History, HistoryMarker, Medications, Reactions, AllergyMarker, AllergyCode,
--               Family, Relatives, FamilyMarker, Tobacco, Alcohol, Circumstances, Occupations, Observations,
--               Immunisations, Identity, Death, Practitioners, UsualDoctor, Practice, Locations.
--             - Identity has one object: status, title, first, middle, last and preferred name, born, sex,
--               gender, address, phones, e-mail, Medicare number, line and expiry, DVA number, IHI, record
--               number, ethnicity, usual doctor. The sources after it are read only with @identity.
--             - Death has one object: the date of death, if the record has one.
--             - Practitioners and UsualDoctor have an object for each user whom the record names: the name as
--               the record has it, and the user's id, names and numbers.
--             - Practice and Locations have at most two objects, of which the mapping uses an only one.
-- Evidence:   public for every view and column, and for CLINICAL.KNOWNALLERGIES (0 nothing recorded, 1 nil
--             known, 2 some recorded; one row for each patient). INFERRED: ObservationTime is seconds since
--             midnight; 0 is "not set" in dates and codes. The mapping, not this statement, compares the
--             markers' words with data/markers.json. USERS.HPII and PRACTICE.HPIO are healthcare identifiers by
--             their names; only a number with the right prefix and check digit is used.
-- Reads:      at most 290,000 rows: the patient's own rows. Also all relatives, occupations and second clinical
--             rows of the practice, because Bp has no known key by patient for them.
-- Note:       the code of AllergyCode has priority over the words of AllergyMarker. A login that may not read
--             the base table loses only the code; then the words decide.
--             A blood pressure has two rows (codes 3 and 4) of one moment, which therefore count as one
--             kind.
--             Long texts are cast, because FOR JSON does not accept the type text.
--             The unqualified columns of Identity are the view's own if the view has them, else those of
--             "absent": a column that the release lacks is left out of the object and loses nothing else.
--             The same is true of Created in Reactions, which one public caller had trouble to select.
SET NOCOUNT ON;
DECLARE @history nvarchar(max), @historyError int = -1,
        @historyMarker nvarchar(max), @historyMarkerError int = -1,
        @medicationList nvarchar(max), @medicationsError int = -1,
        @reactions nvarchar(max), @reactionsError int = -1,
        @allergyMarker nvarchar(max), @allergyMarkerError int = -1,
        @allergyCode nvarchar(max), @allergyCodeError int = -1,
        @family nvarchar(max), @familyError int = -1,
        @relatives nvarchar(max), @relativesError int = -1,
        @familyMarker nvarchar(max), @familyMarkerError int = -1,
        @tobacco nvarchar(max), @tobaccoError int = -1,
        @alcohol nvarchar(max), @alcoholError int = -1,
        @circumstances nvarchar(max), @circumstancesError int = -1,
        @occupations nvarchar(max), @occupationsError int = -1,
        @observationList nvarchar(max), @observationsError int = -1,
        @immunisationList nvarchar(max), @immunisationsError int = -1,
        @who nvarchar(max), @identityError int = -1,
        @death nvarchar(max), @deathError int = -1,
        @people nvarchar(max), @peopleError int = -1,
        @doctor nvarchar(max), @doctorError int = -1,
        @practice nvarchar(max), @practiceError int = -1,
        @places nvarchar(max), @placesError int = -1;
IF @pastHistory = 1
BEGIN
    BEGIN TRY
        EXEC sp_executesql N'SET @found = (
            SELECT h.RECORDID AS id, h.Day AS day, h.Month AS month, h.Year AS year, RTRIM(h.Condition) AS condition,
                   h.ConditionID AS conditionCode, RTRIM(h.Status) AS status, RTRIM(h.Side) AS side,
                   RTRIM(h.Severity) AS severity, RTRIM(h.Acute) AS acute, RTRIM(h.Summary) AS summary,
                   RTRIM(h.Fracture) AS fracture, RTRIM(h.Displaced) AS displaced, RTRIM(h.Compound) AS compound,
                   RTRIM(h.Comminuted) AS comminuted, RTRIM(h.Spiral) AS spiral, RTRIM(h.Greenstick) AS greenstick,
                   CAST(h.Details AS varchar(max)) AS details, RTRIM(h.SNOMED) AS snomed,
                   CONVERT(char(10), h.Created, 23) AS recordedOn
            FROM dbo.BPS_History AS h
            WHERE h.InternalID = @patientId
            ORDER BY h.Year DESC, h.Month DESC, h.Day DESC, h.RECORDID DESC
            FOR JSON PATH)',
            N'@patientId int, @found nvarchar(max) OUTPUT',
            @patientId = @patientId, @found = @history OUTPUT;
        SET @historyError = 0;
    END TRY
    BEGIN CATCH
        SELECT @history = NULL, @historyError = ERROR_NUMBER();
    END CATCH;
    BEGIN TRY
        EXEC sp_executesql N'SET @found = (
            SELECT DISTINCT RTRIM(c.NoSignificantPastHistory) AS word
            FROM dbo.BPS_Clinical AS c
            WHERE c.InternalID = @patientId
            FOR JSON PATH)',
            N'@patientId int, @found nvarchar(max) OUTPUT',
            @patientId = @patientId, @found = @historyMarker OUTPUT;
        SET @historyMarkerError = 0;
    END TRY
    BEGIN CATCH
        SELECT @historyMarker = NULL, @historyMarkerError = ERROR_NUMBER();
    END CATCH;
END;
IF @medications = 1
BEGIN
    BEGIN TRY
        EXEC sp_executesql N'SET @found = (
            SELECT r.RECORDID AS id, RTRIM(r.DrugName) AS name, RTRIM(r.Dose) AS dose, RTRIM(r.Frequency) AS frequency,
                   RTRIM(r.Food) AS food, RTRIM(r.OtherDetail) AS otherDetail, RTRIM(r.PRN) AS prn,
                   RTRIM(r.Instructions) AS instructions, r.Route AS routeCode, r.Quantity AS quantity,
                   RTRIM(r.ProductUnit) AS unit, r.Repeats AS repeats, RTRIM(r.Indication) AS indication,
                   CONVERT(char(10), r.FirstDate, 23) AS firstDate, CONVERT(char(10), r.LastDate, 23) AS lastDate,
                   r.ProductID AS productId, CONVERT(char(10), r.Created, 23) AS recordedOn
            FROM dbo.BPS_CurrentRx AS r
            WHERE r.InternalID = @patientId
            ORDER BY r.DrugName, r.RECORDID
            FOR JSON PATH)',
            N'@patientId int, @found nvarchar(max) OUTPUT',
            @patientId = @patientId, @found = @medicationList OUTPUT;
        SET @medicationsError = 0;
    END TRY
    BEGIN CATCH
        SELECT @medicationList = NULL, @medicationsError = ERROR_NUMBER();
    END CATCH;
END;
IF @allergies = 1
BEGIN
    BEGIN TRY
        EXEC sp_executesql N'SET @found = (
            SELECT (
                SELECT RTRIM(r.ItemName) AS item, RTRIM(r.Reaction) AS reaction, RTRIM(r.Severity) AS severity,
                       RTRIM(r.Comment) AS comment, CONVERT(char(10), Created, 23) AS recordedOn
                FROM dbo.BPS_Reactions AS r
                WHERE r.InternalID = @patientId
                ORDER BY r.ItemName, r.Reaction
                FOR JSON PATH)
            FROM (SELECT CAST(NULL AS datetime) AS Created) AS absent)',
            N'@patientId int, @found nvarchar(max) OUTPUT',
            @patientId = @patientId, @found = @reactions OUTPUT;
        SET @reactionsError = 0;
    END TRY
    BEGIN CATCH
        SELECT @reactions = NULL, @reactionsError = ERROR_NUMBER();
    END CATCH;
    BEGIN TRY
        EXEC sp_executesql N'SET @found = (
            SELECT DISTINCT RTRIM(c.KnownAllergies) AS word
            FROM dbo.BPS_Clinical AS c
            WHERE c.InternalID = @patientId
            FOR JSON PATH)',
            N'@patientId int, @found nvarchar(max) OUTPUT',
            @patientId = @patientId, @found = @allergyMarker OUTPUT;
        SET @allergyMarkerError = 0;
    END TRY
    BEGIN CATCH
        SELECT @allergyMarker = NULL, @allergyMarkerError = ERROR_NUMBER();
    END CATCH;
    BEGIN TRY
        EXEC sp_executesql N'SET @found = (
            SELECT c.KNOWNALLERGIES AS code
            FROM dbo.CLINICAL AS c
            WHERE c.INTERNALID = @patientId
            FOR JSON PATH)',
            N'@patientId int, @found nvarchar(max) OUTPUT',
            @patientId = @patientId, @found = @allergyCode OUTPUT;
        SET @allergyCodeError = 0;
    END TRY
    BEGIN CATCH
        SELECT @allergyCode = NULL, @allergyCodeError = ERROR_NUMBER();
    END CATCH;
END;
IF @familyHistory = 1
BEGIN
    BEGIN TRY
        EXEC sp_executesql N'SET @found = (
            SELECT RTRIM(f.Unknown) AS unknown,
                   RTRIM(f.FatherAlive) AS fatherAlive, f.FathersAgeAtDeath AS fatherAge,
                   RTRIM(f.FathersCauseOfDeath) AS fatherCause,
                   RTRIM(f.MotherAlive) AS motherAlive, f.MothersAgeAtDeath AS motherAge,
                   RTRIM(f.MothersCauseOfDeath) AS motherCause, RTRIM(f.Comment) AS comment
            FROM dbo.BPS_FamilyHistory AS f
            WHERE f.InternalID = @patientId
            FOR JSON PATH)',
            N'@patientId int, @found nvarchar(max) OUTPUT',
            @patientId = @patientId, @found = @family OUTPUT;
        SET @familyError = 0;
    END TRY
    BEGIN CATCH
        SELECT @family = NULL, @familyError = ERROR_NUMBER();
    END CATCH;
    BEGIN TRY
        EXEC sp_executesql N'SET @found = (
            SELECT RTRIM(f.RelationName) AS relation, RTRIM(f.Condition) AS condition, f.DiseaseCode AS diseaseCode,
                   RTRIM(f.Comment) AS comment
            FROM dbo.BPS_FamilyHistoryDetail AS f
            WHERE f.InternalID = @patientId
            ORDER BY f.RelationName, f.Condition
            FOR JSON PATH)',
            N'@patientId int, @found nvarchar(max) OUTPUT',
            @patientId = @patientId, @found = @relatives OUTPUT;
        SET @relativesError = 0;
    END TRY
    BEGIN CATCH
        SELECT @relatives = NULL, @relativesError = ERROR_NUMBER();
    END CATCH;
    BEGIN TRY
        EXEC sp_executesql N'SET @found = (
            SELECT DISTINCT RTRIM(c.NoSignificantFamilyHistory) AS word
            FROM dbo.BPS_Clinical AS c
            WHERE c.InternalID = @patientId
            FOR JSON PATH)',
            N'@patientId int, @found nvarchar(max) OUTPUT',
            @patientId = @patientId, @found = @familyMarker OUTPUT;
        SET @familyMarkerError = 0;
    END TRY
    BEGIN CATCH
        SELECT @familyMarker = NULL, @familyMarkerError = ERROR_NUMBER();
    END CATCH;
END;
IF @social = 1
BEGIN
    BEGIN TRY
        EXEC sp_executesql N'SET @found = (
            SELECT RTRIM(t.SmokingStatus) AS status, RTRIM(t.SmokingType) AS type, t.SmokesPerDay AS perDay,
                   t.YearStarted AS yearStarted, RTRIM(t.PastSmokingStatus) AS pastStatus,
                   t.PastSmokesPerDay AS pastPerDay, t.PastStarted AS pastStarted, t.PastStopped AS pastStopped
            FROM dbo.BPS_Tobacco AS t
            WHERE t.InternalID = @patientId
            FOR JSON PATH)',
            N'@patientId int, @found nvarchar(max) OUTPUT',
            @patientId = @patientId, @found = @tobacco OUTPUT;
        SET @tobaccoError = 0;
    END TRY
    BEGIN CATCH
        SELECT @tobacco = NULL, @tobaccoError = ERROR_NUMBER();
    END CATCH;
    BEGIN TRY
        EXEC sp_executesql N'SET @found = (
            SELECT RTRIM(a.NonDrinker) AS nonDrinker, a.DaysPerweek AS daysPerWeek, a.DrinksPerday AS drinksPerDay,
                   RTRIM(a.Description) AS description, RTRIM(a.PastAlcoholLevel) AS pastLevel,
                   a.YearStarted AS yearStarted, a.YearStopped AS yearStopped, RTRIM(a.Comment) AS comment
            FROM dbo.BPS_Alcohol AS a
            WHERE a.InternalID = @patientId
            FOR JSON PATH)',
            N'@patientId int, @found nvarchar(max) OUTPUT',
            @patientId = @patientId, @found = @alcohol OUTPUT;
        SET @alcoholError = 0;
    END TRY
    BEGIN CATCH
        SELECT @alcohol = NULL, @alcoholError = ERROR_NUMBER();
    END CATCH;
    BEGIN TRY
        EXEC sp_executesql N'SET @found = (
            SELECT RTRIM(c.SmokingStatus) AS smokingStatus, RTRIM(c.BloodGroup) AS bloodGroup, RTRIM(c.Retired) AS retired,
                   RTRIM(c.MaritalStatusName) AS maritalStatus, RTRIM(c.SexualityName) AS sexuality,
                   RTRIM(c.EliteSports) AS eliteSports, RTRIM(c.PaceMaker) AS paceMaker,
                   RTRIM(c.SocialHistory) AS socialHistory, RTRIM(c.Recreation) AS recreation,
                   RTRIM(c.AccomodationText) AS accommodation, RTRIM(c.LivesWithText) AS livesWith,
                   RTRIM(c.HasCarer) AS hasCarer, RTRIM(c.IsCarer) AS isCarer,
                   c.AdvanceCareDirective AS advanceCareDirective, c.PowerOfAttorney AS powerOfAttorney
            FROM dbo.BPS_Clinical AS c
            WHERE c.InternalID = @patientId
            FOR JSON PATH)',
            N'@patientId int, @found nvarchar(max) OUTPUT',
            @patientId = @patientId, @found = @circumstances OUTPUT;
        SET @circumstancesError = 0;
    END TRY
    BEGIN CATCH
        SELECT @circumstances = NULL, @circumstancesError = ERROR_NUMBER();
    END CATCH;
    BEGIN TRY
        EXEC sp_executesql N'SET @found = (
            SELECT RTRIM(o.OccupationName) AS occupation, RTRIM(o.Description) AS description, RTRIM(o.Employer) AS employer,
                   o.YearStarted AS yearStarted, o.YearStopped AS yearStopped, RTRIM(o.Asbestos) AS asbestos,
                   RTRIM(o.Dust) AS dust, RTRIM(o.Radiation) AS radiation, RTRIM(o.Animals) AS animals,
                   RTRIM(o.Comment) AS comment, o.ADFStatus AS adfStatus
            FROM dbo.BPS_OccupationHistory AS o
            WHERE o.InternalID = @patientId
            ORDER BY o.YearStarted DESC, o.OccupationName
            FOR JSON PATH)',
            N'@patientId int, @found nvarchar(max) OUTPUT',
            @patientId = @patientId, @found = @occupations OUTPUT;
        SET @occupationsError = 0;
    END TRY
    BEGIN CATCH
        SELECT @occupations = NULL, @occupationsError = ERROR_NUMBER();
    END CATCH;
END;
IF @observations = 1
BEGIN
    BEGIN TRY
        EXEC sp_executesql N'SET @found = (
            SELECT o.RECORDID AS id, o.ObservationCode AS code, RTRIM(o.ObservationName) AS name,
                   RTRIM(o.ObservationValue) AS value, CONVERT(char(10), o.ObservationDate, 23) AS date,
                   o.ObservationTime AS time, o.Description AS modifier, RTRIM(o.Provider) AS provider
            FROM (SELECT v.RECORDID, v.ObservationCode, v.ObservationName, v.ObservationValue, v.ObservationDate,
                         v.ObservationTime, v.Description, v.Provider,
                         DENSE_RANK() OVER (
                             PARTITION BY CASE WHEN v.ObservationCode = 4 THEN 3 ELSE v.ObservationCode END
                             ORDER BY v.ObservationDate DESC, v.ObservationTime DESC) AS moment
                  FROM dbo.BPS_Observations AS v
                  WHERE v.InternalID = @patientId) AS o
            WHERE o.moment <= @observationsPerCode
            ORDER BY o.ObservationDate DESC, o.ObservationTime DESC, o.RECORDID
            FOR JSON PATH)',
            N'@patientId int, @observationsPerCode int, @found nvarchar(max) OUTPUT',
            @patientId = @patientId, @observationsPerCode = @observationsPerCode, @found = @observationList OUTPUT;
        SET @observationsError = 0;
    END TRY
    BEGIN CATCH
        SELECT @observationList = NULL, @observationsError = ERROR_NUMBER();
    END CATCH;
END;
IF @immunisations = 1
BEGIN
    BEGIN TRY
        EXEC sp_executesql N'SET @found = (
            SELECT i.RECORDID AS id, CONVERT(char(10), i.GivenDate, 23) AS givenOn, i.NotGivenHere AS notGivenHere,
                   RTRIM(i.VaccineName) AS vaccine, i.VaccineID AS vaccineId, RTRIM(i.BatchNumber) AS batchNumber,
                   i.Sequence AS sequence, i.SiteCode AS siteCode, i.Route AS routeCode, i.ConsentCode AS consentCode,
                   RTRIM(i.Comment) AS comment, RTRIM(i.Provider) AS provider
            FROM dbo.BPS_Immunisations AS i
            WHERE i.InternalID = @patientId
            ORDER BY i.GivenDate DESC, i.RECORDID DESC
            FOR JSON PATH)',
            N'@patientId int, @found nvarchar(max) OUTPUT',
            @patientId = @patientId, @found = @immunisationList OUTPUT;
        SET @immunisationsError = 0;
    END TRY
    BEGIN CATCH
        SELECT @immunisationList = NULL, @immunisationsError = ERROR_NUMBER();
    END CATCH;
END;
IF @identity = 1
BEGIN
    BEGIN TRY
        EXEC sp_executesql N'SET @found = (
            SELECT (
                SELECT TOP (1) RTRIM(StatusText) AS status, RTRIM(Title) AS title, RTRIM(Firstname) AS firstName,
                       RTRIM(Middlename) AS middleName, RTRIM(Surname) AS lastName,
                       RTRIM(Preferredname) AS preferredName, CONVERT(char(10), DOB, 23) AS born,
                       RTRIM(Sex) AS sex, RTRIM(Gender) AS gender, RTRIM(Address1) AS line1,
                       RTRIM(Address2) AS line2, RTRIM(City) AS suburb, RTRIM(Postcode) AS postcode,
                       RTRIM(HomePhone) AS homePhone, RTRIM(WorkPhone) AS workPhone,
                       RTRIM(MobilePhone) AS mobilePhone, RTRIM(MedicareNo) AS medicareNumber,
                       RTRIM(MedicareLineNo) AS medicareLine, RTRIM(DVANo) AS dva, RTRIM(IHI) AS ihi,
                       RTRIM(MedicareExpiry) AS medicareExpiry, RTRIM(RecordNo) AS recordNumber,
                       RTRIM(Email) AS email, RTRIM(Ethnicity) AS ethnicity, RTRIM(UsualDoctor) AS usualDoctor
                FROM dbo.BPS_Patients AS g
                WHERE g.InternalID = @patientId
                FOR JSON PATH)
            FROM (SELECT CAST(NULL AS varchar(40)) AS StatusText, CAST(NULL AS varchar(40)) AS Title,
                         CAST(NULL AS varchar(40)) AS Firstname, CAST(NULL AS varchar(40)) AS Middlename,
                         CAST(NULL AS varchar(40)) AS Surname, CAST(NULL AS varchar(40)) AS Preferredname,
                         CAST(NULL AS datetime) AS DOB, CAST(NULL AS varchar(20)) AS Sex,
                         CAST(NULL AS varchar(20)) AS Gender, CAST(NULL AS varchar(40)) AS Address1,
                         CAST(NULL AS varchar(40)) AS Address2, CAST(NULL AS varchar(40)) AS City,
                         CAST(NULL AS varchar(40)) AS Postcode, CAST(NULL AS varchar(40)) AS HomePhone,
                         CAST(NULL AS varchar(40)) AS WorkPhone, CAST(NULL AS varchar(40)) AS MobilePhone,
                         CAST(NULL AS varchar(40)) AS MedicareNo, CAST(NULL AS varchar(40)) AS MedicareLineNo,
                         CAST(NULL AS varchar(40)) AS DVANo, CAST(NULL AS varchar(40)) AS IHI,
                         CAST(NULL AS varchar(40)) AS MedicareExpiry, CAST(NULL AS varchar(40)) AS RecordNo,
                         CAST(NULL AS varchar(250)) AS Email, CAST(NULL AS varchar(50)) AS Ethnicity,
                         CAST(NULL AS varchar(162)) AS UsualDoctor) AS absent)',
            N'@patientId int, @found nvarchar(max) OUTPUT',
            @patientId = @patientId, @found = @who OUTPUT;
        SET @identityError = 0;
    END TRY
    BEGIN CATCH
        SELECT @who = NULL, @identityError = ERROR_NUMBER();
    END CATCH;
    BEGIN TRY
        EXEC sp_executesql N'SET @found = (
            SELECT CONVERT(char(10), p.DATEOFDEATH, 23) AS diedOn
            FROM dbo.PATIENTS AS p
            WHERE p.INTERNALID = @patientId
            FOR JSON PATH)',
            N'@patientId int, @found nvarchar(max) OUTPUT',
            @patientId = @patientId, @found = @death OUTPUT;
        SET @deathError = 0;
    END TRY
    BEGIN CATCH
        SELECT @death = NULL, @deathError = ERROR_NUMBER();
    END CATCH;
    BEGIN TRY
        EXEC sp_executesql N'SET @found = (
            SELECT n.Provider AS named, u.USERID AS id, RTRIM(u.FIRSTNAME) AS firstName, RTRIM(u.SURNAME) AS lastName,
                   RTRIM(u.REGISTRATIONNO) AS registration, RTRIM(u.HPII) AS hpii,
                   RTRIM(u.PROVIDERNO) AS providerNumber
            FROM (SELECT o.UserID, RTRIM(o.Provider) AS Provider
                  FROM dbo.BPS_Observations AS o
                  WHERE o.InternalID = @patientId
                  UNION
                  SELECT i.UserID, RTRIM(i.Provider)
                  FROM dbo.BPS_Immunisations AS i
                  WHERE i.InternalID = @patientId) AS n
            JOIN dbo.USERS AS u ON u.USERID = n.UserID
            WHERE u.USERID > 0
            FOR JSON PATH)',
            N'@patientId int, @found nvarchar(max) OUTPUT',
            @patientId = @patientId, @found = @people OUTPUT;
        SET @peopleError = 0;
    END TRY
    BEGIN CATCH
        SELECT @people = NULL, @peopleError = ERROR_NUMBER();
    END CATCH;
    BEGIN TRY
        EXEC sp_executesql N'SET @found = (
            SELECT RTRIM(g.UsualDoctor) AS named, u.USERID AS id, RTRIM(u.FIRSTNAME) AS firstName,
                   RTRIM(u.SURNAME) AS lastName, RTRIM(u.REGISTRATIONNO) AS registration, RTRIM(u.HPII) AS hpii,
                   RTRIM(u.PROVIDERNO) AS providerNumber
            FROM dbo.BPS_Patients AS g
            JOIN dbo.PATIENTS AS p ON p.INTERNALID = g.InternalID
            JOIN dbo.USERS AS u ON u.USERID = p.USERID
            WHERE g.InternalID = @patientId AND u.USERID > 0
            FOR JSON PATH)',
            N'@patientId int, @found nvarchar(max) OUTPUT',
            @patientId = @patientId, @found = @doctor OUTPUT;
        SET @doctorError = 0;
    END TRY
    BEGIN CATCH
        SELECT @doctor = NULL, @doctorError = ERROR_NUMBER();
    END CATCH;
    BEGIN TRY
        EXEC sp_executesql N'SET @found = (
            SELECT TOP (2) RTRIM(p.HPIO) AS hpio, RTRIM(p.ABN) AS abn
            FROM dbo.PRACTICE AS p
            ORDER BY p.PRACTICEID
            FOR JSON PATH)',
            N'@found nvarchar(max) OUTPUT', @found = @practice OUTPUT;
        SET @practiceError = 0;
    END TRY
    BEGIN CATCH
        SELECT @practice = NULL, @practiceError = ERROR_NUMBER();
    END CATCH;
    BEGIN TRY
        EXEC sp_executesql N'SET @found = (
            SELECT TOP (2) RTRIM(l.Address1) AS line1, RTRIM(l.Address2) AS line2, RTRIM(l.City) AS suburb,
                   RTRIM(l.PostCode) AS postcode, RTRIM(l.Phone) AS phone, RTRIM(l.Fax) AS fax,
                   RTRIM(l.Email) AS email
            FROM dbo.BPS_PracticeLocations AS l
            ORDER BY l.LocationID
            FOR JSON PATH)',
            N'@found nvarchar(max) OUTPUT', @found = @places OUTPUT;
        SET @placesError = 0;
    END TRY
    BEGIN CATCH
        SELECT @places = NULL, @placesError = ERROR_NUMBER();
    END CATCH;
END;
SELECT p.InternalID AS PatientId,
       @who AS [Identity], @identityError AS IdentityError,
       @death AS Death, @deathError AS DeathError,
       @people AS Practitioners, @peopleError AS PractitionersError,
       @doctor AS UsualDoctor, @doctorError AS UsualDoctorError,
       @practice AS Practice, @practiceError AS PracticeError,
       @places AS Locations, @placesError AS LocationsError,
       @history AS History, @historyError AS HistoryError,
       @historyMarker AS HistoryMarker, @historyMarkerError AS HistoryMarkerError,
       @medicationList AS Medications, @medicationsError AS MedicationsError,
       @reactions AS Reactions, @reactionsError AS ReactionsError,
       @allergyMarker AS AllergyMarker, @allergyMarkerError AS AllergyMarkerError,
       @allergyCode AS AllergyCode, @allergyCodeError AS AllergyCodeError,
       @family AS Family, @familyError AS FamilyError,
       @relatives AS Relatives, @relativesError AS RelativesError,
       @familyMarker AS FamilyMarker, @familyMarkerError AS FamilyMarkerError,
       @tobacco AS Tobacco, @tobaccoError AS TobaccoError,
       @alcohol AS Alcohol, @alcoholError AS AlcoholError,
       @circumstances AS Circumstances, @circumstancesError AS CircumstancesError,
       @occupations AS Occupations, @occupationsError AS OccupationsError,
       @observationList AS Observations, @observationsError AS ObservationsError,
       @immunisationList AS Immunisations, @immunisationsError AS ImmunisationsError
FROM (SELECT DISTINCT v.InternalID FROM dbo.BPS_Patients AS v WHERE v.InternalID = @patientId AND v.InternalID > 0) AS p;
