//! Bp's users: by name, and by registration number.

use domain::clinician::{BpUser, ClinicianName};
use domain::ids::{BpUserId, HaloGuid};
use domain::spelling::key;
use domain::staff::{Register, RegisteredUser};
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

    /// Bp's users who have a registration number.
    ///
    /// # Errors
    /// Every error that a query can have. It is no error when inactive users cannot be read.
    pub async fn register(&self, guid: HaloGuid, deadline: Deadline) -> Result<Register, BpError> {
        let rows = self.read(guid, Statement::StaffByRegistration, [], deadline).await?;
        malformed(Statement::StaffByRegistration, registered(&rows))
    }
}

/// One user for the rows of each user id. A user has one row for each provider number.
fn users(rows: &[Row]) -> Result<Vec<BpUser>, Unmappable> {
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

fn registered(rows: &[Row]) -> Result<Register, Unmappable> {
    let mut register = Register::default();
    let mut headed = false;
    for row in rows {
        match row.int("Kind")? {
            0 => {
                headed = true;
                register.inactive_seen = row.int("InactiveSeen")? != 0;
            }
            1 => register.users.push(RegisteredUser {
                user: BpUserId::parse(row.int("UserId")?)
                    .map_err(|_| Unmappable::OutOfRange("UserId"))?,
                registration: row.text("Registration")?.unwrap_or_default(),
                active: row.int("Active")? != 0,
            }),
            _ => return Err(Unmappable::OutOfRange("Kind")),
        }
    }
    headed.then_some(register).ok_or(Unmappable::NotRead("InactiveSeen"))
}
