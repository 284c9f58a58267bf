//! From rows to the domain. A row that is not what the statement's header promises is an error;
//! nothing is guessed, nothing is half filled.

use domain::clinician::BpUser;
use domain::ids::{BpUserId, LocationId, PatientId};
use domain::numbers;
use domain::patient::{
    Address, Demographics, Dva, HealthFund, Medicare, NextOfKin, PatientMatch, PatientMatches,
    PatientStatus, Pension, Phones,
};
use halo::Row;
use halo::rows::BadColumn;
use jiff::civil::{Date, date};
use serde_json::Value;

use crate::bp::{AppointmentType, Choices, Location};

/// Why rows cannot be read; never with a value.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Unmappable {
    #[error(transparent)]
    Column(#[from] BadColumn),
    #[error("column {0} is out of range")]
    OutOfRange(&'static str),
    #[error("NextOfKin is not the JSON that was asked for")]
    NextOfKin,
    #[error("{0} was not read")]
    NotRead(&'static str),
}

/// A LIKE pattern for everything that begins with this, with a backslash before LIKE's own characters.
pub(crate) fn prefix_pattern(text: &str) -> String {
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

/// A day, unless it is one that programs write where they know none: the first day of SQL Server's
/// `datetime`, and the day before it that other databases count from.
pub(crate) fn known(day: Date) -> Option<Date> {
    (![date(1900, 1, 1), date(1899, 12, 30)].contains(&day)).then_some(day)
}

pub(crate) fn users(rows: &[Row]) -> Result<Vec<BpUser>, Unmappable> {
    let mut users: Vec<BpUser> = Vec::new();
    for row in rows {
        let user_id =
            BpUserId::parse(row.int("UserID")?).map_err(|_| Unmappable::OutOfRange("UserID"))?;
        let number = row.text("ProviderNumber")?;
        match users.iter_mut().find(|user| user.user_id == user_id) {
            Some(user) => user.provider_numbers.extend(number),
            None => users.push(BpUser {
                user_id,
                first_name: row.text("FirstName")?.unwrap_or_default(),
                last_name: row.text("LastName")?.unwrap_or_default(),
                provider_numbers: number.into_iter().collect(),
            }),
        }
    }
    Ok(users)
}

pub(crate) fn choices(rows: &[Row]) -> Result<Choices, Unmappable> {
    let mut choices = Choices::default();
    for row in rows {
        // A deployment's own statement may list locations only, without a kind.
        match row.int("Kind") {
            Ok(1) => choices.appointment_types.push(AppointmentType {
                code: row.int("TypeCode")?,
                name: row.text("TypeName")?,
                recall: row.int("Recall")? != 0,
            }),
            _ => choices.locations.push(location(row)?),
        }
    }
    Ok(choices)
}

fn location(row: &Row) -> Result<Location, Unmappable> {
    let town = joined(&[row.text("City")?, row.text("PostCode")?], " ");
    Ok(Location {
        location_id: LocationId::parse(row.int("LocationID")?)
            .map_err(|_| Unmappable::OutOfRange("LocationID"))?,
        name: row.text("LocationName")?,
        address: joined(&[row.text("Address1")?, row.text("Address2")?, town], ", "),
        phone: row.text("Phone")?,
    })
}

fn joined(parts: &[Option<String>], separator: &str) -> Option<String> {
    let parts: Vec<&str> = parts.iter().flatten().map(String::as_str).collect();
    (!parts.is_empty()).then(|| parts.join(separator))
}

pub(crate) fn matches(rows: &[Row]) -> Result<PatientMatches, Unmappable> {
    let mut matches: Vec<PatientMatch> = Vec::new();
    for row in rows {
        let ending =
            row.text("MedicareEnding")?.and_then(|ending| numbers::medicare_ending(&ending));
        let person = person(row, ending)?;
        if matches.iter().all(|known| known.patient_id != person.patient_id) {
            matches.push(person);
        }
    }
    let more = rows.len() > PatientMatches::MOST_LINES;
    matches.truncate(PatientMatches::MOST_LINES);
    Ok(PatientMatches { matches, more })
}

fn person(row: &Row, medicare_ending: Option<String>) -> Result<PatientMatch, Unmappable> {
    Ok(PatientMatch {
        patient_id: PatientId::parse(row.int("InternalID")?)
            .map_err(|_| Unmappable::OutOfRange("InternalID"))?,
        status: PatientStatus::from_bp(&row.text("StatusText")?.unwrap_or_default()),
        title: row.text("Title")?,
        first_name: row.text("Firstname")?,
        middle_name: row.text("Middlename")?,
        last_name: row.text("Surname")?,
        preferred_name: row.text("Preferredname")?,
        date_of_birth: row.date("DOB")?.and_then(known),
        sex: row.text("Sex")?,
        suburb: row.text("City")?,
        medicare_ending,
    })
}

pub(crate) fn demographics(rows: &[Row]) -> Result<Option<Demographics>, Unmappable> {
    let Some(row) = rows.first() else { return Ok(None) };
    let medicare_number = row.text("MedicareNo")?;
    let ending = medicare_number.as_deref().and_then(numbers::medicare_ending);
    let fund = HealthFund { name: row.text("HealthFundName")?, number: row.text("HealthFundNo")? };
    Ok(Some(Demographics {
        person: person(row, ending)?,
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
        // A patient with two addresses comes as two rows; the first that has one counts.
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
                expiry: row.date("PensionExpiry")?.and_then(known),
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

/// A number in its one form; as Bp has it where it is no such number.
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
    use super::*;

    #[test]
    fn a_day_that_stands_for_none_is_none() {
        assert_eq!([known(date(1900, 1, 1)), known(date(1899, 12, 30))], [None, None]);
        for day in [date(1900, 1, 2), date(1899, 12, 31), date(2000, 1, 1)] {
            assert_eq!(known(day), Some(day));
        }
    }

    #[test]
    fn a_pattern_takes_likes_own_characters_literally() {
        assert_eq!(prefix_pattern("OBRIEN"), "OBRIEN%");
        assert_eq!(prefix_pattern(r"50%_[a]\"), r"50\%\_\[a]\\%");
    }
}
