//! Bp's users: by name, and by registration number.

use domain::clinician::{BpUser, ClinicianName};
use domain::ids::{BpUserId, HaloGuid};
use domain::spelling::key;
use domain::staff::{NamedUser, Register, RegisteredUser};
use halo::{Deadline, Parameter, Row};

use crate::client::BpClient;
use crate::error::{BpError, malformed};
use crate::rows::Unmappable;
use crate::statements::Statement;

impl BpClient {
    /// The active users who may have this name. [`choose`](domain::clinician::choose) selects among them.
    ///
    /// # Errors
    /// Every error that a query can have.
    pub async fn users_named(
        &self,
        guid: HaloGuid,
        name: &ClinicianName,
        deadline: Deadline,
    ) -> Result<Vec<BpUser>, BpError> {
        let parameters = [
            Parameter::var_char("@firstNameKey", key(&name.first)),
            Parameter::var_char("@lastNameKey", key(&name.last)),
        ];
        let rows = self.read(guid, Statement::UsersNamed, parameters, deadline).await?;
        malformed(Statement::UsersNamed, users(&rows))
    }

    /// Bp's users who have a registration number, and the names of all active users.
    ///
    /// # Errors
    /// Every error that a query can have. It is no error when inactive users cannot be read.
    pub async fn register(&self, guid: HaloGuid, deadline: Deadline) -> Result<Register, BpError> {
        let rows = self.read(guid, Statement::StaffByRegistration, [], deadline).await?;
        malformed(Statement::StaffByRegistration, registered(&rows))
    }
}

