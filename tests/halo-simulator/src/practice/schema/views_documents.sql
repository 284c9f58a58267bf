-- The views over results and documents. They show neither the addressee nor (correspondence) who checked.

CREATE VIEW BPS_Investigations AS
SELECT
    i.INTERNALID AS InternalID, i.PROVIDERNAME AS ProviderName, i.COLLECTIONDATE AS Collected,
    i.TESTNAME AS TestName, i.REPORTDATE AS Reported, i.REPORTTIME AS ReportTime,
    i.REPORTHEADER AS ReportHeader, i.REPORTBODY AS ReportBody,
    iif(i.NORMALFLAG = 1, 'Yes  ', 'No   ') COLLATE RTRIM AS Normal,
    iif(i.COMPLETIONFLAG = 1, 'Yes  ', 'No   ') COLLATE RTRIM AS Completed,
    iif(i.CONFIDENTIALFLAG = 1, 'Yes  ', 'No   ') COLLATE RTRIM AS Confidential,
    i.CHECKDATE AS Checked, c.FULLNAME AS CheckedBy,
    CASE i.NOTATION
        WHEN 1 THEN 'Normal' WHEN 2 THEN 'Abnormal' WHEN 3 THEN 'Stable' WHEN 4 THEN 'Acceptable'
        WHEN 5 THEN 'Unacceptable' WHEN 6 THEN 'Being treated' WHEN 7 THEN 'Under specialist care'
        ELSE '' END COLLATE RTRIM AS Notation,
    CASE i.ACTION
        WHEN 1 THEN 'No action' WHEN 2 THEN 'Reception to advise' WHEN 3 THEN 'Nurse to advise'
        WHEN 4 THEN 'Doctor to advise' WHEN 5 THEN 'Send routine reminder'
        WHEN 6 THEN 'Non-urgent appointment' WHEN 7 THEN 'Urgent appointment' ELSE '' END COLLATE RTRIM AS Action,
    i.ACTIONDATE AS Actioned, i.COMMENT AS Comment, d.FULLNAME AS Provider, i.REPORTID AS ReportID,
    i.STORED AS Stored, i.CREATED AS Created
FROM INVESTIGATIONS AS i
LEFT JOIN SIMULATOR_PROVIDERS AS c ON c.USERID = i.CHECKEDBY
LEFT JOIN SIMULATOR_PROVIDERS AS d ON d.USERID = i.USERID
WHERE i.RECORDSTATUS = 1;

CREATE VIEW BPS_ReportValues AS
SELECT
    v.INTERNALID AS InternalID, v.REPORTID AS ReportID, v.REPORTDATE AS ReportDate,
    v.RESULTNAME AS ResultName, v.LOINCCODE AS LoincCode, v.BPCODE AS BPCode, v.RESULTVALUE AS ResultValue,
    v.UNITS AS Units, v.RANGE AS Range, v.ABNORMALFLAG AS AbnormalFlag
FROM REPORTVALUES AS v
WHERE v.RECORDSTATUS = 1;

-- assumed: clinical images have a view of their own and are left out here.
CREATE VIEW BPS_CorrespondenceIn AS
SELECT
    c.INTERNALID AS InternalID, c.DOCUMENTID AS DocumentID, c.STORED AS Stored,
    c.CORRESPONDENCEDATE AS CorrespondenceDate, c.CONTACTNAME AS ContactName, c.CATEGORY AS Category,
    c.SUBJECT AS Subject, c.DETAIL AS Detail, c.COMMENT AS Comment,
    iif(c.CONFIDENTIALFLAG = 1, 'Yes  ', 'No   ') COLLATE RTRIM AS Confidential,
    c.USERREFERENCE AS UserReference, d.FULLNAME AS Provider, c.CREATED AS Created
FROM CORRESPONDENCEIN AS c
LEFT JOIN SIMULATOR_PROVIDERS AS d ON d.USERID = c.USERID
WHERE c.RECORDSTATUS = 1 AND c.CLINICALIMAGE = 0;

CREATE VIEW BPS_ClinicalImages AS
SELECT
    c.INTERNALID AS InternalID, c.DOCUMENTID AS DocumentID, c.STORED AS Stored,
    c.CORRESPONDENCEDATE AS CorrespondenceDate, c.CATEGORY AS Category, c.SUBJECT AS Subject,
    c.DETAIL AS Detail, c.COMMENT AS Comment, c.USERREFERENCE AS UserReference, d.FULLNAME AS Provider,
    c.CREATED AS Created
FROM CORRESPONDENCEIN AS c
LEFT JOIN SIMULATOR_PROVIDERS AS d ON d.USERID = c.USERID
WHERE c.RECORDSTATUS = 1 AND c.CLINICALIMAGE = 1;

CREATE VIEW BPS_CorrespondenceOut AS
SELECT
    c.INTERNALID AS InternalID, c.CORRESPONDENCEDATE AS CorrespondenceDate, c.CONTACTNAME AS ContactName,
    c.SUBJECT AS Subject, c.RECORDID AS RecordID, c.STORED AS Stored, c.COMMENT AS Comment,
    iif(c.CONFIDENTIALFLAG = 1, 'Yes  ', 'No   ') COLLATE RTRIM AS Confidential,
    iif(c.STATUSCODE = 2, 'Yes  ', 'No   ') COLLATE RTRIM AS Draft, d.FULLNAME AS Provider, c.CREATED AS Created
FROM CORRESPONDENCEOUT AS c
LEFT JOIN SIMULATOR_PROVIDERS AS d ON d.USERID = c.USERID
WHERE c.RECORDSTATUS = 1;

CREATE VIEW BPS_EPCReports AS
SELECT
    r.REPORTID AS ReportID, r.INTERNALID AS InternalID, r.REPORTDATE AS ReportDate, t.EPCTEXT AS ReportType,
    r.STORED AS Stored, iif(r.REPORTSTATUS = 1, 'Yes  ', 'No   ') COLLATE RTRIM AS Finalised,
    d.FULLNAME AS Provider, r.CREATED AS Created
FROM EPCREPORTS AS r
LEFT JOIN EPCTypes AS t ON t.EPCCODE = r.REPORTTYPE
LEFT JOIN SIMULATOR_PROVIDERS AS d ON d.USERID = r.USERID
WHERE r.RECORDSTATUS = 1;
