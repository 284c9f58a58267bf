-- The views over the clinical record. "Current" views hide inactive rows; a sibling named All shows them too
-- and adds RECORDSTATUS (assumed: as the last column).

CREATE VIEW BPS_All_History AS
SELECT
    h.INTERNALID AS InternalID, h.RECORDID AS RECORDID, h.DAY AS Day, h.MONTH AS Month, h.YEAR AS Year,
    h.ITEMTEXT AS Condition, h.ITEMCODE AS ConditionID,
    printf('%-20s', CASE h.STATUSCODE WHEN 1 THEN 'Active' WHEN 2 THEN 'Inactive' ELSE '' END) COLLATE RTRIM AS Status,
    printf('%-10s', CASE h.SIDE WHEN 1 THEN 'Left' WHEN 2 THEN 'Right' WHEN 3 THEN 'Bilateral' ELSE '' END) COLLATE RTRIM AS Side,
    printf('%-20s', CASE h.SEVERITY WHEN 1 THEN 'Mild' WHEN 2 THEN 'Moderate' WHEN 3 THEN 'Severe' ELSE '' END) COLLATE RTRIM AS Severity,
    iif(h.ACUTE = 1, 'Yes  ', 'No   ') COLLATE RTRIM AS Acute,
    iif(h.SUMMARY = 1, 'Yes  ', 'No   ') COLLATE RTRIM AS Summary,
    iif(h.FRACTURE = 1, 'Yes  ', 'No   ') COLLATE RTRIM AS Fracture,
    iif(h.DISPLACED = 1, 'Yes  ', 'No   ') COLLATE RTRIM AS Displaced,
    iif(h.COMPOUND = 1, 'Yes  ', 'No   ') COLLATE RTRIM AS Compound,
    iif(h.COMMINUTED = 1, 'Yes  ', 'No   ') COLLATE RTRIM AS Comminuted,
    iif(h.SPIRAL = 1, 'Yes  ', 'No   ') COLLATE RTRIM AS Spiral,
    iif(h.GREENSTICK = 1, 'Yes  ', 'No   ') COLLATE RTRIM AS Greenstick,
    h.DETAILS AS Details, h.SNOMED AS SNOMED, h.CREATED AS Created, h.RECORDSTATUS AS RECORDSTATUS
FROM PASTHISTORY AS h;

CREATE VIEW BPS_History AS
SELECT
    InternalID, RECORDID, Day, Month, Year, Condition, ConditionID, Status, Side, Severity, Acute, Summary,
    Fracture, Displaced, Compound, Comminuted, Spiral, Greenstick, Details, SNOMED, Created
FROM BPS_All_History
WHERE RECORDSTATUS = 1;

CREATE VIEW BPS_CurrentRx AS
SELECT
    r.INTERNALID AS InternalID, r.DRUGNAME AS DrugName, r.DOSE AS Dose, f.FREQUENCYTEXT AS Frequency,
    o.FOODTEXT AS Food, d.DETAILTEXT AS OtherDetail, iif(r.PRN = 1, 'Yes  ', 'No   ') COLLATE RTRIM AS PRN,
    r.INSTRUCTIONS AS Instructions, r.ROUTE AS Route, r.QUANTITY AS Quantity, r.PRODUCTUNIT AS ProductUnit,
    r.REPEATS AS Repeats, r.INDICATION AS Indication, r.FIRSTDATE AS FirstDate, r.LASTDATE AS LastDate,
    r.PRODUCTID AS ProductID, r.SCID AS SCID, r.SCIDNO AS SCIDNO, r.CREATED AS Created, r.RECORDID AS RECORDID
FROM CURRENTRX AS r
JOIN RXFREQUENCY AS f ON f.FREQUENCYCODE = r.FREQUENCY
JOIN RXFOOD AS o ON o.FOODCODE = r.FOOD
JOIN RXDETAIL AS d ON d.DETAILCODE = r.OTHERDETAIL
WHERE r.RECORDSTATUS = 1;

CREATE VIEW BPS_Reactions AS
SELECT
    r.INTERNALID AS InternalID, r.ITEMNAME AS ItemName, r.REACTION AS Reaction,
    printf('%-20s', CASE r.SEVERITY WHEN 1 THEN 'Mild' WHEN 2 THEN 'Moderate' WHEN 3 THEN 'Severe' ELSE '' END) COLLATE RTRIM AS Severity,
    r.COMMENT AS Comment, r.CREATED AS Created
FROM REACTIONS AS r
WHERE r.RECORDSTATUS = 1;

CREATE VIEW BPS_All_Observations AS
SELECT
    o.INTERNALID AS InternalID, o.USERID AS UserID, o.OBSDATE AS ObservationDate, o.RECORDID AS RECORDID,
    o.OBSTIME AS ObservationTime, o.DATANAME AS ObservationName, o.DATACODE AS ObservationCode,
    o.DATAVALUE AS ObservationValue, o.MODIFIER AS Description, d.FULLNAME AS Provider, o.CREATED AS Created,
    o.RECORDSTATUS AS RECORDSTATUS
FROM OBSERVATIONS AS o
LEFT JOIN SIMULATOR_PROVIDERS AS d ON d.USERID = o.USERID;

CREATE VIEW BPS_Observations AS
SELECT
    InternalID, UserID, ObservationDate, RECORDID, ObservationTime, ObservationName, ObservationCode,
    ObservationValue, Description, Provider, Created
FROM BPS_All_Observations
WHERE RECORDSTATUS = 1;

CREATE VIEW BPS_All_Immunisations AS
SELECT
    i.INTERNALID AS InternalID, i.RECORDID AS RECORDID, i.USERID AS UserID, i.GIVENDATE AS GivenDate,
    i.NOTGIVENHERE AS NotGivenHere, i.VACCINENAME AS VaccineName, i.VACCINEID AS VaccineID,
    i.BATCHNO AS BatchNumber, i.SEQUENCE AS Sequence, i.CONSENTCODE AS ConsentCode, i.SITECODE AS SiteCode,
    i.ROUTE AS Route, i.COMMENT AS Comment, i.VIVASPRINTED AS VIVASPrinted, i.ACIRTRANSMITTED AS ACIRTransmitted,
    d.FULLNAME AS Provider, i.CREATED AS Created, i.RECORDSTATUS AS RECORDSTATUS
FROM IMMUNISATIONS AS i
LEFT JOIN SIMULATOR_PROVIDERS AS d ON d.USERID = i.USERID;

CREATE VIEW BPS_Immunisations AS
SELECT
    InternalID, RECORDID, UserID, GivenDate, NotGivenHere, VaccineName, VaccineID, BatchNumber, Sequence,
    ConsentCode, SiteCode, Route, Comment, VIVASPrinted, ACIRTransmitted, Provider, Created
FROM BPS_All_Immunisations
WHERE RECORDSTATUS = 1;
