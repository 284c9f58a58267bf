//! The worst parameters for each statement at the large practice.

use std::collections::BTreeMap;

use halo_simulator::practice::{CROWD_SURNAME, large, patient};
use halo_simulator::sql::{Direction, Parameter};

use super::bench::{Bench, Case};
use crate::Failure;

/// A mark that nothing in the practice has.
const UNKNOWN: &str = "PBZZZZZZZZZZZZZZZZZZZZZZZ";

/// Each statement's cases. Older statements may lack a parameter; it is then ignored.
pub(super) fn all(bench: &mut Bench) -> Result<BTreeMap<&'static str, Vec<Case>>, Failure> {
    let found = Found::look(bench)?;
    let thick = patient::MANY_DOCUMENTS.to_string();
    let one = |name, parameters: &str| vec![case(name, parameters, &[])];
    let mut cases = BTreeMap::from([
        ("login_probe", one("any", "")),
        ("practice_locations", one("any", "")),
        ("staff_by_registration", one("any", "")),
        (
            "users_named",
            one("any", "@firstNameKey=ANNE @lastNameKey=NOBODY @firstName=Anne @lastName=Nobody"),
        ),
        ("patient_demographics", one("thickest", &format!("@patientId:int={thick}"))),
        (
            "patient_search",
            one(
                "commonest name",
                &format!(
                    "@dateOfBirth:date=1990-01-01 @surname={0} @surnamePattern={0}%",
                    CROWD_SURNAME.to_uppercase()
                ),
            ),
        ),
        ("appointment_book", one("whole book", "@from:date=2026-11-02 @patientId:int=0")),
        (
            "booking_lookup",
            one(
                "unknown",
                &format!(
                    "@token={UNKNOWN} @firstDay:date=2026-11-01 @appointmentId:int=0 @created= @patientId:int=0"
                ),
            ),
        ),
        ("delivery_lookup", one("unknown", &format!("@token={UNKNOWN}"))),
    ]);
    let listed = "@from=0000-00-00 @to=9999-99-99 @take:int=50";
    cases.insert(
        "attachments",
        vec![
            case("first page", &format!("@patientId:int={thick} @folder:int=0 {listed} @afterDay=9999-99-99 @afterFolder:int=0 @afterDocument:int=0"), &[]),
            case("last page", &format!("@patientId:int={thick} @folder:int=0 {listed} @afterDay=1990-01-01 @afterFolder:int=0 @afterDocument:int=0"), &[]),
        ],
    );
    let sections = "@observationsPerCode:int=5 @pastHistory:int=1 @medications:int=1 @allergies:int=1 @familyHistory:int=1 @social:int=1 @observations:int=1 @immunisations:int=1";
    cases.insert(
        "clinical_summary",
        vec![
            case("JSON", &format!("@patientId:int={thick} {sections} @identity:int=0"), &[]),
            case("FHIR", &format!("@patientId:int={thick} {sections} @identity:int=1"), &[]),
        ],
    );
    for statement in ["document_start", "document_content"] {
        let of_folder = |(folder, document): &(usize, String)| {
            case(
                ["", "result", "letter in", "letter out", "enhanced care", "image"][*folder],
                &format!(
                    "@patientId:int={thick} @folder:int={folder} @documentId:int={document} @inlineLimit:int=2000000"
                ),
                &[],
            )
        };
        cases.insert(statement, found.documents.iter().map(of_folder).collect());
    }
    let file = "@fileType=txt @content=SGVsbG8= @length:int=5";
    cases.insert(
        "correspondence_out_write",
        one(
            "new",
            &format!("@token={UNKNOWN} @patientId:int={thick} @surnameKey= @dateOfBirth= @acceptDeceased:int=1 @acceptInactive:int=1 @senderId:int=0 @subject=Referral @recipient=Somebody @day= {file}"),
        ),
    );
    let message = |token: &str, patient: &str, described: &str| {
        format!(
            "@token={token} {patient} {described} @userId:int=0 @ahpra=NOBODY @provider= @fallbackUserId:int={} @fallbackAhpra= @fallbackProvider= @heading=Reply @subject=Reply @category=Letter @senderName=Somebody @text=Hello {file}",
            found.user
        )
    };
    let nobody = "@surnameKey= @firstNameKey= @lastName= @firstName= @dateOfBirth= @medicare= @medicareLine= @ihi=";
    let described = "@surnameKey=BATCHELOR @firstNameKey=ANNE @lastName=Batchelor @firstName=Anne @dateOfBirth=1990-01-01 @medicare= @medicareLine= @ihi=";
    cases.insert(
        "inbox_write",
        vec![
            case(
                "known patient",
                &message("PBYYYYYYYYYYYYYYYYYYYYYYY", &format!("@patientId:int={thick}"), nobody),
                &[],
            ),
            case(
                "described patient",
                &message("PBWWWWWWWWWWWWWWWWWWWWWWW", "@patientId:int=0", described),
                &[],
            ),
        ],
    );
    let thickest = patient::MANY_DOCUMENTS;
    let gone: Vec<_> =
        (1..=20).map(|number| (format!("PB9{number:022}"), number, thickest)).collect();
    let asked = |name, messages: &[(String, i64, i64)]| {
        let marks: Vec<&str> = messages.iter().map(|(mark, ..)| mark.as_str()).collect();
        let keys = messages.iter().map(|(_, item, patient)| format!("{item:010} {patient:010} "));
        case(name, "", &[("@tokens", marks.join(" ")), ("@keys", keys.collect())])
    };
    cases.insert(
        "inbox_checked",
        vec![asked("waiting", &found.messages), asked("filed", &found.filed), asked("gone", &gone)],
    );
    let push = |name, token: &str, at: &str| {
        let reason = format!("Visit [{token}]");
        case(
            name,
            &format!(
                "@token={token} @firstDay:date=2026-11-01 @appointmentId:int=0 @created= @wanted:int=1 {at} @length:int=900 @type:int=1 @lifts= @patientId:int=0 @loginId:int=0"
            ),
            &[("@reason", reason)],
        )
    };
    let (user, day, location) = (&found.user, &found.day, &found.location);
    let busy =
        format!("@userId:int={user} @locationId:int={location} @day:date={day} @time:int=36000");
    let early =
        format!("@userId:int={user} @locationId:int={location} @day:date={day} @time:int=21600");
    cases.insert(
        "booking_push",
        vec![
            push("taken", "PBWWWWWWWWWWWWWWWWWWWWWWW", &busy),
            push("new", "PBVVVVVVVVVVVVVVVVVVVVVVV", &early),
            push("moved", &found.mark, &early.replace("21600", "25200")),
        ],
    );
    let wanted = [large::PATIENTS, large::DOCUMENTS];
    for (number, least) in found.size.iter().zip(wanted) {
        if *number < least {
            return Err(Failure::Catalogue(format!(
                "the practice is too small: {number} of {least}"
            )));
        }
    }
    Ok(cases)
}

