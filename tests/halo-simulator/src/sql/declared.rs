//! The catalogue's properties of a column's declared type.

use super::SqlError;
use super::convert::Val;
use super::types::Type;

/// A type, with its numbers in `sys.types` and ODBC.
struct Known {
    name: &'static str,
    /// `system_type_id`.
    system: i64,
    /// `DATA_TYPE` of `sp_columns`.
    odbc: i64,
    /// Bytes of `max_length`. 0 if they depend on the declaration.
    bytes: i64,
    precision: i64,
    scale: i64,
}

const fn known(
    name: &'static str,
    system: i64,
    odbc: i64,
    bytes: i64,
    precision: i64,
    scale: i64,
) -> Known {
    Known { name, system, odbc, bytes, precision, scale }
}

const KNOWN: [Known; 28] = [
    known("image", 34, -4, 16, 0, 0),
    known("text", 35, -1, 16, 0, 0),
    known("uniqueidentifier", 36, -11, 16, 0, 0),
    known("date", 40, -9, 3, 10, 0),
    known("time", 41, -9, 5, 16, 7),
    known("datetime2", 42, -9, 8, 27, 7),
    known("datetimeoffset", 43, -9, 10, 34, 7),
    known("tinyint", 48, -6, 1, 3, 0),
    known("smallint", 52, 5, 2, 5, 0),
    known("int", 56, 4, 4, 10, 0),
    known("smalldatetime", 58, 11, 4, 16, 0),
    known("real", 59, 7, 4, 24, 0),
    known("money", 60, 3, 8, 19, 4),
    known("datetime", 61, 11, 8, 23, 3),
    known("float", 62, 6, 8, 53, 0),
    known("sql_variant", 98, -150, 8_016, 0, 0),
    known("ntext", 99, -10, 16, 0, 0),
    known("bit", 104, -7, 1, 1, 0),
    known("decimal", 106, 3, 0, 0, 0),
    known("numeric", 108, 2, 0, 0, 0),
    known("bigint", 127, -5, 8, 19, 0),
    known("varbinary", 165, -3, 0, 0, 0),
    known("varchar", 167, 12, 0, 0, 0),
    known("binary", 173, -2, 0, 0, 0),
    known("char", 175, 1, 0, 0, 0),
    known("nvarchar", 231, -9, 0, 0, 0),
    known("nchar", 239, -8, 0, 0, 0),
    known("xml", 241, -152, -1, 0, 0),
];

/// From this length on, a type counts as `max`. The schema cannot say `max`, because SQLite takes only
/// numbers.
const MAX: u32 = 2_000_000_000;

/// Names and system ids of all types, for `sys.types`.
pub(crate) fn names() -> impl Iterator<Item = (&'static str, i64)> {
    KNOWN.iter().map(|known| (known.name, known.system))
}

/// `ts_declared(type, property)`: a property in the catalogue of a type that the schema declares.
///
/// Properties: `name`, `system`, `odbc`, `bytes` (`max_length`), `precision`, `scale`,
/// `characters` (`CHARACTER_MAXIMUM_LENGTH`), `collated` (not NULL for text), and `digits`, `length`,
/// `radix` and `places` (`PRECISION`, `LENGTH`, `RADIX` and `SCALE` of `sp_columns`).
pub(crate) fn property(arguments: &[Val]) -> Result<Val, SqlError> {
    let [Val::Text(declared), Val::Text(property)] = arguments else { return Ok(Val::Null) };
    let kind = Type::parse(declared).unwrap_or(Type::Unknown);
    let written = declared.split('(').next().unwrap_or_default().trim().to_ascii_lowercase();
    let named = |name: &str| KNOWN.iter().find(|known| known.name == name);
    let Some(known) = named(&written).or_else(|| named(kind.name())) else { return Ok(Val::Null) };
    let large = matches!(known.name, "text" | "ntext" | "image");
    let characters = match kind {
        Type::Text { .. } | Type::Binary { .. } if large => Some(i64::from(i32::MAX)),
        Type::Text { length, .. } | Type::Binary { length, .. } => {
            Some(length.filter(|length| *length < MAX).map_or(-1, i64::from))
        }
        _ => None,
    };
    let bytes = match characters {
        Some(-1) => -1,
        _ if known.bytes != 0 => known.bytes,
        _ => kind.byte_length(),
    };
    let (precision, scale) = match kind {
        Type::Decimal { precision, scale } => (i64::from(precision), i64::from(scale)),
        _ => (known.precision, known.scale),
    };
    let counts = kind.is_number() && kind != Type::Bit;
    let exact = counts && !matches!(kind, Type::Float | Type::Real);
    let number = |number: Option<i64>| number.map_or(Val::Null, Val::Integer);
    Ok(match property.as_str() {
        "name" => Val::Text(known.name.to_owned()),
        "system" => Val::Integer(known.system),
        "odbc" => Val::Integer(known.odbc),
        "bytes" => Val::Integer(bytes),
        "precision" => Val::Integer(precision),
        "scale" => Val::Integer(scale),
        "characters" => number(characters),
        "collated" => number(kind.is_text().then_some(1)),
        "digits" => number(characters.or(Some(precision))),
        "length" => number(match kind {
            Type::DateTime | Type::SmallDateTime => Some(16),
            Type::Money => Some(21),
            Type::Text { unicode: true, .. } => characters.map(|count| count.saturating_mul(2)),
            _ => characters.or(Some(bytes)),
        }),
        "radix" => number(counts.then_some(10)),
        "places" => number((exact || kind.is_temporal()).then_some(scale)),
        _ => Val::Null,
    })
}

/// The type of a view's column that SQLite computes, because SQLite knows no type for it. A column name has
/// the same type in all of Bp's views.
pub(crate) fn computed(column: &str) -> Option<&'static str> {
    Some(match column {
        "Provider" | "CheckedBy" | "PerformedBy" | "UsualDoctor" => "varchar(162)",
        "Patient" => "varchar(81)",
        "BookedBy" => "varchar(131)",
        "Notation" => "varchar(21)",
        "Action" => "varchar(22)",
        "Status" | "Severity" | "Day" | "AccomodationText" => "char(20)",
        "Side" => "char(10)",
        "CSTType" | "HPV16" | "HPV18" | "HPVOther" | "SmokingStatus" | "SmokingType"
        | "PastSmokingStatus" | "PastAlcoholLevel" | "KnownAllergies" | "EliteSports"
        | "LivesWithText" | "HasCarer" | "IsCarer" | "FatherAlive" | "MotherAlive" => "char(12)",
        "Urgent"
        | "Acute"
        | "Summary"
        | "Fracture"
        | "Displaced"
        | "Compound"
        | "Comminuted"
        | "Spiral"
        | "Greenstick"
        | "PRN"
        | "Confidential"
        | "HPV"
        | "HPVChanges"
        | "EndocervicalCells"
        | "Unknown"
        | "NonDrinker"
        | "NoSignificantPastHistory"
        | "NoSignificantFamilyHistory"
        | "Retired"
        | "PaceMaker"
        | "Asbestos"
        | "Dust"
        | "Radiation"
        | "Animals"
        | "Normal"
        | "Completed"
        | "Draft"
        | "Finalised" => "char(5)",
        _ => return None,
    })
}
