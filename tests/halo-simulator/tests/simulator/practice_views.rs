//! Integrators see the views, so their columns, order and casing are a contract.

use crate::practice_support::{all, large, large_files, number, small, texts};
use rusqlite::Connection;

/// Each view and its columns, in order.
const VIEWS: [(&str, &str); 33] = [
    (
        "BPS_Patients",
        "InternalID ExternalID StatusText Title Firstname Middlename Surname Preferredname Address1 \
         Address2 City Postcode PostalAddress PostalCity PostalPostcode DOB Sex Ethnicity HomePhone \
         WorkPhone MobilePhone Email MedicareNo MedicareLineNo MedicareExpiry PensionNo PensionStart \
         PensionExpiry PensionType DVANo SafetyNetNo RecordNo HCHTier HCHStart Religion HealthFundName \
         HealthFundNo IHI UsualDoctor Gender",
    ),
    (
        "BPS_Users",
        "UserID Surname Firstname RegistrationNo ProviderNo PrescriberNo HomePhone MobilePhone Email \
         Pager ABN Title GroupName LocationName",
    ),
    (
        "BPS_PracticeLocations",
        "LocationID LocationName Address1 Address2 City PostCode Phone AHPhone Fax Email",
    ),
    (
        "BPS_Appointments",
        "Patient InternalID AppointmentDate AppointmentTime AppointmentLength Provider Urgent \
         AppointmentType Status ArrivalTime ConsultationTime BookedBy",
    ),
    ("BPS_Sessions", "Day StartTime EndTime Length StartDate EndDate Provider"),
    ("BPS_ExtraSessions", "SessionDate StartTime EndTime Length Provider"),
    ("BPS_DaysAway", "StartDate FinishDate Reason Provider"),
    (
        "BPS_History",
        "InternalID RECORDID Day Month Year Condition ConditionID Status Side Severity Acute Summary \
         Fracture Displaced Compound Comminuted Spiral Greenstick Details SNOMED Created",
    ),
    (
        "BPS_All_History",
        "InternalID RECORDID Day Month Year Condition ConditionID Status Side Severity Acute Summary \
         Fracture Displaced Compound Comminuted Spiral Greenstick Details SNOMED Created RECORDSTATUS",
    ),
    (
        "BPS_CurrentRx",
        "InternalID DrugName Dose Frequency Food OtherDetail PRN Instructions Route Quantity ProductUnit \
         Repeats Indication FirstDate LastDate ProductID SCID SCIDNO Created RECORDID",
    ),
    ("BPS_Reactions", "InternalID ItemName Reaction Severity Comment Created"),
    (
        "BPS_Observations",
        "InternalID UserID ObservationDate RECORDID ObservationTime ObservationName ObservationCode \
         ObservationValue Description Provider Created",
    ),
    (
        "BPS_All_Observations",
        "InternalID UserID ObservationDate RECORDID ObservationTime ObservationName ObservationCode \
         ObservationValue Description Provider Created RECORDSTATUS",
    ),
    (
        "BPS_ReportValues",
        "InternalID ReportID ReportDate ResultName LoincCode BPCode ResultValue Units Range AbnormalFlag",
    ),
    (
        "BPS_FamilyHistory",
        "InternalID Unknown FatherAlive FathersAgeAtDeath FathersCauseOfDeath MotherAlive \
         MothersAgeAtDeath MothersCauseOfDeath Comment",
    ),
    ("BPS_FamilyHistoryDetail", "InternalID RelationName Condition DiseaseCode Comment"),
    (
        "BPS_Tobacco",
        "InternalID SmokingStatus SmokingType SmokesPerDay YearStarted PastSmokingStatus \
         PastSmokesPerDay PastStarted PastStopped",
    ),
    (
        "BPS_Alcohol",
        "InternalID NonDrinker DaysPerweek DrinksPerday Description PastAlcoholLevel YearStarted \
         YearStopped Comment",
    ),
    (
        "BPS_Clinical",
        "InternalID KnownAllergies NoSignificantPastHistory NoSignificantFamilyHistory SmokingStatus \
         BloodGroup Retired MaritalStatusName SexualityName EliteSports PaceMaker SocialHistory \
         Recreation AccomodationText LivesWithText HasCarer IsCarer AdvanceCareDirective PowerOfAttorney",
    ),
    (
        "BPS_OccupationHistory",
        "InternalID OccupationName Description Employer YearStarted YearStopped Asbestos Dust Radiation \
         Animals Comment ADFStatus",
    ),
    (
        "BPS_Immunisations",
        "InternalID RECORDID UserID GivenDate NotGivenHere VaccineName VaccineID BatchNumber Sequence \
         ConsentCode SiteCode Route Comment VIVASPrinted ACIRTransmitted Provider Created",
    ),
    (
        "BPS_All_Immunisations",
        "InternalID RECORDID UserID GivenDate NotGivenHere VaccineName VaccineID BatchNumber Sequence \
         ConsentCode SiteCode Route Comment VIVASPrinted ACIRTransmitted Provider Created RECORDSTATUS",
    ),
    (
        "BPS_Investigations",
        "InternalID ProviderName Collected TestName Reported ReportTime ReportHeader ReportBody Normal \
         Completed Confidential Checked CheckedBy Notation Action Actioned Comment Provider ReportID \
         Stored Created",
    ),
    (
        "BPS_CorrespondenceIn",
        "InternalID DocumentID Stored CorrespondenceDate ContactName Category Subject Detail Comment \
         Confidential UserReference Provider Created",
    ),
    (
        "BPS_CorrespondenceOut",
        "InternalID CorrespondenceDate ContactName Subject RecordID Stored Comment Confidential Draft \
         Provider Created",
    ),
    (
        "BPS_EPCReports",
        "ReportID InternalID ReportDate ReportType Stored Finalised Provider Created",
    ),
    (
        "BPS_ClinicalImages",
        "InternalID DocumentID Stored CorrespondenceDate Category Subject Detail Comment UserReference \
         Provider Created",
    ),
    (
        "BPS_Contacts",
        "ContactID Title Firstname Surname Greeting Category AHPhone MobilePhone Pager Email ProviderNo ABN \
         URL Comment",
    ),
    (
        "BPS_ContactAddresses",
        "ContactID Title Firstname Surname Greeting Category Address1 Address2 City Postcode Phone Fax \
         SiteEmail SiteComment AHPhone MobilePhone Pager Email ProviderNo ABN URL Comment",
    ),
    (
        "BPS_Visits",
        "InternalID VisitID UserID VisitCode VisitType Confidential DrName VisitDate StartTime EndTime \
         Duration ReviewDate VisitNotes Created",
    ),
    (
        "BPS_PapSmears",
        "InternalID PapDate CSTType HPV16 HPV18 HPVOther Result HPVChanges EndocervicalCells PerformedBy \
         Comment Created",
    ),
    (
        "BPS_All_PapSmears",
        "InternalID PapDate RECORDSTATUS Result RECORDID CSTType HPV16 HPV18 HPVOther HPV EndocervicalCells \
         PerformedBy Comment Created",
    ),
    ("BPS_Services", "SERVICEID INTERNALID SERVICEDATE MBSITEM DESCRIPTION"),
];