/// `@name=value` for a text, `@name:int=value` for another type, with blanks between them. `texts` are
/// parameters whose text has blanks.
fn case(name: &'static str, parameters: &str, texts: &[(&str, String)]) -> Case {
    let parameter = |name: &str, kind: &str, value: &str| Parameter {
        name: name.to_owned(),
        direction: Direction::Input,
        sql_type: kind.to_owned(),
        value: Some(value.to_owned()),
        size: None,
    };
    let written = parameters.split_whitespace().filter_map(|word| word.split_once('='));
    let mut parameters: Vec<Parameter> = written
        .map(|(name, value)| match name.split_once(':') {
            Some((name, "date")) => parameter(name, "Date", value),
            Some((name, _)) => parameter(name, "Int", value),
            None => parameter(name, "VarChar", value),
        })
        .collect();
    parameters.extend(texts.iter().map(|(name, value)| parameter(name, "VarChar", value)));
    Case { name, parameters }
}

/// What the cases need to know of the practice.
struct Found {
    /// The busiest practitioner, their location and day.
    user: String,
    location: String,
    day: String,
    /// The mark of one of our visits.
    mark: String,
    /// A document of the thickest patient in each folder.
    documents: Vec<(usize, String)>,
    /// Our messages in the inbox, and others that were filed: mark, number in the inbox, patient.
    messages: Vec<(String, i64, i64)>,
    filed: Vec<(String, i64, i64)>,
    /// The practice's patients and documents.
    size: [i64; 2],
}

