use std::fs::{self, File};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use local::{Aws, LocalPlatform, People, Progress, Role, Stack, StackFile, StackOptions};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::Caller;

/// The platform whose people sign in at their own issuer.
pub const OWN_LOG_IN: &str = "own-log-in";
/// `aud` of the tokens of [`OWN_LOG_IN`]'s issuer.
pub const OWN_LOG_IN_AUDIENCE: &str = "own-app";

/// A stack that only one test uses at a time.
#[derive(Debug)]
pub struct TestStack {
    issuer: TcpListener,
    file: StackFile,
    aws: Aws,
    people: People,
    logs: PathBuf,
    pub(crate) http: reqwest::Client,
}

/// A made-up practice of one test, with a person for every role. It is not connected to a Bp yet.
#[derive(Debug)]
pub struct TestPractice {
    /// The platform's id of the practice.
    pub practice_id: String,
    /// May change settings.
    pub practice_admin: Caller,
    /// May read patients' records.
    pub clinician: Caller,
    /// A platform's server, with every scope.
    pub platform: Caller,
    /// Nobody: no token.
    pub stranger: Caller,
}

impl TestStack {
    /// Starts the stack with this number, counted from 0.
    pub(crate) async fn start(number: usize) -> Self {
        // Each test has its own runtime, and a stack must outlive the first test that uses it. So the stack
        // runs in its own thread. MiniStack and the simulator end with this process.
        let (sender, receiver) = tokio::sync::oneshot::channel();
        std::thread::Builder::new()
            .name(format!("local stack {number}"))
            .spawn(move || keep(number, sender))
            .expect("a thread for the stack");
        receiver.await.expect("the stack starts; see standard error")
    }

    fn of(stack: &Stack, issuer: TcpListener) -> Self {
        Self {
            issuer,
            file: stack.file().clone(),
            aws: stack.aws().clone(),
            people: stack.people().clone(),
            logs: stack.logs(),
            http: local::loopback_client().expect("an HTTP client"),
        }
    }

    /// The content of `stack.json`.
    #[must_use]
    pub fn file(&self) -> &StackFile {
        &self.file
    }

    /// The AWS APIs.
    #[must_use]
    pub fn aws(&self) -> &Aws {
        &self.aws
    }

    /// Where the issuer of [`OWN_LOG_IN`] is expected.
    #[must_use]
    pub fn issuer(&self) -> String {
        issuer(&self.issuer)
    }

    /// The issuer's listening socket, for the program that plays the issuer.
    #[must_use]
    pub fn issuer_socket(&self) -> Stdio {
        OwnedFd::from(self.issuer.try_clone().expect("a copy of the socket")).into()
    }

    /// A caller with this token.
    #[must_use]
    pub fn caller_with(&self, practice_id: &str, token: &str) -> Caller {
        self.caller(practice_id, Some(token.to_owned()))
    }

    /// Creates accounts and signs people in.
    #[must_use]
    pub fn people(&self) -> &People {
        &self.people
    }

    pub(crate) fn logs(&self) -> &Path {
        &self.logs
    }

    /// Creates a practice that no other test uses.
    pub async fn new_practice(&self) -> TestPractice {
        let unique = Uuid::new_v4().simple().to_string();
        let practice_id = format!("practice-{}", &unique[..12]);
        let platform = self.people.platform_token().await.expect("a platform's token");
        self.practice_at(LocalPlatform::Home, practice_id, platform).await
    }

    /// Creates a practice of the second platform under this id, which the home platform may use, too.
    pub async fn new_practice_of_other_platform(&self, practice_id: &str) -> TestPractice {
        let platform = self.people.other_platform_token().await.expect("a platform's token");
        self.practice_at(LocalPlatform::Other, practice_id.to_owned(), platform).await
    }

    async fn practice_at(
        &self,
        of: LocalPlatform,
        practice_id: String,
        platform: String,
    ) -> TestPractice {
        let caller = |token| self.caller(&practice_id, token);
        TestPractice {
            practice_admin: caller(Some(
                self.token_at(of, &practice_id, Role::PracticeAdmin).await,
            )),
            clinician: caller(Some(self.token_at(of, &practice_id, Role::Clinician).await)),
            platform: caller(Some(platform)),
            stranger: caller(None),
            practice_id,
        }
    }

    /// Creates another person of a practice.
    pub async fn new_person(&self, practice_id: &str, role: Role) -> Caller {
        self.caller(practice_id, Some(self.token(practice_id, role).await))
    }

    async fn token(&self, practice_id: &str, role: Role) -> String {
        self.token_at(LocalPlatform::Home, practice_id, role).await
    }

    async fn token_at(&self, platform: LocalPlatform, practice_id: &str, role: Role) -> String {
        let person = self.people.create_at(platform, practice_id, role).await.expect("an account");
        self.people.sign_in(&person).await.expect("a person's token")
    }

    fn caller(&self, practice_id: &str, token: Option<String>) -> Caller {
        Caller::new(self.http.clone(), &self.file.api_url, practice_id, token)
    }

    /// Fails the test if a queue has a dead letter. The outcome of every document, delivery and booking
    /// belongs in the table, and the message must be deleted.
    pub async fn assert_no_dead_letters(&self) {
        for queue in ["siteWorkDeadLetters", "importDeadLetters", "webhookDeadLetters"] {
            let url = &self.file.aws.queues[queue];
            let given_up = self.aws.queued(url).await.expect("a queue's length");
            assert_eq!(given_up, 0, "messages were given up, here or in an earlier test: {queue}");
        }
    }

