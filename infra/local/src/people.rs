//! Cognito users and tokens for the demonstration practices and for tests.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::stack_file::Tokens;
use crate::{Aws, Error};

const SCOPES: &str = "practice-bridge/practices.admin practice-bridge/correspondence.write \
                      practice-bridge/bookings.write";

/// What a person may do at their practice.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// May change settings and read the audit trail.
    PracticeAdmin,
    /// May read patients' records.
    Clinician,
}

impl Role {
    fn group(self) -> &'static str {
        match self {
            Self::PracticeAdmin => "practice-admin",
            Self::Clinician => "clinician",
        }
    }
}

/// A made-up person with an account.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Person {
    email: String,
    password: String,
}

/// Creates people and signs them in.
#[derive(Clone, Debug)]
pub struct People {
    aws: Aws,
    access: PoolAccess,
}

/// The ids of the user pool and its app clients.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct PoolAccess {
    pub(crate) pool: String,
    pub(crate) people_client: String,
    pub(crate) platform_client: String,
}

impl People {
    pub(crate) fn new(aws: Aws, access: PoolAccess) -> Self {
        Self { aws, access }
    }

    /// Creates a person of a practice.
    ///
    /// # Errors
    /// When Cognito refuses.
    pub async fn create(&self, practice_id: &str, role: Role) -> Result<Person, Error> {
        let unique = Uuid::new_v4().simple().to_string();
        let person = Person {
            email: format!("{}-{}@{practice_id}.example", role.group(), &unique[..8]),
            password: format!("Local-{unique}"),
        };
        let pool = &self.access.pool;
        self.aws.create_person(pool, &person.email, &person.password, practice_id).await?;
        self.aws.add_to_group(pool, &person.email, role.group()).await?;
        Ok(person)
    }

    /// A fresh token of a person.
    ///
    /// # Errors
    /// When Cognito refuses.
    pub async fn sign_in(&self, person: &Person) -> Result<String, Error> {
        let PoolAccess { pool, people_client, .. } = &self.access;
        self.aws.id_token(pool, people_client, &person.email, &person.password).await
    }

    /// A fresh token of a platform's server, with every scope.
    ///
    /// # Errors
    /// When Cognito refuses.
    pub async fn platform_token(&self) -> Result<String, Error> {
        self.platform_token_for(SCOPES).await
    }

    /// A fresh token of a platform's server with these scopes, space-separated.
    ///
    /// # Errors
    /// When Cognito refuses.
    pub async fn platform_token_for(&self, scopes: &str) -> Result<String, Error> {
        self.aws.client_token(&self.access.pool, &self.access.platform_client, scopes).await
    }
}

/// The people of the demonstration practices.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Cast {
    practice_admin: Person,
    clinician: Person,
    other_practice_clinician: Person,
}

impl Cast {
    pub(crate) async fn create(people: &People, first: &str, second: &str) -> Result<Self, Error> {
        Ok(Self {
            practice_admin: people.create(first, Role::PracticeAdmin).await?,
            clinician: people.create(first, Role::Clinician).await?,
            other_practice_clinician: people.create(second, Role::Clinician).await?,
        })
    }

    pub(crate) async fn tokens(&self, people: &People) -> Result<Tokens, Error> {
        Ok(Tokens {
            practice_admin: people.sign_in(&self.practice_admin).await?,
            clinician: people.sign_in(&self.clinician).await?,
            other_practice_clinician: people.sign_in(&self.other_practice_clinician).await?,
            platform: people.platform_token().await?,
        })
    }
}
