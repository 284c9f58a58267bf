//! The statements remove the same characters from Bp's names as [`key`] removes from ours.

use domain::spelling::{IGNORED, key};

use crate::spelling::table::Table;

/// The statements that compare names, and how often each does.
const STATEMENTS: [(&str, &str, usize); 4] = [
    ("patient_search", include_str!("../../../statements/public/patient_search.sql"), 2),
    ("users_named", include_str!("../../../statements/public/users_named.sql"), 2),
    ("inbox_write", include_str!("../../../statements/assumed/inbox_write.sql"), 3),
    (
        "correspondence_out_write",
        include_str!("../../../statements/assumed/correspondence_out_write.sql"),
        1,
    ),
];

/// The expressions by which a statement makes keys of its columns, each on one line, with the column
/// called `@text`.
fn chains(statement: &str) -> Vec<String> {
    let body: Vec<&str> = statement.lines().filter(|line| !line.starts_with("--")).collect();
    let body: Vec<&str> = body.iter().map(|line| line.trim()).collect();
    let body = body.join(" ").replace("( ", "(");
    let mut found = Vec::new();
    for (start, _) in body.match_indices("REPLACE(UPPER(REPLACE(") {
        let end = start + body[start..].find("'SS')").unwrap() + "'SS')".len();
        let chain = &body[start..end];
        let name = chain.trim_start_matches(|c: char| c == '(' || c.is_ascii_uppercase());
        let column = &name[..name.find(',').unwrap()];
        found.push(chain.replacen(column, "@text", 1));
    }
    found
}

#[test]
fn every_statement_that_compares_names_makes_the_same_key_as_we_do_of_every_character() {
    let all: Vec<String> = STATEMENTS
        .iter()
        .flat_map(|(name, text, times)| {
            let found = chains(text);
            assert_eq!(found.len(), *times, "{name}");
            found
        })
        .collect();
    let chain = &all[0];
    for other in &all {
        assert_eq!(other, chain, "two statements leave out different characters");
    }
    let table = &mut Table::open();
    let mut left_out = Vec::new();
    for code in (0x20..0x7f_u8).chain(0x80..=0xff) {
        let sql = format!(
            "SELECT CHAR({code}) AS Held, {} AS Made",
            chain.replace("@text", &format!("'a' + CHAR({code}) + 'z'"))
        );
        let row = table.ask(&sql, &[]).remove(0);
        let held = row["Held"].chars().next().unwrap_or(' ');
        if held.is_control() {
            // Windows-1252 has no such character.
            continue;
        }
        assert_eq!(row["Made"], key(&format!("a{held}z")), "CHAR({code}), {held:?}");
        if row["Made"] == "AZ" {
            left_out.push(held);
        }
    }
    let mut ignored = IGNORED.to_vec();
    ignored.sort_unstable();
    left_out.sort_unstable();
    assert_eq!(left_out, ignored);
}
