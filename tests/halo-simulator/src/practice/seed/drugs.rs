//! The drugs database: the vendor's reference data, the same in every practice. The codes 7 and 30 for
//! influenza are public. The other codes and all ids are made up.

use rusqlite::{Connection, params};

use super::clinical::{MEDICINES, VACCINES};

/// The code of each disease.
const DISEASES: [(i64, &str); 12] = [
    (1, "Diphtheria"),
    (2, "Tetanus"),
    (3, "Pertussis"),
    (4, "Measles"),
    (5, "Mumps"),
    (6, "Rubella"),
    (7, "Influenza"),
    (8, "Hepatitis B"),
    (20, "Pneumococcal disease"),
    (25, "Herpes zoster"),
    (30, "Influenza"),
    (40, "COVID-19"),
];

/// The diseases that each vaccine protects against.
const PROTECTION: [(i64, &[i64]); 7] = [
    (501, &[7, 30]),
    (502, &[40]),
    (503, &[1, 2, 3]),
    (504, &[20]),
    (505, &[4, 5, 6]),
    (506, &[8]),
    (507, &[25]),
];

/// Fills the tables of `BPSDrugs`.
pub(in super::super) fn fill(connection: &Connection) -> rusqlite::Result<()> {
    let insert = |table: &str, key: i64, value: &dyn rusqlite::ToSql| {
        connection
            .prepare_cached(&format!("INSERT INTO BPSDrugs.{table} VALUES (?1, ?2)"))?
            .execute(params![key, value])
    };
    for (code, name) in DISEASES {
        insert("VAXDISEASES", code, &format!("{name:50}"))?;
    }
    for (name, id, _) in VACCINES {
        insert("VACCINES", id, &format!("{name:50}"))?;
    }
    for (vaccine, diseases) in PROTECTION {
        for disease in diseases {
            insert("VACCINE_DISEASE", vaccine, disease)?;
        }
    }
    for (product, id, ..) in MEDICINES {
        let ingredient = id - 8_000;
        insert("INGREDIENTS", ingredient, &format!("{:100}", ingredient_of(product)))?;
        insert("PRODUCT_INGREDIENT", id, &ingredient)?;
    }
    Ok(())
}

/// The part of a product's name before its strength.
fn ingredient_of(product: &str) -> String {
    let strength = |word: &&str| word.starts_with(|letter: char| letter.is_ascii_digit());
    let words: Vec<&str> = product.split(' ').take_while(|word| !strength(word)).collect();
    words.join(" ")
}
