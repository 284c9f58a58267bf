use axum::http::Request;
use axum::routing::get;
use axum::{Extension, Router};
use tower::ServiceExt;

use super::*;

fn person(practice: &str, roles: &[Role]) -> Caller {
    Caller::Person {
        subject: Subject("somebody".to_owned()),
        practice: PracticeId::parse(practice).unwrap(),
        roles: roles.to_vec(),
    }
}

async fn status<P: Permission>(caller: Option<Caller>) -> u16 {
    let mut router =
        Router::new().route("/v1/practices/{practiceId}/x", get(async |_: Allowed<P>| "ok"));
    if let Some(caller) = caller {
        router = router.layer(Extension(caller));
    }
    let request = Request::get("/v1/practices/ours/x").body(axum::body::Body::empty()).unwrap();
    router.oneshot(request).await.unwrap().status().as_u16()
}

#[tokio::test]
async fn anothers_practice_is_not_found_whatever_the_role() {
    assert_eq!(status::<SeePractice>(Some(person("ours", &[Role::Clinician]))).await, 200);
    assert_eq!(status::<SeePractice>(Some(person("theirs", &[Role::PracticeAdmin]))).await, 404);
}

/// The practice's form for storage that a handler gets.
async fn reached(caller: Caller) -> String {
    let route = get(async |allowed: Allowed<SeePractice>| allowed.practice.to_string());
    let router = Router::new().route("/v1/practices/{practiceId}/x", route);
    let request = Request::get("/v1/practices/ours/x").body(axum::body::Body::empty()).unwrap();
    let answer = router.layer(Extension(caller)).oneshot(request).await.unwrap();
    let body = axum::body::to_bytes(answer.into_body(), 1_000).await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

#[tokio::test]
async fn equal_ids_of_two_platforms_are_two_practices() {
    let server = |platform: PlatformId| Caller::Platform {
        subject: Subject("server".to_owned()),
        platform,
        scopes: vec![Scope::PracticesAdmin],
    };
    let acme = PlatformId::parse("acme").unwrap();
    assert_eq!(reached(server(PlatformId::home())).await, "ours");
    assert_eq!(reached(server(acme.clone())).await, "acme.ours");
    let person = |practice| Caller::Person {
        subject: Subject("somebody".to_owned()),
        practice,
        roles: vec![Role::Clinician],
    };
    assert_eq!(reached(person(PracticeId::of(&acme, "ours").unwrap())).await, "acme.ours");
    let theirs = person(PracticeId::of(&acme, "theirs").unwrap());
    assert_eq!(status::<SeePractice>(Some(theirs)).await, 404);
}

#[tokio::test]
async fn a_clinician_may_read_patients_but_not_manage_the_practice() {
    let clinician = || Some(person("ours", &[Role::Clinician]));
    assert_eq!(status::<ReadPatients>(clinician()).await, 200);
    assert_eq!(status::<SendReferrals>(clinician()).await, 200);
    assert_eq!(status::<SendMessages>(clinician()).await, 403);
    assert_eq!(status::<ManagePractice>(clinician()).await, 403);
    assert_eq!(status::<ReadAudit>(clinician()).await, 403);
    assert_eq!(status::<SeePractice>(Some(person("ours", &[]))).await, 403);
    assert_eq!(status::<SeePractice>(None).await, 401);
}

#[tokio::test]
async fn an_administrator_manages_the_practice_and_reads_no_patients() {
    let administrator = || Some(person("ours", &[Role::PracticeAdmin]));
    assert_eq!(status::<ManagePractice>(administrator()).await, 200);
    assert_eq!(status::<ReadPatients>(administrator()).await, 403);
    assert_eq!(status::<SendReferrals>(administrator()).await, 403);
    assert_eq!(status::<SeeSentSummaries>(administrator()).await, 403);
    let both = person("ours", &[Role::PracticeAdmin, Role::Clinician]);
    assert_eq!(status::<ReadPatients>(Some(both)).await, 200);
}

#[tokio::test]
async fn a_platform_never_reads_patients() {
    let platform = Caller::Platform {
        subject: Subject("server".to_owned()),
        platform: PlatformId::home(),
        scopes: vec![Scope::PracticesAdmin, Scope::CorrespondenceWrite, Scope::BookingsWrite],
    };
    assert_eq!(status::<ManagePractice>(Some(platform.clone())).await, 200);
    assert_eq!(status::<ReadPatients>(Some(platform)).await, 403);
}

#[test]
fn a_token_that_expired_while_the_authorizers_answer_was_kept_is_refused() {
    let fields: HashMap<String, Value> = [
        ("subject", "a"),
        ("kind", "person"),
        ("platform", "home"),
        ("practiceId", "ours"),
        ("groups", "clinician"),
        ("expiresAt", "1000"),
    ]
    .map(|(name, value)| (name.to_owned(), Value::from(value)))
    .into();
    let mut fields = fields;
    let at = |second| Timestamp::from_second(second).unwrap();
    assert!(Caller::from_authorizer(&fields, at(999)).is_ok());
    assert_eq!(
        Caller::from_authorizer(&fields, at(1000)).unwrap_err().kind,
        ProblemType::Unauthenticated
    );
    for unclear in ["", "Acme", "a.b"] {
        fields.insert("platform".to_owned(), Value::from(unclear));
        assert!(Caller::from_authorizer(&fields, at(999)).is_err(), "{unclear:?} was taken");
    }
}
