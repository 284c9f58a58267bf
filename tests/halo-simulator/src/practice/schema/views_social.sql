-- The views over family, social and habit history. The words for codes are assumed where they are not public.

CREATE VIEW BPS_FamilyHistory AS
SELECT
    f.INTERNALID AS InternalID, iif(f.ADOPTED = 1, 'Yes  ', 'No   ') COLLATE BP AS Unknown,
    printf('%-12s', CASE f.FATHERALIVE WHEN 1 THEN 'No' WHEN 2 THEN 'Yes' ELSE '' END) COLLATE BP AS FatherAlive,
    f.FATHERAGE AS FathersAgeAtDeath, f.FATHERCAUSE AS FathersCauseOfDeath,
    printf('%-12s', CASE f.MOTHERALIVE WHEN 1 THEN 'No' WHEN 2 THEN 'Yes' ELSE '' END) COLLATE BP AS MotherAlive,
    f.MOTHERAGE AS MothersAgeAtDeath, f.MOTHERCAUSE AS MothersCauseOfDeath, f.COMMENT AS Comment
FROM FAMILYHISTORY AS f
WHERE f.RECORDSTATUS = 1;

CREATE VIEW BPS_FamilyHistoryDetail AS
SELECT
    f.INTERNALID AS InternalID, r.RELATIONNAME AS RelationName, f.CONDITION AS Condition,
    f.DISEASECODE AS DiseaseCode, f.COMMENT AS Comment
FROM FAMILYHISTORYDETAIL AS f
JOIN RELATIONS AS r ON r.RELATIONCODE = f.RELATIONCODE
WHERE f.RECORDSTATUS = 1;

CREATE VIEW BPS_Tobacco AS
SELECT
    t.INTERNALID AS InternalID,
    printf('%-12s', CASE t.SMOKINGSTATUS WHEN 1 THEN 'Non smoker' WHEN 2 THEN 'Ex smoker' WHEN 3 THEN 'Smoker' ELSE '' END) COLLATE BP AS SmokingStatus,
    printf('%-12s', CASE t.SMOKINGTYPE WHEN 1 THEN 'Cigarettes' WHEN 2 THEN 'Cigars' WHEN 3 THEN 'Pipe' ELSE '' END) COLLATE BP AS SmokingType,
    t.SMOKESPERDAY AS SmokesPerDay, t.YEARSTARTED AS YearStarted,
    printf('%-12s', CASE t.PASTSMOKINGSTATUS WHEN 1 THEN 'Non smoker' WHEN 2 THEN 'Ex smoker' WHEN 3 THEN 'Smoker' ELSE '' END) COLLATE BP AS PastSmokingStatus,
    t.PASTSMOKESPERDAY AS PastSmokesPerDay, t.PASTSTARTED AS PastStarted, t.PASTSTOPPED AS PastStopped
FROM TOBACCO AS t
WHERE t.RECORDSTATUS = 1;

CREATE VIEW BPS_Alcohol AS
SELECT
    a.INTERNALID AS InternalID, iif(a.NONDRINKER = 1, 'Yes  ', 'No   ') COLLATE BP AS NonDrinker,
    a.DAYSPERWEEK AS DaysPerweek, a.DRINKSPERDAY AS DrinksPerday, a.DESCRIPTION AS Description,
    printf('%-12s', CASE a.PASTALCOHOLLEVEL WHEN 1 THEN 'Nil' WHEN 2 THEN 'Occasional' WHEN 3 THEN 'Moderate' WHEN 4 THEN 'Heavy' ELSE '' END) COLLATE BP AS PastAlcoholLevel,
    a.YEARSTARTED AS YearStarted, a.YEARSTOPPED AS YearStopped, a.COMMENT AS Comment
FROM ALCOHOL AS a
WHERE a.RECORDSTATUS = 1;

