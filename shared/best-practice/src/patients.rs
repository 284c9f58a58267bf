//! Patients: the search by surname and date of birth, and one patient's demographics.

use domain::ids::{HaloGuid, PatientId};
use domain::numbers;
use domain::patient::{
    Address, DateOfBirth, Demographics, Dva, HealthFund, Medicare, NextOfKin, PatientMatch,
    PatientMatches, PatientStatus, Pension, Phones,
};
use domain::surname::SurnameKey;
use halo::rows::BadColumn;
use halo::{Deadline, Parameter, Row};
use jiff::civil::Date;
use serde_json::Value;

use crate::client::BpClient;
use crate::error::{BpError, malformed};
use crate::rows::{Unmappable, Unread, day_of_death, known_day, readable};
use crate::statements::Statement;

impl BpClient {
    /// Patients by the beginning of the surname and the date of birth.
    ///
    /// # Errors
    /// Every error that a query can have.
    pub async fn search(
        &self,
        guid: HaloGuid,
        surname: &SurnameKey,
        born: DateOfBirth,
        deadline: Deadline,
    ) -> Result<PatientMatches, BpError> {
        let parameters = [
            Parameter::date("@dateOfBirth", born.date()),
            Parameter::var_char("@surname", surname.as_str()),
            Parameter::var_char("@surnamePattern", prefix_pattern(surname.as_str())),
        ];
        let rows = self.read(guid, Statement::PatientSearch, parameters, deadline).await?;
        Ok(matches(&rows))
    }

    /// One patient's demographics, or `None` when Bp has no such patient.
    ///
    /// # Errors
    /// Every error that a query can have.
    pub async fn demographics(
        &self,
        guid: HaloGuid,
        patient: PatientId,
        deadline: Deadline,
    ) -> Result<Option<Demographics>, BpError> {
        let parameters = [Parameter::int("@patientId", patient.0)];
        let rows = self.read(guid, Statement::PatientDemographics, parameters, deadline).await?;
        malformed(Statement::PatientDemographics, demographics(&rows))
    }
}

