//! The Python client: openapi-python-client makes it from the document, and programs of both guides use it.

use std::fs;
use std::path::{Path, PathBuf};

use end_to_end::TestStack;
use local::{Progress, Tools};
use tokio::process::Command;

use super::{file_of_new_practice, succeeds};

/// The programs, next to a client that was made a moment ago.
struct Programs {
    python: PathBuf,
    folder: tempfile::TempDir,
}

impl Programs {
    /// None if Python is older than the generator takes. Says so.
    #[expect(
        clippy::print_stderr,
        reason = "the only place where people see that tests were left out"
    )]
    async fn new() -> Option<Self> {
        let checkout = local::checkout().unwrap();
        let room = checkout.join("tests/end-to-end/python");
        let progress = Progress::shown();
        let tools = Tools::install(&checkout, &progress).await.unwrap();
        if !tools.python_is_at_least(3, 11).await {
            eprintln!("LEFT OUT: the Python client. Its generator needs Python 3.11 or newer.");
            return None;
        }
        let requirements = room.join("requirements.txt");
        let python =
            tools.environment("client/python", &requirements, None, &progress).await.unwrap();
        let programs = Self { python, folder: tempfile::tempdir().unwrap() };
        for entry in fs::read_dir(&room).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, programs.folder.path().join(path.file_name().unwrap())).unwrap();
        }
        let mut generate = programs.tool("openapi-python-client");
        generate.args(["generate", "--fail-on-warning", "--meta", "none"]);
        generate.args(["--config", "generator.yaml", "--output-path", "practice_bridge", "--path"]);
        generate.arg(checkout.join("shared/api/openapi.json"));
        succeeds(generate).await;
        Some(programs)
    }

    fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(self.python.with_file_name(name));
        command.current_dir(self.folder.path()).env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }

    /// Runs a program against the stack, for a practice of its own.
    async fn run(&self, name: &str) -> String {
        let stack = TestStack::shared().await;
        let _bp = stack.exclusive().await;
        let file = file_of_new_practice(stack, self.folder.path()).await;
        let mut python = self.tool("python");
        python.arg(Path::new(name)).arg(file);
        succeeds(python).await
    }
}

#[tokio::test]
async fn the_client_is_generated_without_a_warning_and_the_programs_pass_the_strict_type_checker() {
    let Some(programs) = Programs::new().await else { return };
    let mut check = programs.tool("mypy");
    check.args(["--config-file", "mypy.ini", "stack.py", "referral.py", "booking.py"]);
    let said = succeeds(check).await;
    assert!(said.contains("no issues found in 3 source files"), "{said}");
}

#[tokio::test]
async fn the_program_of_the_referral_guide_sends_a_referral_and_receives_the_reply() {
    let Some(programs) = Programs::new().await else { return };
    let said = programs.run("referral.py").await;
    assert!(said.contains("- the reply is in the doctor's inbox"), "{said}");
}

#[tokio::test]
async fn the_program_of_the_booking_guide_books_moves_resends_and_cancels_a_visit() {
    let Some(programs) = Programs::new().await else { return };
    let said = programs.run("booking.py").await;
    assert!(said.contains("- the visit is cancelled"), "{said}");
}
