use ::base64::Engine as _;
use ::base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::rows;

/// The rows of a page that comes in pieces of this size.
fn read(page: &[u8], size: usize) -> Result<Vec<Row>, Error> {
    let mut reader = RowReader::new();
    let mut found = Vec::new();
    for piece in page.chunks(size.max(1)) {
        reader.feed(piece)?;
        while let Some(row) = reader.next_row() {
            found.push(row);
        }
    }
    reader.end_input()?;
    Ok(found)
}

fn expected(json: &str) -> Vec<Row> {
    rows::decode(&STANDARD.encode(json)).unwrap().into_iter().flatten().collect()
}

fn envelope(json: &str) -> String {
    json!({"data": STANDARD.encode(json), "parameters": null}).to_string()
}

const SHAPES: [&str; 14] = [
    r#"[{"Part": 0, "Content": "AAAA"}, {"Part": 1, "Content": "a\"]}{[\\"}]"#,
    r#"{"Part": 0, "Content": "AAAA"}"#,
    r#"{"columns": ["Part", "Content"], "rows": [[0, "AAAA"], [1, "BB]B"]]}"#,
    r#"{"columns": [{"name": "Part"}], "rows": [[0], {"Part": 1}]}"#,
    r#"[[{"Part": 0}], [], [{"Part": 1}, {"Part": 2}]]"#,
    r#"[{"columns": ["a"], "rows": [[1]]}, {"columns": ["b"], "rows": []}]"#,
    "\u{feff}\r\n [ { \"Part\" : 7.0 , \"x\" : null } ]\n",
    "[]",
    "[[]]",
    "",
    "  \n",
    "null",
    r#"{"columns": ["a"], "rows": []}"#,
    r#"[{"data": "no envelope", "Part": 1}]"#,
];

#[test]
fn every_shape_reads_as_the_whole_page_would_in_pieces_of_any_size() {
    for shape in SHAPES {
        for size in [1, 2, 3, 5, 7, 64, 1_000] {
            assert_eq!(read(shape.as_bytes(), size).as_ref(), Ok(&expected(shape)), "{shape}");
            let wrapped = envelope(shape);
            assert_eq!(read(wrapped.as_bytes(), size).as_ref(), Ok(&expected(shape)), "{wrapped}");
        }
    }
}

