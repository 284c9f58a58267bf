-- The views over contacts, visits, smears and services. Columns, order and casing are public; the
-- sources of their contents are inferred.

CREATE VIEW BPS_Contacts AS
SELECT
    c.CONTACTID AS ContactID, t.TITLE AS Title, c.FIRSTNAME AS Firstname, c.SURNAME AS Surname,
    c.GREETING AS Greeting, g.CATEGORYNAME AS Category, c.AHPHONE AS AHPhone, c.MOBILEPHONE AS MobilePhone,
    c.PAGER AS Pager, c.EMAIL AS Email, c.PROVIDERNO AS ProviderNo, c.ABN AS ABN, c.URL AS URL,
    c.COMMENT AS Comment
FROM CONTACTS AS c
JOIN TITLES AS t ON t.TITLECODE = c.TITLECODE
JOIN CATEGORIES AS g ON g.CATEGORYCODE = c.CATEGORYCODE
WHERE c.RECORDSTATUS = 1 AND c.CONTACTID <> 0;

-- A contact has one row for each address.
CREATE VIEW BPS_ContactAddresses AS
SELECT
    c.CONTACTID AS ContactID, t.TITLE AS Title, c.FIRSTNAME AS Firstname, c.SURNAME AS Surname,
    c.GREETING AS Greeting, g.CATEGORYNAME AS Category, d.ADDRESS1 AS Address1, d.ADDRESS2 AS Address2,
    d.CITY AS City, d.POSTCODE AS Postcode, d.PHONE AS Phone, d.FAX AS Fax, d.EMAIL AS SiteEmail,
    d.COMMENT AS SiteComment, c.AHPHONE AS AHPhone, c.MOBILEPHONE AS MobilePhone, c.PAGER AS Pager,
    c.EMAIL AS Email, c.PROVIDERNO AS ProviderNo, c.ABN AS ABN, c.URL AS URL, c.COMMENT AS Comment
FROM CONTACTS AS c
JOIN TITLES AS t ON t.TITLECODE = c.TITLECODE
JOIN CATEGORIES AS g ON g.CATEGORYCODE = c.CATEGORYCODE
JOIN CONTACTDETAILS AS d ON d.CONTACTID = c.CONTACTID
WHERE c.RECORDSTATUS = 1 AND d.RECORDSTATUS = 1 AND c.CONTACTID <> 0;

CREATE VIEW BPS_Visits AS
SELECT
    v.INTERNALID AS InternalID, v.VISITID AS VisitID, v.USERID AS UserID, v.VISITCODE AS VisitCode,
    t.VISITTYPE AS VisitType, iif(v.CONFIDENTIAL = 1, 'Yes  ', 'No   ') COLLATE RTRIM AS Confidential,
    v.DRNAME AS DrName, v.VISITDATE AS VisitDate, v.STARTTIME AS StartTime, v.ENDTIME AS EndTime,
    v.DURATION AS Duration, v.REVIEWDATE AS ReviewDate, v.VISITNOTES AS VisitNotes, v.CREATED AS Created
FROM VISITS AS v
JOIN VISITTYPE AS t ON t.VISITCODE = v.VISITCODE
WHERE v.RECORDSTATUS = 1;

-- The words 'PAP' and 'Negative' are public; the other words of CSTType and the words of HPV16 to HPVOther
-- are assumed.
CREATE VIEW BPS_All_PapSmears AS
SELECT
    s.INTERNALID AS InternalID, s.PAPDATE AS PapDate, s.RECORDSTATUS AS RECORDSTATUS, r.PAPTEXT AS Result,
    s.RECORDID AS RECORDID,
    printf('%-12s', CASE s.CST WHEN 1 THEN 'CST' ELSE 'PAP' END) COLLATE RTRIM AS CSTType,
    printf('%-12s', CASE s.HPV16 WHEN 1 THEN 'Not detected' WHEN 2 THEN 'Detected' ELSE '' END) COLLATE RTRIM AS HPV16,
    printf('%-12s', CASE s.HPV18 WHEN 1 THEN 'Not detected' WHEN 2 THEN 'Detected' ELSE '' END) COLLATE RTRIM AS HPV18,
    printf('%-12s', CASE s.HPVOTHER WHEN 1 THEN 'Not detected' WHEN 2 THEN 'Detected' ELSE '' END) COLLATE RTRIM AS HPVOther,
    iif(s.HPV = 1, 'Yes  ', 'No   ') COLLATE RTRIM AS HPV,
    iif(s.ENDOCERVICALCELLS = 1, 'Yes  ', 'No   ') COLLATE RTRIM AS EndocervicalCells,
    d.FULLNAME AS PerformedBy, s.COMMENT AS Comment, s.CREATED AS Created
FROM PAPSMEARS AS s
JOIN PAPRESULTS AS r ON r.PAPCODE = s.PAPCODE
LEFT JOIN SIMULATOR_PROVIDERS AS d ON d.USERID = s.USERID;

CREATE VIEW BPS_PapSmears AS
SELECT
    InternalID, PapDate, CSTType, HPV16, HPV18, HPVOther, Result, HPV AS HPVChanges, EndocervicalCells,
    PerformedBy, Comment, Created
FROM BPS_All_PapSmears
WHERE RECORDSTATUS = 1;

CREATE VIEW BPS_Services AS
SELECT
    s.SERVICEID AS SERVICEID, i.INTERNALID AS INTERNALID, s.SERVICEDATE AS SERVICEDATE,
    s.MBSITEM AS MBSITEM, s.DESCRIPTION AS DESCRIPTION
FROM SERVICES AS s
JOIN INVOICES AS i ON i.INVOICEID = s.INVOICEID
WHERE s.RECORDSTATUS = 1 AND s.SERVICESTATUS <> 9;
