-- statement: patient_search
-- Does:       finds patients by date of birth and the beginning of the surname. It ignores case, blanks,
--             apostrophes, dashes and full stops.
-- Parameters:
--             - @dateOfBirth date.
--             - @surname varchar(80): in upper case, without those characters.
--             - @surnamePattern varchar(161): the same, escaped with a backslash, then %.
-- Returns:    at most 51 rows, exact surnames first.
--             - IsExact, InternalID, StatusText, Title, Firstname, Middlename, Surname, Preferredname.
--             - DOB: YYYY-MM-DD.
--             - Sex, City.
--             - MedicareEnding: the last four of the card's ten digits, without the separators between
--               them.
-- Evidence:   public (BPS_Patients). DISTINCT, because a patient with two e-mail addresses has two rows.
-- Reads:      at most 150,000 rows: every patient, because names are compared without signs and Bp has no known
--             key for the date of birth.
-- Note:       the removed characters are those of IGNORED in domain::spelling, in Windows-1252. 145, 146 and
--             180 are apostrophes, 150 and 151 dashes, 160 a no-break space, 173 a soft hyphen. 223 is the
--             sharp s: in capitals the parameter has SS, and not every collation treats the two as equal.
SELECT DISTINCT TOP (51)
       CASE
           WHEN REPLACE(UPPER(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(
               p.Surname, ' ', ''), '''', ''), CHAR(145), ''), CHAR(146), ''), CHAR(180), ''), '`', ''), '-', ''),
               CHAR(150), ''), CHAR(151), ''), CHAR(160), ''), CHAR(173), ''), '.', '')), CHAR(223), 'SS') = @surname
           THEN 1 ELSE 0
       END AS IsExact,
       p.InternalID AS InternalID,
       RTRIM(p.StatusText) AS StatusText,
       RTRIM(p.Title) AS Title,
       RTRIM(p.Firstname) AS Firstname,
       RTRIM(p.Middlename) AS Middlename,
       RTRIM(p.Surname) AS Surname,
       RTRIM(p.Preferredname) AS Preferredname,
       CONVERT(char(10), p.DOB, 23) AS DOB,
       RTRIM(p.Sex) AS Sex,
       RTRIM(p.City) AS City,
       RIGHT(LEFT(REPLACE(REPLACE(REPLACE(REPLACE(p.MedicareNo, ' ', ''), CHAR(160), ''), '-', ''), '/', ''), 10), 4)
           AS MedicareEnding
FROM dbo.BPS_Patients AS p
WHERE CAST(p.DOB AS date) = @dateOfBirth
  AND p.InternalID > 0
  AND REPLACE(UPPER(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(
      p.Surname, ' ', ''), '''', ''), CHAR(145), ''), CHAR(146), ''), CHAR(180), ''), '`', ''), '-', ''),
      CHAR(150), ''), CHAR(151), ''), CHAR(160), ''), CHAR(173), ''), '.', '')), CHAR(223), 'SS') LIKE @surnamePattern ESCAPE '\'
ORDER BY IsExact DESC, Surname, Firstname, InternalID;
