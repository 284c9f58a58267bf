//! Platforms are tenants: nobody reads, writes or learns anything of another platform's practices.

mod account;
mod grants;
mod one_site;
mod own_log_in;
mod table;

use end_to_end::TestStack;

use crate::steps::pair;

#[tokio::test]
async fn equal_ids_at_two_platforms_are_two_practices_with_people_of_their_own() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let ours = stack.new_practice().await;
    let theirs = stack.new_practice_of_other_platform(&ours.practice_id).await;
    pair(&bp, &ours.clinician).await;
    for caller in [&ours.practice_admin, &ours.clinician, &ours.platform] {
        let seen = caller.get("/connection").await;
        assert_eq!(seen.assert_status(200).text_at("/state"), "connected");
    }
    for caller in [&theirs.practice_admin, &theirs.clinician, &theirs.platform] {
        let seen = caller.get("/connection").await;
        assert_eq!(seen.assert_status(200).text_at("/state"), "disconnected");
        assert!(seen.at("/siteId").is_null(), "{}", seen.text);
    }
    let disconnected = theirs.platform.delete("/connection").await;
    disconnected.assert_status(204);
    let seen = ours.platform.get("/connection").await;
    assert_eq!(seen.text_at("/state"), "connected");
}
