-- The views over people. Columns, order and casing are public; the sources of their contents are inferred.
-- Text computed here is padded to the view's width and collated like a column.

-- The display name that many views show as Provider. Bp has no such object.
CREATE VIEW SIMULATOR_PROVIDERS AS
SELECT
    u.USERID,
    nullif(trim(rtrim(t.TITLE) || ' ' || trim(rtrim(u.FIRSTNAME) || ' ' || rtrim(u.SURNAME))), '') COLLATE RTRIM AS FULLNAME,
    nullif(trim(rtrim(u.FIRSTNAME) || ' ' || rtrim(u.SURNAME)), '') COLLATE RTRIM AS NAME
FROM USERS AS u
LEFT JOIN TITLES AS t ON t.TITLECODE = u.TITLECODE;

-- A patient with two live e-mail rows appears twice. Gender came after the other columns.
CREATE VIEW BPS_Patients AS
SELECT
    p.INTERNALID AS InternalID, p.EXTERNALID AS ExternalID, s.STATUSTEXT AS StatusText, t.TITLE AS Title,
    p.FIRSTNAME AS Firstname, p.MIDDLENAME AS Middlename, p.SURNAME AS Surname,
    p.PREFERREDNAME AS Preferredname, p.ADDRESS1 AS Address1, p.ADDRESS2 AS Address2, p.CITY AS City,
    p.POSTCODE AS Postcode, p.POSTALADDRESS AS PostalAddress, p.POSTALCITY AS PostalCity,
    p.POSTALPOSTCODE AS PostalPostcode, p.DOB AS DOB, x.SEX AS Sex, e.ETHNICITY AS Ethnicity,
    p.HOMEPHONE AS HomePhone, p.WORKPHONE AS WorkPhone, p.MOBILEPHONE AS MobilePhone, m.EMAIL AS Email,
    p.MEDICARENO AS MedicareNo, p.MEDICARELINENO AS MedicareLineNo, p.MEDICAREEXPIRY AS MedicareExpiry,
    p.PENSIONNO AS PensionNo, p.PENSIONSTART AS PensionStart, p.PENSIONEXPIRY AS PensionExpiry,
    n.PENSIONTYPE AS PensionType, p.DVANO AS DVANo, p.SAFETYNETNO AS SafetyNetNo, p.RECORDNO AS RecordNo,
    h.TIERTEXT AS HCHTier, p.HCHSTARTED AS HCHStart, p.RELIGION AS Religion,
    p.HEALTHFUNDNAME AS HealthFundName, p.HEALTHFUNDNO AS HealthFundNo, p.IHI AS IHI,
    d.FULLNAME AS UsualDoctor, g.GENDER AS Gender
FROM PATIENTS AS p
JOIN TITLES AS t ON t.TITLECODE = p.TITLECODE
JOIN SEX AS x ON x.SEXCODE = p.SEXCODE
JOIN ETHNICITY AS e ON e.ETHNICCODE = p.ETHNICCODE
JOIN PENSIONTYPE AS n ON n.PENSIONCODE = p.PENSIONCODE
JOIN PATIENTSTATUS AS s ON s.STATUSCODE = p.PATIENTSTATUS
JOIN HCHTIERS AS h ON h.HCHTIER = p.HCHTIER
LEFT JOIN SIMULATOR_PROVIDERS AS d ON d.USERID = p.USERID
LEFT JOIN EMAIL AS m ON m.INTERNALID = p.INTERNALID AND m.RECORDSTATUS = 1
LEFT JOIN PATIENTGENDER AS pg ON pg.INTERNALID = p.INTERNALID
LEFT JOIN GENDERS AS g ON g.GENDERCODE = pg.GENDERCODE
WHERE p.RECORDSTATUS = 1 AND p.INTERNALID <> 0;

-- Inactive users are left out; status 3 behaves as active. The location is the user's usual one.
CREATE VIEW BPS_Users AS
SELECT
    u.USERID AS UserID, u.SURNAME AS Surname, u.FIRSTNAME AS Firstname, u.REGISTRATIONNO AS RegistrationNo,
    u.PROVIDERNO AS ProviderNo, u.PRESCRIBERNO AS PrescriberNo, u.HOMEPHONE AS HomePhone,
    u.MOBILEPHONE AS MobilePhone, u.EMAIL AS Email, u.PAGER AS Pager, u.ABN AS ABN, t.TITLE AS Title,
    g.GROUPNAME AS GroupName, l.LOCATIONNAME AS LocationName
FROM USERS AS u
JOIN TITLES AS t ON t.TITLECODE = u.TITLECODE
JOIN USERGROUPS AS g ON g.GROUPCODE = u.GROUPCODE
JOIN LOCATIONS AS l ON l.LOCATIONID = u.LOCATIONID
WHERE u.RECORDSTATUS = 1 AND u.USERSTATUS IN (1, 3) AND u.USERID <> 0;

CREATE VIEW BPS_PracticeLocations AS
SELECT
    LOCATIONID AS LocationID, LOCATIONNAME AS LocationName, ADDRESS1 AS Address1, ADDRESS2 AS Address2,
    CITY AS City, POSTCODE AS PostCode, PHONE AS Phone, AHPHONE AS AHPhone, FAX AS Fax, EMAIL AS Email
FROM LOCATIONS
WHERE RECORDSTATUS = 1 AND LOCATIONID <> 0;
