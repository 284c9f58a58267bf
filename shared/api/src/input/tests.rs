use proptest::prelude::*;
use serde::Deserialize;

use super::*;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "only its shape is of interest")]
struct Shape {
    last_name: String,
    inner: Vec<i64>,
}

fn problem(json: &str) -> Problem {
    read_json::<Shape>(json.as_bytes()).unwrap_err()
}

#[test]
fn the_wrong_field_is_pointed_at_and_its_value_is_not_repeated() {
    let found = problem(r#"{"lastName": "Nguyen", "inner": [1, "secret"]}"#);
    assert_eq!(found.errors[0].pointer, "/inner/1");
    assert!(!found.errors[0].message.contains("secret"), "{found:?}");
    assert_eq!(problem(r#"{"lastName": 7, "inner": []}"#).errors[0].pointer, "/lastName");
    assert!(
        problem(r#"{"lastName": "a", "inner": [], "more": 1}"#).errors[0]
            .message
            .contains("not known")
    );
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only its shape is of interest")]
struct Outer {
    shapes: Vec<Shape>,
}

#[test]
fn a_missing_field_is_pointed_at_wherever_it_is() {
    let found = problem(r#"{"inner": []}"#);
    assert_eq!(found.errors[0].pointer, "/lastName");
    assert_eq!(found.errors[0].message, "this field is missing");
    let nested = br#"{"shapes": [{"lastName": "a", "inner": []}, {"lastName": "b"}]}"#;
    let found = read_json::<Outer>(nested).unwrap_err();
    assert_eq!(found.errors[0].pointer, "/shapes/1/inner");
}

#[test]
fn whatever_is_wrong_with_a_body_is_pointed_at_in_lists_and_in_objects() {
    for (body, pointer) in [
        (r#"{"shapes": [{"lastName": "a", "inner": [], "secret": 1}]}"#, "/shapes/0/secret"),
        (r#"{"shapes": [{"lastName": "a", "inner": [1, null]}]}"#, "/shapes/0/inner/1"),
        (r#"{"shapes": [{"lastName": {}, "inner": []}]}"#, "/shapes/0/lastName"),
        (r#"{"shapes": [7]}"#, "/shapes/0"),
        (r#"{"shapes": {}}"#, "/shapes"),
        (r#"{"shapes": [], "shapes": []}"#, "/shapes"),
        ("{}", "/shapes"),
        ("[]", ""),
        ("7", ""),
        (r#"{"shapes": [{"lastName": "a", "inner": [], "a/b~c.d": 1}]}"#, "/shapes/0/a~1b~0c.d"),
    ] {
        let found = read_json::<Outer>(body.as_bytes()).unwrap_err();
        assert_eq!(found.errors[0].pointer, pointer, "{body}: {found:?}");
    }
    let list = br#"[{"lastName": "a", "inner": []}, {"inner": []}]"#;
    let found = read_json::<Vec<Shape>>(list).unwrap_err();
    assert_eq!(found.errors[0].pointer, "/1/lastName");
}

#[test]
fn a_span_is_of_dates_or_instants_and_goes_forwards() {
    let read = |from: Option<&str>, to: Option<&str>| {
        let (from, to) = (from.map(str::to_owned), to.map(str::to_owned));
        let mut fields = Checker::default();
        let span = Span::read(&mut fields, from.as_ref(), to.as_ref());
        let written = |at: Option<Timestamp>| at.map(|at| at.to_string());
        fields.finish(span.map(|span| (written(span.from), written(span.to))))
    };
    let some = |text: &str| Some(text.to_owned());
    let day = Some("2026-11-03");
    let whole = (some("2026-11-03T00:00:00Z"), some("2026-11-04T00:00:00Z"));
    assert_eq!(read(day, day), Ok(whole));
    let local = Some("2026-11-03T10:00:00+10:00");
    assert_eq!(read(local, None), Ok((some("2026-11-03T00:00:00Z"), None)));
    for (from, to, at) in [
        (Some("soon"), None, "from"),
        (None, Some("2026-02-30"), "to"),
        (Some("2026-11-04"), day, "from"),
        (local, local, "from"),
        (None, Some("9999-12-31"), "to"),
    ] {
        let refused = read(from, to).unwrap_err();
        assert_eq!(refused.errors[0].pointer, at, "{from:?} {to:?}");
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Asked {
    from: String,
    live: bool,
}

#[tokio::test]
async fn a_list_may_be_one_parameter_with_commas_or_one_for_each_entry() {
    #[derive(Debug, Deserialize)]
    struct Lists {
        state: Option<String>,
        from: Option<String>,
    }
    for (query, state) in [
        ("state=synced,waiting&from=2026-11-03", Some("synced,waiting")),
        ("state=synced&from=2026-11-03&state=waiting", Some("synced,waiting")),
        ("state=synced%2Cwaiting&state=failed&from=2026-11-03", Some("synced,waiting,failed")),
        ("from=2026-11-03", None),
    ] {
        let uri = format!("/v1/things?{query}");
        let (mut parts, ()) = axum::http::Request::get(uri).body(()).unwrap().into_parts();
        let Parameters(read) =
            Parameters::<Lists>::from_request_parts(&mut parts, &()).await.unwrap();
        assert_eq!(read.state.as_deref(), state, "{query}");
        assert_eq!(read.from.is_some(), query.contains("from"), "{query}");
    }
}

#[tokio::test]
async fn a_wrong_query_parameter_is_named_and_its_value_is_not_repeated() {
    for (query, pointer) in [
        ("form=2026-01-01", Some("form")),
        ("live=secret", Some("live")),
        ("live=true&live=secret", Some("live")),
        ("Jo%20Made-Up=secret", None),
    ] {
        let uri = format!("/v1/things?{query}");
        let (mut parts, ()) = axum::http::Request::get(uri).body(()).unwrap().into_parts();
        let read = Parameters::<Asked>::from_request_parts(&mut parts, &()).await;
        let found = read.unwrap_err();
        let named = found.errors.first().map(|error| error.pointer.as_str());
        assert_eq!(named, pointer, "{query}: {found:?}");
        assert!(!format!("{found:?}").contains("secret"), "{found:?}");
    }
}

#[test]
fn what_is_not_json_is_said_to_be_no_json() {
    for wrong in ["", "{", "nonsense", r#"{"lastName": "a", "inner": []} {}"#] {
        assert_eq!(problem(wrong).kind, ProblemType::InvalidRequest);
    }
}

#[test]
fn a_byte_order_mark_before_the_json_is_passed_over() {
    let json = r#"{"lastName": "a", "inner": []}"#;
    assert!(read_json::<Shape>(format!("\u{feff}{json}").as_bytes()).is_ok());
    assert!(read_json::<Shape>(format!("\u{feff}\u{feff}{json}").as_bytes()).is_err());
}

#[test]
fn a_number_in_a_path_has_one_spelling() {
    assert_eq!([number("7"), number("0"), number("-3")], [Some(7), Some(0), Some(-3)]);
    for other in ["007", "+7", "7 ", " 7", "-0", "7.0", "", "99999999999999999999"] {
        assert_eq!(number(other), None, "{other:?}");
    }
}

#[test]
fn a_body_that_is_not_utf_8_is_refused_whoever_noticed_it_first() {
    for body in [
        &b"{\"lastName\": \"M\xfcller\", \"inner\": []}"[..],
        "{\"lastName\": \"M\u{fffd}ller\", \"inner\": []}".as_bytes(),
    ] {
        let refused = read_json::<Shape>(body).unwrap_err();
        assert_eq!(
            (refused.kind, refused.detail.as_ref()),
            (ProblemType::InvalidRequest, "The body is not UTF-8.")
        );
    }
}

#[test]
fn a_character_that_bp_lacks_is_named_at_its_field() {
    let mut fields = Checker::default();
    fields.check("/lastName", domain::surname::SurnameKey::parse("Tr李n"));
    let refused = fields.finish(None::<()>).unwrap_err();
    assert_eq!(refused.errors[0].pointer, "/lastName");
    assert!(refused.errors[0].message.contains("李 (U+674E), character 3"), "{refused:?}");
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read_json::<Shape>(&bytes);
    }
}