fn columns(practice: &Connection, view: &str) -> Vec<String> {
    let statement = practice.prepare(&format!("SELECT * FROM dbo.{view}")).unwrap();
    statement.column_names().map(str::to_owned).collect()
}

#[test]
fn every_view_shows_exactly_its_public_columns_in_their_order_and_casing() {
    let practice = small();
    for (view, expected) in VIEWS {
        assert_eq!(columns(&practice, view), expected.split(' ').collect::<Vec<_>>(), "{view}");
    }
}

#[test]
fn every_view_has_rows_in_the_large_practice() {
    let practice = large();
    for (view, _) in VIEWS {
        let rows: i64 = practice
            .query_row(&format!("SELECT count(*) FROM dbo.{view}"), [], |row| row.get(0))
            .unwrap();
        assert!(rows > 0, "{view}");
    }
}

#[test]
fn char_columns_come_padded_to_their_width_stored_or_computed() {
    let practice = large();
    for (sql, width) in [
        ("SELECT Surname FROM dbo.BPS_Patients WHERE Surname IS NOT NULL", 40),
        ("SELECT Sex FROM dbo.BPS_Patients", 10),
        ("SELECT StatusText FROM dbo.BPS_Patients", 12),
        ("SELECT MedicareNo FROM dbo.BPS_Patients WHERE MedicareNo IS NOT NULL", 13),
        ("SELECT Surname FROM dbo.BPS_Users", 100),
        ("SELECT RegistrationNo FROM dbo.BPS_Users WHERE RegistrationNo IS NOT NULL", 20),
        ("SELECT Status FROM dbo.BPS_Appointments", 20),
        ("SELECT Urgent FROM dbo.BPS_Appointments", 5),
        ("SELECT Day FROM dbo.BPS_Sessions", 20),
        ("SELECT Severity FROM dbo.BPS_Reactions", 20),
        ("SELECT Side FROM dbo.BPS_History", 10),
        ("SELECT KnownAllergies FROM dbo.BPS_Clinical", 12),
        ("SELECT AccomodationText FROM dbo.BPS_Clinical", 20),
        ("SELECT ObservationValue FROM dbo.BPS_Observations", 12),
        ("SELECT Subject FROM dbo.BPS_CorrespondenceIn", 61),
        ("SELECT ContactName FROM dbo.BPS_CorrespondenceOut", 90),
        ("SELECT Confidential FROM dbo.BPS_CorrespondenceIn", 5),
    ] {
        let values = texts(&practice, sql);
        assert!(!values.is_empty(), "{sql}");
        let wrong = values.iter().find(|value| value.chars().count() != width);
        assert_eq!(wrong, None, "{sql}");
    }
}

