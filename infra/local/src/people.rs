//! Cognito users and tokens for the demonstration practices and for tests.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::stack_file::{Account, AppClient, PlatformAccess, SignInAccess, Tokens};
use crate::{Aws, Error};

const SCOPES: &str = "practice-bridge/practices.admin practice-bridge/correspondence.write \
                      practice-bridge/bookings.write";

/// A platform of the local stack. `template.yaml` creates an app client for each.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LocalPlatform {
    /// The home platform.
    Home,
    /// A second platform, which shares nothing with the first.
    Other,
}

impl LocalPlatform {
    /// The platform's id.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Other => "other",
        }
    }
}

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
    role: Role,
    practice_id: String,
    platform: LocalPlatform,
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
    pub(crate) other_platform_client: String,
}

impl People {
    pub(crate) fn new(aws: Aws, access: PoolAccess) -> Self {
        Self { aws, access }
    }

    /// Creates a person of a practice of the home platform.
    ///
    /// # Errors
    /// When Cognito refuses.
    pub async fn create(&self, practice_id: &str, role: Role) -> Result<Person, Error> {
        self.create_at(LocalPlatform::Home, practice_id, role).await
    }

    /// Creates a person of a platform's practice.
    ///
    /// # Errors
    /// When Cognito refuses.
    pub async fn create_at(
        &self,
        platform: LocalPlatform,
        practice_id: &str,
        role: Role,
    ) -> Result<Person, Error> {
        let unique = Uuid::new_v4().simple().to_string();
        let person = Person {
            email: format!("{}-{}@{practice_id}.example", role.group(), &unique[..8]),
            password: format!("Local-{unique}"),
            role,
            practice_id: practice_id.to_owned(),
            platform,
        };
        let pool = &self.access.pool;
        // A person without the attribute belongs to the home platform.
        let attribute = (platform != LocalPlatform::Home).then(|| platform.id());
        let Person { email, password, .. } = &person;
        self.aws.create_person(pool, email, password, practice_id, attribute).await?;
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

    /// A fresh token of the home platform's server, with every scope.
    ///
    /// # Errors
    /// When Cognito refuses.
    pub async fn platform_token(&self) -> Result<String, Error> {
        self.server_token(LocalPlatform::Home, SCOPES).await
    }

    /// A fresh token of the home platform's server with these scopes, space-separated.
    ///
    /// # Errors
    /// When Cognito refuses.
    pub async fn platform_token_for(&self, scopes: &str) -> Result<String, Error> {
        self.server_token(LocalPlatform::Home, scopes).await
    }

    /// A fresh token of the second platform's server, with every scope.
    ///
    /// # Errors
    /// When Cognito refuses.
    pub async fn other_platform_token(&self) -> Result<String, Error> {
        self.server_token(LocalPlatform::Other, SCOPES).await
    }

    async fn server_token(&self, platform: LocalPlatform, scopes: &str) -> Result<String, Error> {
        self.aws.client_token(&self.access.pool, self.client_of(platform), scopes).await
    }

    fn client_of(&self, platform: LocalPlatform) -> &str {
        match platform {
            LocalPlatform::Home => &self.access.platform_client,
            LocalPlatform::Other => &self.access.other_platform_client,
        }
    }

    async fn app_client(&self, platform: LocalPlatform) -> Result<AppClient, Error> {
        let client_id = self.client_of(platform).to_owned();
        let client_secret = self.aws.client_secret(&self.access.pool, &client_id).await?;
        Ok(AppClient { client_id, client_secret })
    }

    /// What a log-in form and a platform's server need to get tokens.
    pub(crate) async fn sign_in_access(&self, cast: &Cast) -> Result<SignInAccess, Error> {
        let mut platforms = Vec::new();
        for platform in [LocalPlatform::Home, LocalPlatform::Other] {
            platforms.push(PlatformAccess {
                platform_id: platform.id().to_owned(),
                client: self.app_client(platform).await?,
            });
        }
        Ok(SignInAccess {
            people: cast.all().map(Person::account).to_vec(),
            user_pool_id: self.access.pool.clone(),
            client_id: self.access.people_client.clone(),
            token_endpoint: self.aws.token_endpoint(),
            platform_client: self.app_client(LocalPlatform::Home).await?,
            platforms,
        })
    }
}

/// The people of the demonstration practices.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Cast {
    practice_admin: Person,
    clinician: Person,
    other_practice_clinician: Person,
    other_platform_practice_admin: Person,
    other_platform_clinician: Person,
}

impl Person {
    fn account(&self) -> Account {
        Account {
            email: self.email.clone(),
            password: self.password.clone(),
            role: self.role.group().to_owned(),
            practice_id: self.practice_id.clone(),
            platform_id: self.platform.id().to_owned(),
        }
    }
}

impl Cast {
    pub(crate) async fn create(people: &People, first: &str, second: &str) -> Result<Self, Error> {
        Ok(Self {
            practice_admin: people.create(first, Role::PracticeAdmin).await?,
            clinician: people.create(first, Role::Clinician).await?,
            other_practice_clinician: people.create(second, Role::Clinician).await?,
            // The other platform calls its practice by the same id. That means nothing.
            other_platform_practice_admin: people
                .create_at(LocalPlatform::Other, first, Role::PracticeAdmin)
                .await?,
            other_platform_clinician: people
                .create_at(LocalPlatform::Other, first, Role::Clinician)
                .await?,
        })
    }

    fn all(&self) -> [&Person; 5] {
        [
            &self.practice_admin,
            &self.clinician,
            &self.other_practice_clinician,
            &self.other_platform_practice_admin,
            &self.other_platform_clinician,
        ]
    }

    pub(crate) async fn tokens(&self, people: &People) -> Result<Tokens, Error> {
        Ok(Tokens {
            practice_admin: people.sign_in(&self.practice_admin).await?,
            clinician: people.sign_in(&self.clinician).await?,
            other_practice_clinician: people.sign_in(&self.other_practice_clinician).await?,
            platform: people.platform_token().await?,
            other_platform: people.other_platform_token().await?,
            other_platform_practice_admin: people
                .sign_in(&self.other_platform_practice_admin)
                .await?,
            other_platform_clinician: people.sign_in(&self.other_platform_clinician).await?,
        })
    }
}