#[test]
fn the_envelopes_text_may_be_escaped_and_its_fields_in_any_order() {
    let rows = r#"[{"a": "ÿÿÿ>>>???"}]"#;
    let data = STANDARD.encode(rows);
    assert!(data.contains('+') || data.contains('/'), "{data}");
    let escaped = data.replace('+', "\\u002B").replace('/', "\\/");
    for page in [
        format!(r#"{{"data":"{escaped}"}}"#),
        format!(r#"{{"parameters":[{{"name":"@a","value":"]}}"}}],"data":"{data}"}}"#),
        format!(r#"{{ "data" : "{data}" , "rows" : 1, "more": {{"a": [1, "x"]}} }}"#),
    ] {
        for size in [1, 3, 4, 500] {
            assert_eq!(read(page.as_bytes(), size).as_ref(), Ok(&expected(rows)), "{page}");
        }
    }
}

#[test]
fn a_page_without_rows_has_none() {
    for page in ["{}", r#"{"parameters":[]}"#, r#"{"data":null}"#, r#"{"data":""}"#] {
        assert_eq!(read(page.as_bytes(), 1), Ok(Vec::new()), "{page}");
    }
}

#[test]
fn what_is_cut_anywhere_is_an_error() {
    for shape in [SHAPES[0], SHAPES[1], SHAPES[2], SHAPES[4], SHAPES[5]] {
        for page in [shape.to_owned(), envelope(shape)] {
            for end in 1..page.len() {
                assert!(read(&page.as_bytes()[..end], 3).is_err(), "{}", &page[..end]);
            }
        }
    }
}

#[test]
fn what_is_not_rows_is_an_error() {
    for page in [
        "[1]",
        "7",
        "\"text\"",
        "[{}, ]",
        "[,{}]",
        "[{} {}]",
        "[{}]]",
        "[{}}",
        "[{}] []",
        "{]}",
        r#"{"rows": [[1]], "columns": ["a"]}"#,
        r#"{"columns": ["a"], "rows": [[1, 2]]}"#,
        r#"{"data": "***"}"#,
        r#"{"data": "AAA"}"#,
        r#"{"data": "W10=W10="}"#,
        r#"{"data": 5}"#,
        r#"{"data": "W10=", "data": "W10="}"#,
        "nul",
        "[{\"a\" 1}]",
        "<html>",
        "tru e",
    ] {
        for size in [1, 100] {
            assert!(read(page.as_bytes(), size).is_err(), "{page} was taken");
        }
    }
}

#[test]
fn a_row_that_never_ends_is_refused_before_it_fills_the_memory() {
    let mut reader = RowReader::new();
    reader.feed(b"[{\"a\": \"").unwrap();
    let piece = [b'x'; 65_536];
    let refused = (0..1_000).find_map(|_| reader.feed(&piece).err());
    assert_eq!(refused, Some(Error::Malformed { what: "row of many megabytes" }));
}

/// The bytes of a Binary that comes in pieces of this size.
fn binary(resource: &str, size: usize) -> Result<Vec<u8>, Error> {
    let mut reader = RowReader::binary();
    let mut found = Vec::new();
    for piece in resource.as_bytes().chunks(size) {
        reader.feed(piece)?;
        while let Some(bytes) = reader.next_bytes() {
            found.extend_from_slice(&bytes);
        }
    }
    reader.end_input()?;
    Ok(found)
}

#[test]
fn a_binarys_bytes_are_read_wherever_its_data_stands() {
    let bytes: Vec<u8> = (0..=255).collect();
    let data = STANDARD.encode(&bytes);
    for resource in [
        format!(r#"{{"resourceType":"Binary","id":"7","meta":{{"tag":[]}},"data":"{data}"}}"#),
        format!(r#" {{ "data" : "{data}" , "resourceType" : "Binary" }} "#),
    ] {
        for size in [1, 2, 3, 64, 1_000] {
            assert_eq!(binary(&resource, size).as_ref(), Ok(&bytes), "{resource}");
        }
        for end in 0..resource.trim_end().len() {
            assert!(binary(&resource[..end], 5).is_err(), "{}", &resource[..end]);
        }
    }
    assert_eq!(binary(r#"{"resourceType":"Binary"}"#, 9), Ok(Vec::new()));
}

#[test]
fn what_is_no_binary_has_no_bytes() {
    for wrong in [
        r#"{"resourceType":"OperationOutcome","data":"AAAA"}"#,
        r#"{"data":"AAAA"}"#,
        "[]",
        "null",
        "{}",
        "<Binary/>",
        r#"{"resourceType":"Binary","data":"A"}"#,
    ] {
        assert!(binary(wrong, 3).is_err(), "{wrong} was taken");
    }
}

fn cell() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        Just(json!("\\\"]}[{,:")),
    ]
}

proptest! {
    #[test]
    fn rows_of_any_content_arrive_whole_and_in_order(
        rows in prop::collection::vec(prop::collection::vec(cell(), 1..4), 0..8),
        size in 1_usize..40,
        table in any::<bool>(),
        wrapped in any::<bool>(),
    ) {
        let names = ["a", "columns \"x\"", "ÿ\\"];
        let page = if table {
            let rows: Vec<Value> = rows.iter().map(|row| {
                let mut row = row.clone();
                row.resize(3, Value::Null);
                Value::Array(row)
            }).collect();
            json!({"columns": names, "rows": rows})
        } else {
            rows.iter().map(|row| {
                names.iter().map(|name| (*name).to_owned()).zip(row.iter().cloned()).collect::<Value>()
            }).collect()
        };
        let text = page.to_string();
        let sent = if wrapped { envelope(&text) } else { text.clone() };
        prop_assert_eq!(read(sent.as_bytes(), size), Ok(expected(&text)));
    }

    #[test]
    fn no_bytes_from_outside_can_do_more_than_fail(
        bytes in prop::collection::vec(prop::sample::select(b"[]{}\",:\\nula d\x41\xFF".to_vec()), 0..60),
        size in 1_usize..20,
    ) {
        let _ = read(&bytes, size);
    }
}
