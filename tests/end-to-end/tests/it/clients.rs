//! Clients that are made from the OpenAPI document. Their programs run both guides on the stack.

mod python;
mod typescript;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use end_to_end::TestStack;
use local::StackFile;
use tokio::process::Command;

/// Writes a stack file with a new practice, for a program that reads `.local/stack.json`.
async fn file_of_new_practice(stack: &TestStack, folder: &Path) -> PathBuf {
    write(&with_new_practice(stack).await, folder)
}

/// The stack's file, with a new practice and tokens of its people.
pub(crate) async fn with_new_practice(stack: &TestStack) -> StackFile {
    let practice = stack.new_practice().await;
    let token = |caller: &end_to_end::Caller| caller.token().unwrap().to_owned();
    let mut file = stack.file().clone();
    file.practices.truncate(1);
    file.practices[0].practice_id.clone_from(&practice.practice_id);
    file.tokens.practice_admin = token(&practice.practice_admin);
    file.tokens.clinician = token(&practice.clinician);
    file.tokens.platform = token(&practice.platform);
    file
}

fn write(file: &StackFile, folder: &Path) -> PathBuf {
    let path = folder.join("stack.json");
    fs::write(&path, serde_json::to_vec(file).unwrap()).unwrap();
    path
}

/// Runs a program to its end and returns its output. Fails the test if the program fails.
pub(crate) async fn succeeds(mut command: Command) -> String {
    command.stdin(Stdio::null()).kill_on_drop(true).env("NO_PROXY", "127.0.0.1,localhost");
    let ended = tokio::time::timeout(Duration::from_secs(180), command.output());
    let output = ended.await.unwrap().unwrap();
    let [said, remarks] =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(output.status.success(), "{command:?} failed:\n{said}\n{remarks}");
    said
}