impl Found {
    fn look(bench: &mut Bench) -> Result<Self, Failure> {
        let busiest = bench.rows(
            "SELECT TOP (1) a.USERID, a.LOCATIONID, CONVERT(char(10), a.APPOINTMENTDATE, 23)
             FROM dbo.APPOINTMENTS AS a WHERE a.APPOINTMENTDATE > '2026-11-03' AND a.RECORDSTATUS = 1
             GROUP BY a.USERID, a.LOCATIONID, a.APPOINTMENTDATE ORDER BY COUNT(*) DESC",
        )?;
        let mut busiest = busiest.into_iter().flatten();
        let mut next = || busiest.next().unwrap_or_default();
        let (user, location, day) = (next(), next(), next());
        let mut documents = Vec::new();
        for (folder, view, key) in [
            (1, "BPS_Investigations", "ReportID"),
            (2, "BPS_CorrespondenceIn", "DocumentID"),
            (3, "BPS_CorrespondenceOut", "RecordID"),
            (4, "BPS_EPCReports", "ReportID"),
            (5, "BPS_ClinicalImages", "DocumentID"),
        ] {
            let patient = patient::MANY_DOCUMENTS;
            // Every tenth letter has its file.
            let text = format!(
                "SELECT COALESCE(MAX(CASE WHEN Stored > 0 AND {key} % 10 = 0 THEN {key} END), MAX({key}))
                 FROM dbo.{view} WHERE InternalID = {patient}"
            );
            documents.push((folder, cell(bench, &text)?));
        }
        documents.retain(|(_, document)| !document.is_empty());
        let mut size = [0, 0];
        for (table, place) in [
            ("PATIENTS", 0),
            ("CORRESPONDENCEIN", 1),
            ("CORRESPONDENCEOUT", 1),
            ("INVESTIGATIONS", 1),
            ("EPCREPORTS", 1),
        ] {
            size[place] += number(&cell(bench, &format!("SELECT COUNT(*) FROM dbo.{table}"))?);
        }
        let messages = marked(bench, "PB1", "INCOMINGREPORTS", "REPORTID")?;
        let mut filed = marked(bench, "PB2", "CORRESPONDENCEIN", "DOCUMENTID")?;
        // Their items in the inbox are gone.
        filed.iter_mut().for_each(|(_, item, _)| *item += 1_000_000);
        let mark = cell(
            bench,
            "SELECT TOP (1) SUBSTRING(a.REASON, CHARINDEX('[PB', a.REASON) + 1, 25) FROM dbo.APPOINTMENTS AS a
             WHERE a.APPOINTMENTDATE > '2026-11-03' AND a.INTERNALID = 0 AND a.RECORDSTATUS = 1
               AND CHARINDEX('[PB', a.REASON) > 0 AND a.APPOINTMENTCODE = 1 ORDER BY a.RECORDID",
        )?;
        Ok(Self { user, location, day, mark, documents, messages, filed, size })
    }
}

/// The first value that a query finds.
fn cell(bench: &mut Bench, text: &str) -> Result<String, Failure> {
    Ok(bench.rows(text)?.into_iter().flatten().next().unwrap_or_default())
}

/// Our messages whose marks begin so: mark, number, patient.
fn marked(
    bench: &mut Bench,
    start: &str,
    table: &str,
    key: &str,
) -> Result<Vec<(String, i64, i64)>, Failure> {
    let found = bench.rows(&format!(
        "SELECT TOP (20) RTRIM(r.USERREFERENCE), r.{key}, r.INTERNALID FROM dbo.{table} AS r
         WHERE r.USERREFERENCE LIKE '{start}%' ORDER BY r.{key}"
    ))?;
    let message = |row: Vec<String>| match row.as_slice() {
        [mark, item, patient] => Some((mark.clone(), number(item), number(patient))),
        _ => None,
    };
    Ok(found.into_iter().filter_map(message).collect())
}

fn number(text: &str) -> i64 {
    text.parse().unwrap_or(0)
}
