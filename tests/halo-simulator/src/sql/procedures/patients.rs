//! Procedures for patients: search, registration, changes, notes.

use super::super::SqlError;
use super::super::convert::Val;
use super::super::session::Session;
use super::{Body, Procedure, insert};

/// The assignments that BP_AddPatient and BP_UpdatePatient share.
macro_rules! demographics {
    ($first:literal) => {
        concat!(
            $first,
            "@titlecode int, @firstname varchar(40), @middlename varchar(30), @surname varchar(40), \
             @preferredname varchar(30), @address1 varchar(40), @address2 varchar(40), \
             @city varchar(40), @postcode varchar(4), @postaladdress varchar(40), \
             @postalcity varchar(40), @postalpostcode varchar(4), @dob datetime, @sexcode int, \
             @homephone varchar(14), @workphone varchar(14), @mobilephone varchar(14), \
             @medicareno varchar(13), @medicarelineno varchar(1), @medicareexpiry varchar(10), \
             @pensioncode int, @pensionno varchar(14), @pensionexpiry datetime, @dvacode int, \
             @dvano varchar(14), @recordno varchar(10), @externalid varchar(12), @email varchar(250), \
             @headoffamilyid int = 0, @ethniccode int = 0, @consentsmsreminder int = 0, \
             @nextofkinid int = 0, @gendercode int = 0, @pronouncode int = 0"
        )
    };
}

const FOUND: &str = "p.INTERNALID AS InternalID, p.TITLECODE AS TitleCode, p.FIRSTNAME AS Firstname, \
    p.MIDDLENAME AS Middlename, p.SURNAME AS Surname, p.PREFERREDNAME AS Preferredname, p.DOB, \
    p.SEXCODE AS SexCode";