/// A LIKE pattern that matches every text with this beginning. LIKE's own characters are escaped with
/// a backslash.
fn prefix_pattern(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        if matches!(c, '%' | '_' | '[' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// A row without the patient's number cannot be chosen, so it is left out and counted.
fn matches(rows: &[Row]) -> PatientMatches {
    let lines = rows.iter().map(|row| {
        let mut unread = Unread::default();
        let ending = unread.member("medicareEnding", row.text("MedicareEnding"));
        person(row, ending.and_then(|ending| numbers::medicare_ending(&ending)), unread)
    });
    let (people, unreadable_rows) = readable(Statement::PatientSearch, lines);
    let mut matches: Vec<PatientMatch> = Vec::new();
    for person in people {
        if matches.iter().all(|known| known.patient_id != person.patient_id) {
            matches.push(person);
        }
    }
    let more = rows.len() > PatientMatches::MOST_LINES;
    matches.truncate(PatientMatches::MOST_LINES);
    PatientMatches { matches, more, unreadable_rows }
}

fn person(
    row: &Row,
    medicare_ending: Option<String>,
    mut unread: Unread,
) -> Result<PatientMatch, Unmappable> {
    let mut text = |member, column| unread.member(member, row.text(column));
    let status = text("status", "StatusText").unwrap_or_default();
    let [title, first_name, middle_name, last_name, preferred_name, sex, suburb] = [
        ("title", "Title"),
        ("firstName", "Firstname"),
        ("middleName", "Middlename"),
        ("lastName", "Surname"),
        ("preferredName", "Preferredname"),
        ("sex", "Sex"),
        ("suburb", "City"),
    ]
    .map(|(member, column)| text(member, column));
    Ok(PatientMatch {
        patient_id: PatientId::parse(row.int("InternalID")?)
            .map_err(|_| Unmappable::OutOfRange("InternalID"))?,
        status: PatientStatus::from_bp(&status),
        title,
        first_name,
        middle_name,
        last_name,
        preferred_name,
        date_of_birth: unread.member("dateOfBirth", row.date("DOB")).and_then(known_day),
        sex,
        suburb,
        medicare_ending,
        unreadable: unread.names(),
    })
}

fn demographics(rows: &[Row]) -> Result<Option<Demographics>, Unmappable> {
    let Some(row) = rows.first() else { return Ok(None) };
    let medicare_number = row.text("MedicareNo")?;
    let ending = medicare_number.as_deref().and_then(numbers::medicare_ending);
    let mut unread = Unread::default();
    let date_of_death = unread.member("dateOfDeath", date_of_death(row));
    let person = person(row, ending, unread)?;
    let fund = HealthFund { name: row.text("HealthFundName")?, number: row.text("HealthFundNo")? };
    Ok(Some(Demographics {
        deceased: person.status == PatientStatus::Deceased || date_of_death.is_some(),
        date_of_death,
        person,
        gender: row.text("Gender")?,
        address: Address {
            line1: row.text("Address1")?,
            line2: row.text("Address2")?,
            suburb: row.text("City")?,
            postcode: row.text("Postcode")?,
        },
        postal_address: Address {
            line1: row.text("PostalAddress")?,
            line2: None,
            suburb: row.text("PostalCity")?,
            postcode: row.text("PostalPostcode")?,
        },
        phones: Phones {
            home: row.text("HomePhone")?,
            work: row.text("WorkPhone")?,
            mobile: row.text("MobilePhone")?,
        },
        // A patient with two e-mail addresses comes as two rows. The first address counts.
        email: rows
            .iter()
            .map(|row| row.text("Email"))
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .flatten()
            .next(),
        medicare: match medicare_number {
            Some(number) => Some(Medicare {
                number: as_one(number, numbers::digits),
                line: row.text("MedicareLineNo")?,
                expiry: row.text("MedicareExpiry")?,
            }),
            None => None,
        },
        dva: row.text("DVANo")?.map(|number| Dva { number: as_one(number, numbers::dva) }),
        pension: match row.text("PensionNo")? {
            Some(number) => Some(Pension {
                number,
                kind: row.text("PensionType")?,
                expiry: row.date("PensionExpiry")?.and_then(known_day),
            }),
            None => None,
        },
        health_fund: (fund.name.is_some() || fund.number.is_some()).then_some(fund),
        ihi: row.text("IHI")?.map(|number| as_one(number, numbers::digits)),
        ethnicity: row.text("Ethnicity")?,
        usual_doctor: row.text("UsualDoctor")?,
        next_of_kin: next_of_kin(row)?,
    }))
}

/// A replaced statement may not return it.
fn date_of_death(row: &Row) -> Result<Option<Date>, BadColumn> {
    const COLUMN: &str = "DateOfDeath";
    if row.value(COLUMN).is_err() {
        return Ok(None);
    }
    Ok(row.date(COLUMN)?.and_then(day_of_death))
}

/// The number in its standard form, or as Bp has it when it has no standard form.
fn as_one(number: String, form: impl Fn(&str) -> Option<String>) -> String {
    form(&number).unwrap_or(number)
}

fn next_of_kin(row: &Row) -> Result<Option<NextOfKin>, Unmappable> {
    let Some(json) = row.text("NextOfKin")? else { return Ok(None) };
    let people: Vec<Value> = serde_json::from_str(&json).map_err(|_| Unmappable::NextOfKin)?;
    let Some(person) = people.first() else { return Ok(None) };
    let text = |name: &str| {
        person
            .get(name)
            .and_then(Value::as_str)
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let found = NextOfKin {
        first_name: text("firstName"),
        last_name: text("lastName"),
        relationship: text("relationship"),
        phone: text("phone"),
    };
    Ok((found.first_name.is_some() || found.last_name.is_some()).then_some(found))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rows::rows_of;

    fn line(id: Value) -> Value {
        json!({ "IsExact": 1, "InternalID": id, "StatusText": "Active", "Title": "Ms", "Firstname": "Ann",
            "Middlename": null, "Surname": "Made-Up", "Preferredname": null, "DOB": "1984-02-29",
            "Sex": "Female", "City": "Brisbane", "MedicareEnding": "1234" })
    }

    #[test]
    fn a_patient_who_cannot_be_chosen_is_left_out_and_counted() {
        for odd in
            [json!(null), json!("x"), json!(0), json!(-1), json!(2_147_483_648_i64), json!({})]
        {
            let found =
                matches(&rows_of(json!([line(json!(1)), line(odd.clone()), line(json!(3))])));
            let ids: Vec<_> = found.matches.iter().map(|one| one.patient_id.0).collect();
            assert_eq!((ids, found.unreadable_rows, found.more), (vec![1, 3], 1, false), "{odd}");
        }
        let shown = serde_json::to_value(matches(&rows_of(json!([line(json!(1))])))).unwrap();
        assert_eq!(shown.get("unreadableRows"), None);
        assert_eq!(shown["matches"][0].get("unreadable"), None);
    }

    #[test]
    fn a_patient_is_shown_without_the_cells_that_cannot_be_read() {
        let columns = [
            ("StatusText", "status"),
            ("Title", "title"),
            ("Firstname", "firstName"),
            ("Middlename", "middleName"),
            ("Surname", "lastName"),
            ("Preferredname", "preferredName"),
            ("DOB", "dateOfBirth"),
            ("Sex", "sex"),
            ("City", "suburb"),
            ("MedicareEnding", "medicareEnding"),
        ];
        for (column, member) in columns {
            let mut odd = line(json!(2));
            odd[column] = json!([1]);
            let found = matches(&rows_of(json!([line(json!(1)), odd])));
            assert_eq!((found.matches.len(), found.unreadable_rows), (2, 0), "{column}");
            assert_eq!(found.matches[1].unreadable, [member]);
            assert!(found.matches[0].unreadable.is_empty());
        }
        let mut odd = line(json!(2));
        odd["StatusText"] = json!(true);
        odd["DOB"] = json!("1984-02-30");
        let person = &matches(&rows_of(json!([odd]))).matches[0];
        assert_eq!((person.status, person.date_of_birth), (PatientStatus::Other, None));
        assert_eq!(person.unreadable, ["status", "dateOfBirth"]);
    }

    #[test]
    fn a_pattern_takes_likes_own_characters_literally() {
        assert_eq!(prefix_pattern("OBRIEN"), "OBRIEN%");
        assert_eq!(prefix_pattern(r"50%_[a]\"), r"50\%\_\[a]\\%");
    }
}
