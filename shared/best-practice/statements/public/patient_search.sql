-- statement: patient_search
-- Does:       finds patients by date of birth and the beginning of the surname, whatever its case,
--             blanks, apostrophes, hyphens and full stops.
-- Parameters: @dateOfBirth date, @surname varchar(40) (upper case, without those characters),
--             @surnamePattern varchar(130) (the same, escaped with a backslash, then %)
-- Returns:    at most 51 rows, exact surnames first: IsExact, InternalID, StatusText, Title, Firstname,
--             Middlename, Surname, Preferredname, DOB (YYYY-MM-DD), Sex, City, MedicareEnding.
-- Evidence:   public (BPS_Patients). DISTINCT, because a patient with two e-mail addresses comes twice.
SELECT DISTINCT TOP (51)
       CASE
           WHEN UPPER(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(
               p.Surname, ' ', ''), '''', ''), CHAR(146), ''), '`', ''), '-', ''), '.', '')) = @surname
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
       RIGHT(RTRIM(p.MedicareNo), 4) AS MedicareEnding
FROM dbo.BPS_Patients AS p
WHERE CAST(p.DOB AS date) = @dateOfBirth
  AND p.InternalID > 0
  AND UPPER(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(
      p.Surname, ' ', ''), '''', ''), CHAR(146), ''), '`', ''), '-', ''), '.', '')) LIKE @surnamePattern ESCAPE '\'
ORDER BY IsExact DESC, Surname, Firstname, InternalID;
