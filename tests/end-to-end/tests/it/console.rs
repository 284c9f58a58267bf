//! The console in a browser: both guides, by keyboard only, wide and narrow, with axe on every screen.

use std::path::Path;

use end_to_end::TestStack;
use local::{Console, Progress};
use tokio::sync::OnceCell;

use crate::clients::{succeeds, with_new_practice};

const CHROMIUM: &str = "/usr/bin/chromium";

/// All tests of the process serve the same build.
static BUILT: OnceCell<Console> = OnceCell::const_new();

async fn console() -> &'static Console {
    BUILT
        .get_or_init(async || {
            Console::build(&local::checkout().unwrap(), &Progress::shown()).await.unwrap()
        })
        .await
}

/// Walks a guide with a practice of its own. None if there is no browser. Says so.
#[expect(clippy::print_stderr, reason = "the only place where people see that a test was left out")]
async fn walk(guide: &str, width: u32) -> Option<String> {
    if !Path::new(CHROMIUM).exists() {
        eprintln!("LEFT OUT: the console in a browser. It needs Chromium in {CHROMIUM}.");
        return None;
    }
    let console = console().await;
    let stack = TestStack::shared().await;
    let _bp = stack.exclusive().await;
    let file = with_new_practice(stack).await;
    let (control, site) = (file.simulator.control_url.clone(), file.practices[0].site_id.clone());
    let served = console.serve(file, None).await.unwrap();
    let pictures = local::checkout().unwrap().join(".local/console-pictures");
    let mut program = console.program("test/walk.mjs");
    program.args([served.url(), &control, &site, &width.to_string()]).arg(pictures).arg(guide);
    Some(succeeds(program).await)
}

#[tokio::test]
async fn the_referral_guide_is_walked_by_keyboard_on_a_desktop() {
    let Some(said) = walk("referral", 1280).await else { return };
    assert!(said.contains("- the guide is walked"), "{said}");
}

#[tokio::test]
async fn the_referral_guide_is_walked_by_keyboard_on_a_narrow_screen() {
    let Some(said) = walk("referral", 360).await else { return };
    assert!(said.contains("- the guide is walked"), "{said}");
}

#[tokio::test]
async fn the_booking_guide_is_walked_by_keyboard_on_a_desktop() {
    let Some(said) = walk("booking", 1280).await else { return };
    assert!(said.contains("- the guide is walked"), "{said}");
}

#[tokio::test]
async fn the_booking_guide_is_walked_by_keyboard_on_a_narrow_screen() {
    let Some(said) = walk("booking", 360).await else { return };
    assert!(said.contains("- the guide is walked"), "{said}");
}

#[tokio::test]
async fn the_page_is_small_and_pages_of_other_origins_get_no_token() {
    let console = console().await;
    let bytes: u64 = ["index.html", "main.js", "style.css"]
        .iter()
        .map(|name| std::fs::metadata(console.page().join(name)).unwrap().len())
        .sum();
    assert!(bytes < 150_000, "{bytes} bytes, even before they are compressed");

    let stack = TestStack::shared().await;
    let served = console.serve(stack.file().clone(), None).await.unwrap();
    let http = local::loopback_client().unwrap();
    let sign_in = || {
        let body = serde_json::json!({ "who": "clinician" });
        http.post(format!("{}sign-in", served.url())).json(&body)
    };
    assert_eq!(sign_in().send().await.unwrap().status(), 200);
    let elsewhere = sign_in().header("origin", "https://example.org").send().await.unwrap();
    assert_eq!(elsewhere.status(), 403);
    let renamed = sign_in().header("host", "example.org").send().await.unwrap();
    assert_eq!(renamed.status(), 403);
}