    /// Deletes the work and the failure counts and grants of earlier tests' practices. Otherwise their work would
    /// reach this test's Halo, and their failures would count against the sites that all tests use.
    pub(crate) async fn forget_work(&self) {
        let of_others = ["WORK#", "IMPORT#", "LIMIT#", "GRANT#"];
        self.forget(|partition| of_others.iter().any(|of| partition.starts_with(of))).await;
        self.forget_endpoints().await;
    }

    /// Deletes all webhook endpoints and their events.
    pub async fn forget_endpoints(&self) {
        let of_endpoints = ["ENDPOINTS#", "HOOK#"];
        self.forget(|partition| of_endpoints.iter().any(|of| partition.starts_with(of))).await;
    }

    async fn forget(&self, forgotten: impl Fn(&str) -> bool) {
        let table = self.file.aws.table.as_deref().expect("a table");
        for item in self.table().await {
            if item["pk"]["S"].as_str().is_some_and(&forgotten) {
                let key = json!({ "pk": item["pk"], "sk": item["sk"] });
                self.aws.delete_item(table, &key).await.expect("an item is deleted");
            }
        }
    }

    /// Runs a scheduled job now, as EventBridge Scheduler would, and returns its result. The job is `sweep`
    /// or `turns`, or a job of one practice such as `reconcile`.
    pub async fn run_job(&self, job: &str, practice_id: Option<&str>) -> Value {
        self.aws.run_job(job, practice_id).await.expect("the job is done")
    }

    /// Makes a practice's planned job due and runs it. Fails the test if the job is not planned.
    pub async fn let_come_round(&self, job: &str, practice_id: &str) {
        let table = self.file.aws.table.as_deref().expect("a table");
        let request = json!({
            "TableName": table,
            "Key": { "pk": { "S": format!("WORK#{practice_id}") }, "sk": { "S": format!("JOB#{job}") } },
            "UpdateExpression": "SET dueAt = :long_ago",
            "ConditionExpression": "attribute_exists(dueAt)",
            "ExpressionAttributeValues": { ":long_ago": { "S": "2001-01-01T00:00:00.000Z" } },
        });
        let planned = self.aws.call("dynamodb", "DynamoDB_20120810.UpdateItem", &request).await;
        planned.expect("the job is planned");
        self.run_job("jobs", None).await;
    }

    /// The key with which Halo signs its notifications.
    pub async fn webhook_secret(&self) -> String {
        let outputs = self.aws.deployed().await.expect("the template's outputs");
        let arn = outputs.need("WebhookSecretArn").expect("a secret");
        let text = self.aws.secret(arn).await.expect("the secret's value");
        let keys: Value = serde_json::from_str(&text).expect("a pair of keys");
        keys["primary"].as_str().expect("a primary key").to_owned()
    }

    /// Every item of the table, in DynamoDB's own JSON.
    pub async fn table(&self) -> Vec<Value> {
        let table = self.file.aws.table.as_deref().expect("a table");
        self.aws.scan(table).await.expect("the table's items")
    }
}

fn keep(number: usize, sender: tokio::sync::oneshot::Sender<TestStack>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime for the stack");
    runtime.block_on(async {
        // Several stacks start at the same time. Only the first one shows its progress.
        let progress = if number == 0 { Progress::shown() } else { Progress::silent() };
        // The stack must know the issuer's address before anybody plays the issuer.
        let issuer = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let options = StackOptions {
            folder: fresh_folder(number),
            regular_jobs: false,
            platforms: Some(platforms(&issuer)),
            console: None,
            progress,
        };
        let mut stack = match Stack::start(options).await {
            Ok(stack) => stack,
            Err(error) => panic!("the stack did not start: {error}"),
        };
        if sender.send(TestStack::of(&stack, issuer)).is_ok() {
            let failure = stack.ended().await;
            panic!("the stack ended during the tests: {failure}");
        }
    });
}

fn issuer(socket: &TcpListener) -> String {
    format!("http://{}", socket.local_addr().expect("the socket's address"))
}

fn platforms(socket: &TcpListener) -> String {
    json!([{
        "id": OWN_LOG_IN,
        "clients": [],
        "scopes": [],
        "issuer": {
            "issuer": issuer(socket),
            "audiences": [OWN_LOG_IN_AUDIENCE],
            "claims": { "practice": "https://clinic.example/practice", "roles": "roles" },
            "roles": { "gp": "clinician", "manager": "practice-admin" },
        },
    }])
    .to_string()
}

/// A new folder for a stack of this process. Removes the folders of processes that have ended.
fn fresh_folder(number: usize) -> PathBuf {
    let folders = local::checkout().expect("the checkout").join(".local/tests");
    fs::create_dir_all(&folders).expect("the tests' folder");
    for entry in fs::read_dir(&folders).expect("the tests' folder").flatten() {
        let lock = File::open(entry.path().join("run.lock"));
        if lock.is_ok_and(|lock| lock.try_lock().is_ok()) {
            // Another process may remove it at the same time.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    folders.join(format!("{}-{number}", std::process::id()))
}
