//! The TypeScript client: built from the document, and its examples run the guides on the stack.

use std::fs;

use end_to_end::TestStack;
use local::{Progress, TypeScriptClient};
use serde_json::Value;
use tokio::process::Command;

use super::{file_of_new_practice, succeeds, write};
use crate::steps::pair;

async fn client() -> TypeScriptClient {
    TypeScriptClient::build(&local::checkout().unwrap(), &Progress::shown()).await.unwrap()
}

/// Runs an example against the stack, for a practice of its own.
async fn run_example(name: &str) -> String {
    let client = client().await;
    let stack = TestStack::shared().await;
    let _bp = stack.exclusive().await;
    let folder = tempfile::tempdir().unwrap();
    let file = file_of_new_practice(stack, folder.path()).await;
    succeeds(client.node([name.as_ref(), file.as_os_str()])).await
}

#[tokio::test]
async fn the_program_of_the_referral_guide_sends_a_referral_and_receives_the_reply() {
    let said = run_example("examples/referral.ts").await;
    assert!(said.contains("- the reply is in the doctor's inbox"), "{said}");
}

#[tokio::test]
async fn the_program_of_the_booking_guide_books_moves_resends_and_cancels_a_visit() {
    let said = run_example("examples/booking.ts").await;
    assert!(said.contains("- the visit is cancelled"), "{said}");
}

#[tokio::test]
async fn the_unit_tests_of_the_client_pass() {
    let said = succeeds(client().await.node(["--test", "test/*.test.ts"])).await;
    assert!(said.contains("fail 0") && !said.contains("tests 0"), "{said}");
}

/// The package as a front end gets it, unpacked into a project that has nothing else.
#[tokio::test]
async fn the_lines_of_the_readme_compile_and_run_with_the_packed_client() {
    let client = client().await;
    let project = tempfile::tempdir().unwrap();
    let package = client.pack(project.path(), &Progress::silent()).await.unwrap();
    let modules = project.path().join("node_modules");
    let ours = modules.join("@practice-bridge/client");
    fs::create_dir_all(&ours).unwrap();
    let mut unpack = Command::new("tar");
    unpack.arg("xzf").arg(&package).arg("--strip-components=1").arg("-C").arg(&ours);
    succeeds(unpack).await;
    for dependency in ["openapi-fetch", "openapi-typescript-helpers"] {
        let from = client.folder().join("node_modules").join(dependency);
        std::os::unix::fs::symlink(from, modules.join(dependency)).unwrap();
    }
    let program = project.path().join("main.ts");
    fs::write(&program, readme_lines()).unwrap();
    fs::write(project.path().join("package.json"), r#"{ "type": "module" }"#).unwrap();
    let compiler = client.folder().join("node_modules/typescript/bin/tsc");
    let strictly = ["--strict", "--noUncheckedIndexedAccess", "--exactOptionalPropertyTypes"];
    let for_node = ["--noEmit", "--module", "nodenext", "--target", "es2022", "--types", "node"];
    let roots = client.folder().join("node_modules/@types");
    let mut check = client.node([compiler.as_os_str()]);
    check.args(strictly).args(for_node).arg("--typeRoots").arg(roots).arg(&program);
    succeeds(check).await;

    // The lines name the practice of the local stack, and read its file from the folder in which they run.
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let local = project.path().join(".local");
    fs::create_dir(&local).unwrap();
    write(stack.file(), &local);
    let clinician = stack.new_practice().await.clinician;
    let clinician = clinician.at(&stack.file().practices[0].practice_id);
    pair(&bp, &clinician.with_token(Some(&stack.file().tokens.clinician))).await;
    let mut run = client.node([program.as_os_str()]);
    run.current_dir(project.path());
    let said = succeeds(run).await;
    assert!(said.contains("Wattleford"), "{said}");
}

/// The lines of TypeScript in the README.
fn readme_lines() -> String {
    let readme = fs::read_to_string(local::checkout().unwrap().join("README.md")).unwrap();
    let lines = readme.split("```ts\n").nth(1).and_then(|rest| rest.split("```").next());
    lines.unwrap().to_owned()
}

#[tokio::test]
async fn the_types_have_every_operation_and_every_schema_of_the_document() {
    let client = client().await;
    let types = fs::read_to_string(client.folder().join("dist/schema.d.ts")).unwrap();
    let document = local::checkout().unwrap().join("shared/api/openapi.json");
    let document: Value = serde_json::from_slice(&fs::read(document).unwrap()).unwrap();
    for (path, operations) in document["paths"].as_object().unwrap() {
        assert!(types.contains(&format!("\"{path}\": {{")), "{path}");
        for operation in operations.as_object().unwrap().values() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(types.contains(&format!("    {id}: {{")), "{id}");
        }
    }
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(types.contains(&format!("export type {name} = ")), "{name}");
    }
}