/// One user for the rows of each user id. A user has one row for each provider number.
///
/// Each row is a user who may have the asked name. If it is not known who a row is, nobody can be chosen: the
/// other user of the name might be linked by mistake. A provider number that cannot be read proves nothing and
/// is left out.
fn users(rows: &[Row]) -> Result<Vec<BpUser>, Unmappable> {
    let mut users: Vec<BpUser> = Vec::new();
    for row in rows {
        // Bp's own rows have numbers that no person has.
        let Ok(user_id) = BpUserId::parse(row.int("UserID")?) else { continue };
        let number = row.text("ProviderNumber").unwrap_or_default();
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

fn registered(rows: &[Row]) -> Result<Register, Unmappable> {
    let mut register = Register::default();
    let mut headed = false;
    for row in rows {
        match row.int("Kind") {
            Ok(0) => {
                headed = true;
                register.inactive_seen = row.int("InactiveSeen").is_ok_and(|seen| seen != 0);
            }
            Ok(1) => match registered_user(row) {
                Ok(user) => {
                    let registration = Some(user.registration.clone());
                    register.named.extend(named_user(row, registration));
                    register.users.push(user);
                }
                Err(problem) => {
                    tracing::warn!(%problem, "a user with a registration number cannot be read");
                    register.unreadable.push(row.text("Registration").ok().flatten());
                }
            },
            Ok(2) => register.named.extend(named_user(row, None)),
            _ => {
                tracing::warn!("a row of the register is of no known kind");
                register.unreadable.push(None);
            }
        }
    }
    headed.then_some(register).ok_or(Unmappable::NotRead("InactiveSeen"))
}

fn registered_user(row: &Row) -> Result<RegisteredUser, Unmappable> {
    Ok(RegisteredUser {
        user: BpUserId::parse(row.int("UserId")?).map_err(|_| Unmappable::OutOfRange("UserId"))?,
        registration: row.text("Registration")?.unwrap_or_default(),
        active: row.int("Active")? != 0,
    })
}

/// The name of an active user. It only helps people to find a mistake, so a name that is missing or cannot be read is
/// left out.
fn named_user(row: &Row, registration: Option<String>) -> Option<NamedUser> {
    let text = |name| row.text(name).ok().flatten().filter(|text: &String| !text.is_empty());
    Some(NamedUser {
        user: BpUserId::parse(row.int("UserId").ok()?).ok()?,
        first_name: text("FirstName")?,
        last_name: text("LastName")?,
        registration,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rows::rows_of;

    #[test]
    fn a_provider_number_that_cannot_be_read_costs_that_number() {
        let user = |id: i64, number: serde_json::Value| json!({ "UserID": id, "FirstName": "Sam", "LastName": "Made-Up", "ProviderNumber": number });
        let found = users(&rows_of(json!([
            user(1, json!("1111111A")),
            user(1, json!({})),
            user(0, json!("9999999A")),
            user(2, json!(null)),
        ])));
        let numbers: Vec<_> = found
            .unwrap()
            .into_iter()
            .map(|user| (user.user_id.0, user.provider_numbers))
            .collect();
        assert_eq!(numbers, [(1, vec!["1111111A".to_owned()]), (2, vec![])]);
    }

    #[test]
    fn nobody_is_chosen_while_it_is_not_known_who_has_the_name() {
        for (id, first, last) in [
            (json!(null), json!("Sam"), json!("Made-Up")),
            (json!("two"), json!("Sam"), json!("Made-Up")),
            (json!(2), json!({}), json!("Made-Up")),
            (json!(2), json!("Sam"), json!([])),
        ] {
            let odd = json!({ "UserID": id, "FirstName": first, "LastName": last, "ProviderNumber": null });
            let good = json!({ "UserID": 1, "FirstName": "Sam", "LastName": "Made-Up", "ProviderNumber": null });
            assert!(users(&rows_of(json!([good, odd]))).is_err());
        }
    }

    #[test]
    fn active_users_are_named_with_and_without_a_number() {
        let rows = rows_of(json!([
            { "Kind": 0, "InactiveSeen": 1 },
            { "Kind": 1, "UserId": 1, "Registration": "MED9990000001", "Active": 1,
              "FirstName": "Sam", "LastName": "Made-Up" },
            { "Kind": 1, "UserId": 2, "Registration": "MED9990000002", "Active": 0,
              "FirstName": null, "LastName": null },
            { "Kind": 2, "UserId": 3, "Registration": null, "Active": 1,
              "FirstName": "Kim", "LastName": "Made-Up" },
            { "Kind": 2, "UserId": 4, "Registration": null, "Active": 1, "FirstName": {}, "LastName": "X" },
            // A copy of the statement without names.
            { "Kind": 1, "UserId": 5, "Registration": "MED9990000005", "Active": 1 },
        ]));
        let register = registered(&rows).unwrap();
        assert_eq!((register.users.len(), register.unreadable.len()), (3, 0));
        let named: Vec<_> =
            register.named.iter().map(|user| (user.user.0, user.registration.as_deref())).collect();
        assert_eq!(named, [(1, Some("MED9990000001")), (3, None)]);
    }

    #[test]
    fn a_user_who_cannot_be_read_costs_only_their_row_of_the_register() {
        let user = |id: serde_json::Value, number: serde_json::Value, active: serde_json::Value| json!({ "Kind": 1, "UserId": id, "Registration": number, "Active": active });
        let head = json!({ "Kind": 0, "InactiveSeen": 1 });
        let good = user(json!(1), json!("MED9990000001"), json!(1));
        let known = Some("MED9990000002".to_owned());
        for (odd, unreadable) in [
            (user(json!(null), json!("MED9990000002"), json!(1)), known.clone()),
            (user(json!(-2), json!("MED9990000002"), json!(1)), known.clone()),
            (user(json!(2), json!("MED9990000002"), json!(null)), known),
            (user(json!(2), json!({}), json!(1)), None),
            (json!({ "Kind": null }), None),
        ] {
            let register = registered(&rows_of(json!([head, odd, good]))).unwrap();
            assert_eq!(register.users.len(), 1, "{odd}");
            assert_eq!(register.unreadable, [unreadable], "{odd}");
        }
        assert!(registered(&rows_of(json!([good]))).is_err());
        let unsaid = json!({ "Kind": 0, "InactiveSeen": null });
        assert!(!registered(&rows_of(json!([unsaid, good]))).unwrap().inactive_seen);
    }
}
