//! Rows in every shape that the simulator can send.

use halo::Rows;
use serde_json::{Value, json};

use crate::support::Bench;

const SHAPES: [&str; 3] = ["objects", "columnsAndRows", "singleObject"];

/// Values in an order that does not depend on the shape.
fn table(rows: &Rows, columns: &[&'static str]) -> Value {
    rows.iter()
        .map(|row| {
            columns.iter().map(|column| row.value(column).unwrap().clone()).collect::<Value>()
        })
        .collect()
}

#[tokio::test]
async fn every_shape_of_rows_decodes_to_the_same_rows() {
    let (bench, site) = Bench::paired().await;
    let many = "SELECT InternalID AS id, Surname AS name, DOB AS born FROM dbo.BPS_Patients \
        WHERE InternalID > 0 ORDER BY InternalID";
    let none = "SELECT InternalID AS id, Surname AS name, DOB AS born FROM dbo.BPS_Patients \
        WHERE InternalID = -5";
    let one = "SELECT CAST(1 AS bit) AS id, NULL AS name, CAST(0x00FF AS varbinary(2)) AS born";
    let several = format!("{one}; {none}; {many}");
    let mut seen: Vec<Vec<Vec<Value>>> = Vec::new();
    for shape in SHAPES {
        bench.change(json!({ "rowEncoding": shape })).await;
        let mut decoded = Vec::new();
        for text in [many, none, one, &several] {
            let result = bench.select(site, text).await;
            let sets = result.sets.iter().map(|set| table(set, &["id", "name", "born"]));
            decoded.push(sets.collect::<Vec<_>>());
        }
        seen.push(decoded);
    }
    let lengths: Vec<Vec<usize>> = seen[0]
        .iter()
        .map(|sets| sets.iter().map(|set| set.as_array().unwrap().len()).collect())
        .collect();
    let patients = lengths[0][0];
    assert!(patients > 10, "{patients} patients are too few for this test");
    assert_eq!(lengths[1..], [vec![0], vec![1], vec![1, 0, patients]]);
    assert_eq!(seen[2][2][0], json!([[true, null, "AP8="]]));
    for (decoded, shape) in seen.iter().zip(SHAPES) {
        assert_eq!(decoded, &seen[0], "{shape}");
    }
}
