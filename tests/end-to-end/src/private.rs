use std::fs;
use std::path::Path;

use crate::TestStack;

/// Logs of the build and the deployment. They contain no requests.
const NOT_AT_RUN_TIME: [&str; 3] = ["build.log", "deploy.log", "tools.log"];

impl TestStack {
    /// Fails the test if the functions, MiniStack or the simulator have logged one of these texts.
    pub async fn assert_not_logged(&self, canaries: &[&str]) {
        for event in self.aws().log_events().await.expect("the log events") {
            for canary in canaries {
                let local::LogEvent { group, message, .. } = &event;
                assert!(!message.contains(canary), "{group} has {canary:?} in {message}");
            }
        }
        for entry in fs::read_dir(self.logs()).expect("the logs' folder") {
            let path = entry.expect("the logs' folder").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if !NOT_AT_RUN_TIME.contains(&name.as_str()) {
                assert_not_in_file(&path, canaries);
            }
        }
    }

    /// Fails the test if AWS has refused a function something that its role should allow, in any stack.
    pub async fn assert_nothing_denied(&self) {
        for stack in crate::pool::all() {
            for event in stack.aws().log_events().await.expect("the log events") {
                let local::LogEvent { group, message, .. } = &event;
                assert!(!message.contains("AccessDenied"), "{group}: {message}");
            }
        }
    }

    /// Fails the test if the table contains one of these texts.
    pub async fn assert_not_stored(&self, canaries: &[&str]) {
        for item in self.table().await {
            let text = item.to_string();
            for canary in canaries {
                assert!(!text.contains(canary), "the table has {canary:?} in {text}");
            }
        }
    }
}

fn assert_not_in_file(path: &Path, canaries: &[&str]) {
    let text = String::from_utf8_lossy(&fs::read(path).expect("a log")).into_owned();
    for line in text.lines() {
        for canary in canaries {
            assert!(!line.contains(canary), "{} has {canary:?} in {line}", path.display());
        }
    }
}