pub(super) const PROCEDURES: &[Procedure] = &[
    Procedure {
        name: "BP_GetPatientByNameDOB",
        parameters: "@surname varchar(40), @firstname varchar(40), @dob datetime",
        body: Body::Rust(|session| {
            find(session, "p.SURNAME = @surname AND p.FIRSTNAME = @firstname AND p.DOB = CAST(@dob AS date)")
        }),
    },
    Procedure {
        name: "BP_GetPatientByPartSurnameDOB",
        parameters: "@surname varchar(40), @dob datetime",
        body: Body::Rust(|session| {
            find(
                session,
                "LEFT(p.SURNAME, LEN(@surname)) = RTRIM(@surname) AND p.DOB = CAST(@dob AS date)",
            )
        }),
    },
    Procedure {
        name: "BP_GetPatientByInternalID",
        parameters: "@patientid int",
        body: Body::Batch(
            "SELECT p.INTERNALID AS InternalID, p.TITLECODE AS TitleCode, p.FIRSTNAME AS Firstname,
                p.MIDDLENAME AS Middlename, p.SURNAME AS Surname, p.PREFERREDNAME AS Preferredname,
                p.DOB, p.SEXCODE AS SexCode, p.MEDICARENO AS MedicareNo,
                p.MEDICARELINENO AS MedicareLineNo, p.MEDICAREEXPIRY AS MedicareExpiry,
                p.PENSIONCODE AS PensionCode, p.PENSIONNO AS PensionNo,
                p.PENSIONEXPIRY AS PensionExpiry, p.HOMEPHONE AS HomePhone,
                p.WORKPHONE AS WorkPhone, p.MOBILEPHONE AS MobilePhone, p.ADDRESS1 AS Address1,
                p.ADDRESS2 AS Address2, p.CITY AS City, p.POSTCODE AS Postcode,
                (SELECT TOP (1) e.EMAIL FROM dbo.EMAIL AS e
                 WHERE e.INTERNALID = p.INTERNALID AND e.RECORDSTATUS = 1 ORDER BY e.RECORDID) AS Email,
                p.DVACODE AS DVACode, p.DVANO AS DVANo
             FROM dbo.PATIENTS AS p WHERE p.INTERNALID = @patientid AND p.RECORDSTATUS = 1",
        ),
    },
    Procedure { name: "BP_AddPatient", parameters: demographics!(""), body: Body::Rust(add) },
    Procedure {
        name: "BP_UpdatePatient",
        parameters: demographics!("@patientid int, "),
        body: Body::Rust(|session| {
            update(session, COLUMNS)?;
            set_email(session)
        }),
    },
    Procedure {
        name: "BP_UpdatePatientMedicare",
        parameters: "@patientid int, @medicareno varchar(13), @medicarelineno varchar(1), \
                     @medicareexpiry varchar(10)",
        body: Body::Rust(|session| update(session, &["medicareno", "medicarelineno", "medicareexpiry"])),
    },
    Procedure {
        name: "BP_UpdatePatientPension",
        parameters: "@patientid int, @pensioncode int, @pensionno varchar(14), @pensionexpiry datetime",
        body: Body::Rust(|session| update(session, &["pensioncode", "pensionno", "pensionexpiry"])),
    },
    Procedure {
        name: "BP_UpdatePatientDVA",
        parameters: "@patientid int, @dvacode int, @dvano varchar(14)",
        body: Body::Rust(|session| update(session, &["dvacode", "dvano"])),
    },
    Procedure {
        name: "BP_UpdatePatientContacts",
        parameters: "@patientid int, @homephone varchar(14), @workphone varchar(14), \
                     @mobilephone varchar(14)",
        body: Body::Rust(|session| update(session, &["homephone", "workphone", "mobilephone"])),
    },
    Procedure {
        name: "BP_UpdatePatientAddress",
        parameters: "@patientid int, @address1 varchar(40), @address2 varchar(40), @city varchar(40), \
                     @postcode varchar(4)",
        body: Body::Rust(|session| update(session, &["address1", "address2", "city", "postcode"])),
    },
    Procedure {
        name: "BP_UpdatePatientEmail",
        parameters: "@patientid int, @email varchar(250)",
        body: Body::Rust(set_email),
    },
    Procedure {
        name: "BP_UpdatePatientHealthFund",
        parameters: "@patientid int, @healthfundname varchar(100), @healthfundno varchar(20)",
        body: Body::Rust(|session| update(session, &["healthfundname", "healthfundno"])),
    },
    Procedure {
        name: "BP_SetNextOfKin",
        parameters: KIN,
        body: Body::Rust(|session| kin(session, "1", "NEXTOFKINID")),
    },
    Procedure {
        name: "BP_SetEmergencyContact",
        parameters: KIN,
        body: Body::Rust(|session| kin(session, "2", "EMERGENCYID")),
    },
    Procedure {
        name: "BP_AddClinicalNote",
        parameters: "@patientid int, @visittext varchar(max), @locationid int",
        body: Body::Rust(|session| {
            insert(
                session,
                "VISITS",
                &[
                    ("INTERNALID", "@patientid"),
                    ("RECORDSTATUS", "1"),
                    ("LOCATIONID", "@locationid"),
                    ("VISITDATE", "CAST(CAST(GETDATE() AS date) AS datetime)"),
                    ("VISITNOTES", "@visittext"),
                    ("CREATED", "GETDATE()"),
                ],
            )
        }),
    },
    Procedure {
        name: "BP_GetInvestigationSummary",
        parameters: "@InternalID int",
        body: Body::Batch(
            "SELECT ReportID, TestName, Reported, Collected, ProviderName, Checked, Notation, Action
             FROM dbo.BPS_Investigations WHERE InternalID = @InternalID ORDER BY Reported DESC",
        ),
    },
];

const KIN: &str = "@internalid int, @titlecode int, @surname varchar(40), @firstname varchar(40), \
    @address varchar(40), @city varchar(40), @postcode varchar(4), @contactphone varchar(14), \
    @relationship varchar(20), @contactphone2 varchar(14)";

/// The columns of PATIENTS that have the same names as the parameters.
const COLUMNS: &[&str] = &[
    "titlecode",
    "firstname",
    "middlename",
    "surname",
    "preferredname",
    "address1",
    "address2",
    "city",
    "postcode",
    "postaladdress",
    "postalcity",
    "postalpostcode",
    "dob",
    "sexcode",
    "homephone",
    "workphone",
    "mobilephone",
    "medicareno",
    "medicarelineno",
    "medicareexpiry",
    "pensioncode",
    "pensionno",
    "pensionexpiry",
    "dvacode",
    "dvano",
    "recordno",
    "externalid",
    "headoffamilyid",
    "ethniccode",
    "consentsmsreminder",
    "nextofkinid",
];