-- The public trap: some patients come back several times, and no column says which row is the latest.
CREATE VIEW BPS_Clinical AS
SELECT
    c.INTERNALID AS InternalID,
    printf('%-12s', CASE c.KNOWNALLERGIES WHEN 1 THEN 'Nil known' WHEN 2 THEN 'Recorded' ELSE '' END) COLLATE BP AS KnownAllergies,
    iif(c.NOSIGNIFICANTPASTHISTORY = 1, 'Yes  ', 'No   ') COLLATE BP AS NoSignificantPastHistory,
    iif(c.NOSIGNIFICANTFAMILYHISTORY = 1, 'Yes  ', 'No   ') COLLATE BP AS NoSignificantFamilyHistory,
    printf('%-12s', CASE c.SMOKINGSTATUS WHEN 1 THEN 'Non smoker' WHEN 2 THEN 'Ex smoker' WHEN 3 THEN 'Smoker' ELSE '' END) COLLATE BP AS SmokingStatus,
    c.BLOODGROUP AS BloodGroup, iif(c.RETIRED = 1, 'Yes  ', 'No   ') COLLATE BP AS Retired,
    m.MARITALSTATUSNAME AS MaritalStatusName, s.SEXUALITYNAME AS SexualityName,
    printf('%-12s', CASE c.ELITESPORTS WHEN 1 THEN 'Yes' WHEN 2 THEN 'No' ELSE '' END) COLLATE BP AS EliteSports,
    iif(c.PACEMAKER = 1, 'Yes  ', 'No   ') COLLATE BP AS PaceMaker,
    c.SOCIALHISTORY AS SocialHistory, c.RECREATION AS Recreation,
    printf('%-20s', CASE c.ACCOMMODATION
        WHEN 1 THEN 'Own home' WHEN 2 THEN 'Private rental' WHEN 3 THEN 'Public housing'
        WHEN 4 THEN 'Retirement village' WHEN 5 THEN 'Residential care' WHEN 6 THEN 'Boarding'
        WHEN 7 THEN 'Homeless' ELSE '' END) COLLATE BP AS AccomodationText,
    printf('%-12s', CASE c.LIVESWITH WHEN 1 THEN 'Spouse' WHEN 2 THEN 'Relative' WHEN 3 THEN 'Friend' WHEN 4 THEN 'Alone' ELSE '' END) COLLATE BP AS LivesWithText,
    printf('%-12s', CASE c.HASCARER WHEN 1 THEN 'Yes' WHEN 2 THEN 'No' WHEN 3 THEN 'Self' ELSE '' END) COLLATE BP AS HasCarer,
    printf('%-12s', CASE c.ISCARER WHEN 1 THEN 'Yes' WHEN 2 THEN 'No' WHEN 3 THEN 'Self' ELSE '' END) COLLATE BP AS IsCarer,
    c.ADVANCECAREDIRECTIVE AS AdvanceCareDirective, c.POWEROFATTORNEY AS PowerOfAttorney
FROM (
    SELECT
        INTERNALID, KNOWNALLERGIES, NOSIGNIFICANTPASTHISTORY, NOSIGNIFICANTFAMILYHISTORY, SMOKINGSTATUS,
        BLOODGROUP, RETIRED, MARITALSTATUS, SEXUALITY, ELITESPORTS, PACEMAKER, SOCIALHISTORY, RECREATION,
        ACCOMMODATION, LIVESWITH, HASCARER, ISCARER, ADVANCECAREDIRECTIVE, POWEROFATTORNEY
    FROM CLINICAL
    UNION ALL
    SELECT
        INTERNALID, KNOWNALLERGIES, NOSIGNIFICANTPASTHISTORY, NOSIGNIFICANTFAMILYHISTORY, SMOKINGSTATUS,
        BLOODGROUP, RETIRED, MARITALSTATUS, SEXUALITY, ELITESPORTS, PACEMAKER, SOCIALHISTORY, RECREATION,
        ACCOMMODATION, LIVESWITH, HASCARER, ISCARER, ADVANCECAREDIRECTIVE, POWEROFATTORNEY
    FROM CLINICALREPEATS
) AS c
JOIN MARITALSTATUS AS m ON m.MARITALSTATUSCODE = c.MARITALSTATUS
JOIN SEXUALITY AS s ON s.SEXUALITYCODE = c.SEXUALITY;

CREATE VIEW BPS_OccupationHistory AS
SELECT
    o.INTERNALID AS InternalID, o.OCCUPATION AS OccupationName, o.DESCRIPTION AS Description,
    o.EMPLOYER AS Employer, o.YEARSTARTED AS YearStarted, o.YEARSTOPPED AS YearStopped,
    iif(o.ASBESTOS = 1, 'Yes  ', 'No   ') COLLATE BP AS Asbestos,
    iif(o.DUST = 1, 'Yes  ', 'No   ') COLLATE BP AS Dust,
    iif(o.RADIATION = 1, 'Yes  ', 'No   ') COLLATE BP AS Radiation,
    iif(o.ANIMALS = 1, 'Yes  ', 'No   ') COLLATE BP AS Animals,
    o.COMMENT AS Comment, o.ADFSTATUS AS ADFStatus
FROM OCCUPATIONHISTORY AS o
WHERE o.RECORDSTATUS = 1;