#[test]
fn text_compares_without_regard_to_trailing_blanks_also_where_it_is_computed() {
    let practice = large();
    for sql in [
        "SELECT count(*) FROM dbo.BPS_Patients WHERE Surname = 'Wattleford'",
        "SELECT count(*) FROM dbo.BPS_Patients WHERE Sex = 'Female' AND StatusText = 'Active'",
        "SELECT count(*) FROM dbo.BPS_Appointments WHERE Urgent = 'Yes'",
        "SELECT count(*) FROM dbo.BPS_Clinical WHERE KnownAllergies = 'Nil known'",
        "SELECT count(*) FROM dbo.BPS_Patients WHERE Surname = 'wattleford' COLLATE BP",
        "SELECT count(*) FROM dbo.BPS_Users WHERE GroupName = 'doctor' COLLATE BP",
    ] {
        assert!(number(&practice, sql) > 0, "{sql}");
    }
}

#[test]
fn any_sqlite_tool_can_filter_sort_and_count_in_the_files() {
    let files = large_files();
    let plain = Connection::open(&files.patients).unwrap();
    plain.execute("ATTACH DATABASE ?1 AS papers", [files.documents.to_str().unwrap()]).unwrap();
    for sql in [
        "SELECT count(*) FROM USERS",
        "SELECT count(*) FROM (SELECT DISTINCT SURNAME FROM PATIENTS ORDER BY SURNAME)",
        "SELECT count(*) FROM CORRESPONDENCEIN WHERE USERREFERENCE = 'DEMO0000'",
        "SELECT count(*) FROM BPS_Patients WHERE Sex = 'Female' AND UsualDoctor <> ''",
        "SELECT count(*) FROM papers.DOCUMENTS",
        "SELECT count(*) FROM papers.DOCUMENTS WHERE KIND = 'EPCREPORT'",
    ] {
        assert!(number(&plain, sql) > 0, "{sql}");
    }
    let sound: String = plain.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
}

#[test]
fn text_is_null_for_some_and_blank_for_others() {
    let practice = large();
    let (nulls, blanks): (i64, i64) = practice
        .query_row(
            "SELECT sum(WorkPhone IS NULL), sum(rtrim(WorkPhone) = '') FROM dbo.BPS_Patients",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert!(nulls > 0 && blanks > 0, "{nulls} NULL, {blanks} blank");
}

#[test]
fn correspondence_in_leaves_clinical_images_to_their_own_view() {
    let practice = large();
    let both: i64 = practice
        .query_row(
            "SELECT count(*) FROM dbo.BPS_CorrespondenceIn AS c
             JOIN dbo.BPS_ClinicalImages AS i ON i.DocumentID = c.DocumentID",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(both, 0);
}

#[test]
fn every_stored_value_is_of_the_type_that_its_column_declares() {
    let columns =
        "SELECT m.name || '.' || c.name || ' ' || lower(c.type) FROM dbo.sqlite_schema AS m,
        pragma_table_info(m.name, 'dbo') AS c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%'";
    for (_, practice) in all() {
        for column in texts(&practice, columns) {
            let (name, declared) = column.split_once(' ').unwrap();
            let (table, name) = name.split_once('.').unwrap();
            let expected = match declared.split('(').next().unwrap() {
                "int" | "integer" | "tinyint" => "integer",
                "image" => "blob",
                "datetime" => {
                    let odd = format!(
                        "SELECT {name} FROM dbo.{table} WHERE {name} NOT GLOB
                         '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]'"
                    );
                    assert_eq!(texts(&practice, &odd), Vec::<String>::new(), "{table}.{name}");
                    "text"
                }
                _ => "text",
            };
            let others = format!(
                "SELECT DISTINCT typeof({name}) FROM dbo.{table} WHERE typeof({name}) NOT IN ('null', '{expected}')"
            );
            assert_eq!(
                texts(&practice, &others),
                Vec::<String>::new(),
                "{table}.{name} {declared}"
            );
        }
    }
}