fn find(session: &mut Session<'_>, condition: &str) -> Result<i64, SqlError> {
    session.batch(&format!(
        "SELECT {FOUND} FROM dbo.PATIENTS AS p
         WHERE p.RECORDSTATUS = 1 AND p.INTERNALID <> 0 AND {condition}
         ORDER BY p.SURNAME, p.FIRSTNAME, p.INTERNALID"
    ))?;
    Ok(0)
}

fn add(session: &mut Session<'_>) -> Result<i64, SqlError> {
    let values: Vec<String> = COLUMNS.iter().map(|column| format!("@{column}")).collect();
    let mut given: Vec<(&str, &str)> =
        COLUMNS.iter().copied().zip(values.iter().map(String::as_str)).collect();
    given.extend([
        ("RECORDSTATUS", "1"),
        ("PATIENTSTATUS", "1"),
        ("HCHTIER", "0"),
        ("CREATED", "GETDATE()"),
    ]);
    let patient = insert(session, "PATIENTS", &given)?;
    add_email(session, patient)?;
    Ok(patient)
}

fn add_email(session: &mut Session<'_>, patient: i64) -> Result<(), SqlError> {
    let blank = match session.value("@email") {
        Val::Text(text) => text.trim().is_empty(),
        _ => true,
    };
    if blank {
        return Ok(());
    }
    let patient = patient.to_string();
    insert(
        session,
        "EMAIL",
        &[
            ("RECORDSTATUS", "1"),
            ("INTERNALID", &patient),
            ("EMAIL", "@email"),
            ("CREATED", "GETDATE()"),
        ],
    )?;
    Ok(())
}

/// Returns the number of changed patients: 1, or 0 for an unknown one.
fn update(session: &mut Session<'_>, columns: &[&str]) -> Result<i64, SqlError> {
    let sets: Vec<String> =
        columns.iter().map(|column| format!("{} = @{column}", column.to_uppercase())).collect();
    session.batch(&format!(
        "UPDATE dbo.PATIENTS SET {}, UPDATED = GETDATE() WHERE INTERNALID = @patientid",
        sets.join(", ")
    ))?;
    changed(session)
}

fn changed(session: &Session<'_>) -> Result<i64, SqlError> {
    match session.query("SELECT @@ROWCOUNT")?.first().and_then(|row| row.first()) {
        Some(Val::Integer(count)) => Ok(*count),
        _ => Ok(0),
    }
}

fn set_email(session: &mut Session<'_>) -> Result<i64, SqlError> {
    session.batch(
        "UPDATE dbo.EMAIL SET EMAIL = @email, UPDATED = GETDATE()
         WHERE INTERNALID = @patientid AND RECORDSTATUS = 1",
    )?;
    let count = changed(session)?;
    if count == 0 {
        let patient = session.number("@patientid");
        add_email(session, patient)?;
    }
    Ok(1)
}

fn kin(session: &mut Session<'_>, kind: &str, link: &str) -> Result<i64, SqlError> {
    let id = insert(
        session,
        "NEXTOFKIN",
        &[
            ("TYPE", kind),
            ("RECORDSTATUS", "1"),
            ("INTERNALID", "@internalid"),
            ("TITLECODE", "@titlecode"),
            ("SURNAME", "@surname"),
            ("FIRSTNAME", "@firstname"),
            ("ADDRESS", "@address"),
            ("ADDRESS1", "@address"),
            ("CITY", "@city"),
            ("POSTCODE", "@postcode"),
            ("CONTACTPHONE", "@contactphone"),
            ("CONTACTPHONE2", "@contactphone2"),
            ("HOMEPHONE", "@contactphone"),
            ("RELATIONSHIP", "@relationship"),
            ("CREATED", "GETDATE()"),
        ],
    )?;
    session.batch(&format!(
        "UPDATE dbo.PATIENTS SET {link} = {id}, UPDATED = GETDATE() WHERE INTERNALID = @internalid"
    ))?;
    Ok(id)
}
