//! The people of a platform sign in at the platform's own OpenID provider: `oidc-provider`, a certified one.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use end_to_end::{OWN_LOG_IN, OWN_LOG_IN_AUDIENCE, TestStack};
use local::{Node, Progress, Tools};
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::steps::pair;

/// The provider, while it runs.
struct Provider {
    node: Node,
    folder: PathBuf,
    issuer: String,
    _program: Child,
}

/// What a person has after signing in.
struct SignedIn {
    id_token: String,
    access_token: String,
}

impl Provider {
    /// Starts the provider of the stack's platform, which knows these people.
    async fn start(stack: &TestStack, people: &Value) -> Self {
        let checkout = local::checkout().unwrap();
        let progress = Progress::shown();
        let tools = Tools::install(&checkout, &progress).await.unwrap();
        let node = tools.node(&progress).await.unwrap();
        let room = checkout.join("tests/end-to-end/oidc");
        let folder = node.packages("oidc", &room, &progress).await.unwrap();
        for script in ["provider.mjs", "sign-in.mjs"] {
            fs::copy(room.join(script), folder.join(script)).unwrap();
        }
        // The shell hands the listening socket on as the file descriptor that the script expects.
        let program = Command::new("sh")
            .args(["-c", r#"exec "$0" provider.mjs "$@" 3<&0 </dev/null"#])
            .arg(node.programs().join("node"))
            .args([&people.to_string(), OWN_LOG_IN_AUDIENCE])
            .current_dir(&folder)
            .stdin(stack.issuer_socket())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self { node, folder, issuer: stack.issuer(), _program: program }
    }

    /// Signs a person in with an app, as their browser would.
    async fn sign_in(&self, person: &str, app: &str) -> SignedIn {
        let mut browser = self.node.command("node");
        browser
            .args(["sign-in.mjs", &self.issuer, app, "http://127.0.0.1/signed-in"])
            .args(["openid clinic", person])
            .current_dir(&self.folder)
            .kill_on_drop(true);
        let ended = tokio::time::timeout(Duration::from_secs(60), browser.output()).await;
        let output = ended.unwrap().unwrap();
        let remarks = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "nobody was signed in: {remarks}");
        let tokens: Value = serde_json::from_slice(&output.stdout).unwrap();
        let token = |name: &str| tokens[name].as_str().unwrap().to_owned();
        SignedIn { id_token: token("id_token"), access_token: token("access_token") }
    }
}

#[tokio::test]
async fn a_platforms_people_sign_in_at_its_own_provider_and_reach_only_their_practice() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let homes = stack.new_practice().await;
    let practice = &homes.practice_id;
    let at_practice =
        |roles: Value| json!({ "https://clinic.example/practice": practice, "roles": roles });
    let people = json!({
        "gp-1": at_practice(json!(["gp"])),
        "manager-1": at_practice(json!("manager")),
        "cleaner-1": at_practice(json!(["cleaner"])),
        "nowhere-1": { "roles": ["gp"] },
        "dotted-1": { "https://clinic.example/practice": format!("home.{practice}"), "roles": ["gp"] },
    });
    let provider = Provider::start(stack, &people).await;

    let doctor = provider.sign_in("gp-1", OWN_LOG_IN_AUDIENCE).await;
    let clinician = stack.caller_with(practice, &doctor.id_token);
    pair(&bp, &clinician).await;
    for token in [&doctor.id_token, &doctor.access_token] {
        let me = stack.caller_with(practice, token).get("/v1/me").await;
        assert_eq!(me.assert_status(200).text_at("/platform"), OWN_LOG_IN);
        assert_eq!(me.text_at("/practice/practiceId"), practice);
        assert_eq!(*me.at("/roles"), json!(["clinician"]));
        assert_eq!(*me.at("/you/linked"), json!(true), "{}", me.text);
    }
    // The home platform's practice of the same id is another practice.
    let same_id = homes.practice_admin.get("/connection").await;
    assert_eq!(same_id.assert_status(200).text_at("/state"), "disconnected");
    let others = clinician.at("somebody-elses").get("/connection").await;
    others.assert_problem(404, "not-found");

    let manager = provider.sign_in("manager-1", OWN_LOG_IN_AUDIENCE).await;
    let manager = stack.caller_with(practice, &manager.id_token);
    manager.get("/audit").await.assert_status(200);
    clinician.get("/audit").await.assert_problem(403, "forbidden");
    let cleaner = provider.sign_in("cleaner-1", OWN_LOG_IN_AUDIENCE).await;
    let cleaner = stack.caller_with(practice, &cleaner.id_token);
    cleaner.get("/connection").await.assert_problem(403, "forbidden");

    let another_app = provider.sign_in("gp-1", "another-app").await;
    let nowhere = provider.sign_in("nowhere-1", OWN_LOG_IN_AUDIENCE).await;
    let dotted = provider.sign_in("dotted-1", OWN_LOG_IN_AUDIENCE).await;
    for token in [another_app.id_token, nowhere.id_token, dotted.id_token] {
        let refused = stack.caller_with(practice, &token).get("/connection").await;
        refused.assert_problem(401, "unauthenticated");
    }
}
