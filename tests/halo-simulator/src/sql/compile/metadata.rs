//! `INFORMATION_SCHEMA` and `sys`: the views that clients use to find out what a release has.

use super::super::catalog::{Catalog, literal};
use super::super::declared;
use super::super::objects::Database;
use super::super::types::Type;

const NAME: Type = Type::nvarchar(Some(128));
const COLLATION: &str = "'Latin1_General_CI_AS'";
/// When Bp made its objects is unknown.
const MADE: &str = "'2020-01-01T00:00:00'";

type Columns = Vec<(String, Type)>;

/// The rows and columns of a catalogue view. `names` are the parts of its name.
pub(super) fn system_view(catalog: &Catalog<'_>, names: &[String]) -> Option<(String, Columns)> {
    let (database, schema, view) = match names {
        [schema, view] => (None, schema, view),
        [database, schema, view] => (Some(database.as_str()), schema, view),
        _ => return None,
    };
    let standard = schema.eq_ignore_ascii_case("INFORMATION_SCHEMA");
    if !standard && !schema.eq_ignore_ascii_case("sys") {
        return None;
    }
    let database = catalog.database_named(database.unwrap_or(catalog.current()))?;
    let (rows, columns) = if standard {
        information_schema(catalog, &database, &view.to_ascii_uppercase())?
    } else {
        sys(catalog, &database, &view.to_ascii_lowercase())?
    };
    let list: Vec<String> = columns
        .iter()
        .enumerate()
        .map(|(index, (_, value, _))| format!("{value} AS _{}", index + 1))
        .collect();
    let sql = format!("SELECT {} FROM ({rows}) AS r", list.join(", "));
    Some((sql, columns.into_iter().map(|(name, _, kind)| (name.to_owned(), kind)).collect()))
}

/// For each column of a view: its name, its SQL over the rows `r`, and its type.
type Described = Vec<(&'static str, String, Type)>;

fn information_schema(
    catalog: &Catalog<'_>,
    database: &Database,
    view: &str,
) -> Option<(String, Described)> {
    let place = |prefix: [&'static str; 3], object: &str| {
        vec![
            (prefix[0], literal(&database.name), NAME),
            (prefix[1], "'dbo'".to_owned(), NAME),
            (prefix[2], object.to_owned(), NAME),
        ]
    };
    let table = ["TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME"];
    let objects = |kinds: &str| filtered(&catalog.objects_of(database), kinds);
    Some(match view {
        "TABLES" => {
            let mut columns = place(table, "r.name");
            let kind = "CASE r.type WHEN 'V' THEN 'VIEW' ELSE 'BASE TABLE' END";
            columns.push(("TABLE_TYPE", kind.to_owned(), Type::varchar(Some(10))));
            (objects("'U', 'V'"), columns)
        }
        "VIEWS" => {
            let mut columns = place(table, "r.name");
            // A login without the right to see the definition gets NULL.
            columns.push(("VIEW_DEFINITION", "NULL".to_owned(), Type::nvarchar(Some(4000))));
            columns.push(("CHECK_OPTION", "'NONE'".to_owned(), Type::varchar(Some(7))));
            columns.push(("IS_UPDATABLE", "'NO'".to_owned(), Type::varchar(Some(2))));
            (objects("'V'"), columns)
        }
        "ROUTINES" => {
            let mut columns =
                place(["ROUTINE_CATALOG", "ROUTINE_SCHEMA", "ROUTINE_NAME"], "r.name");
            columns.push(("ROUTINE_TYPE", "'PROCEDURE'".to_owned(), Type::nvarchar(Some(20))));
            (objects("'P'"), columns)
        }
        "COLUMNS" => {
            let of = |property: &str| format!("ts_declared(r.declared, '{property}')");
            let number = |condition: &str, property: &str| {
                format!("CASE WHEN {condition} THEN {} END", of(property))
            };
            let radix = of("radix");
            let mut columns = place(table, "r.object");
            columns.extend([
                ("COLUMN_NAME", "r.name".to_owned(), NAME),
                ("ORDINAL_POSITION", "r.number".to_owned(), Type::Int),
                ("COLUMN_DEFAULT", "NULL".to_owned(), Type::nvarchar(Some(4000))),
                (
                    "IS_NULLABLE",
                    "CASE WHEN r.optional THEN 'YES' ELSE 'NO' END".to_owned(),
                    Type::varchar(Some(3)),
                ),
                ("DATA_TYPE", of("name"), NAME),
                ("CHARACTER_MAXIMUM_LENGTH", of("characters"), Type::Int),
                (
                    "CHARACTER_OCTET_LENGTH",
                    number(&format!("{} IS NOT NULL", of("characters")), "length"),
                    Type::Int,
                ),
                (
                    "NUMERIC_PRECISION",
                    number(&format!("{radix} IS NOT NULL"), "precision"),
                    Type::TinyInt,
                ),
                ("NUMERIC_PRECISION_RADIX", radix.clone(), Type::SmallInt),
                ("NUMERIC_SCALE", number(&format!("{radix} IS NOT NULL"), "places"), Type::Int),
                (
                    "DATETIME_PRECISION",
                    number(&format!("{} LIKE '%date%'", of("name")), "scale"),
                    Type::SmallInt,
                ),
                (
                    "COLLATION_NAME",
                    format!("CASE WHEN {} THEN {COLLATION} END", of("collated")),
                    NAME,
                ),
            ]);
            (catalog.columns_of(database), columns)
        }
        _ => return None,
    })
}

fn sys(catalog: &Catalog<'_>, database: &Database, view: &str) -> Option<(String, Described)> {
    let objects = |kinds: &str| filtered(&catalog.objects_of(database), kinds);
    let same = |value: &str| value.to_owned();
    Some(match view {
        "objects" | "all_objects" => (objects("'U', 'V', 'P'"), object_columns()),
        "tables" => (objects("'U'"), object_columns()),
        "views" | "all_views" => (objects("'V'"), object_columns()),
        "procedures" => (objects("'P'"), object_columns()),
        "columns" | "all_columns" => {
            let of = |property: &str| format!("ts_declared(r.declared, '{property}')");
            (
                catalog.columns_of(database),
                vec![
                    ("object_id", same("r.id"), Type::Int),
                    ("name", same("r.name"), NAME),
                    ("column_id", same("r.number"), Type::Int),
                    ("system_type_id", of("system"), Type::TinyInt),
                    ("user_type_id", of("system"), Type::Int),
                    ("max_length", of("bytes"), Type::SmallInt),
                    ("precision", of("precision"), Type::TinyInt),
                    ("scale", of("scale"), Type::TinyInt),
                    (
                        "collation_name",
                        format!("CASE WHEN {} THEN {COLLATION} END", of("collated")),
                        NAME,
                    ),
                    ("is_nullable", same("r.optional"), Type::Bit),
                    ("is_identity", same("r.counted"), Type::Bit),
                    ("is_computed", same("0"), Type::Bit),
                ],
            )
        }
        "simulator_columns" if catalog.as_owner.get() => {
            (catalog.columns_of(database), described_columns(database))
        }
        "types" => {
            let rows: Vec<String> = declared::names()
                .map(|(name, system)| format!("SELECT '{name}' AS name, {system} AS system"))
                .collect();
            let of = |property: &str| format!("ts_declared(r.name, '{property}')");
            (
                rows.join(" UNION ALL "),
                vec![
                    ("name", same("r.name"), NAME),
                    ("system_type_id", same("r.system"), Type::TinyInt),
                    ("user_type_id", same("r.system"), Type::Int),
                    ("schema_id", same("4"), Type::Int),
                    ("precision", of("precision"), Type::TinyInt),
                    ("scale", of("scale"), Type::TinyInt),
                    ("is_nullable", same("1"), Type::Bit),
                    ("is_user_defined", same("0"), Type::Bit),
                ],
            )
        }
        "schemas" => (
            same(
                "SELECT 'dbo' AS name, 1 AS id UNION ALL SELECT 'guest', 2 \
                 UNION ALL SELECT 'INFORMATION_SCHEMA', 3 UNION ALL SELECT 'sys', 4",
            ),
            vec![
                ("name", same("r.name"), NAME),
                ("schema_id", same("r.id"), Type::Int),
                ("principal_id", same("r.id"), Type::Int),
            ],
        ),
        "databases" => {
            let names: Vec<String> = ["master", "tempdb", "model", "msdb"]
                .into_iter()
                .map(str::to_owned)
                .chain(catalog.databases().into_iter().map(|database| database.name))
                .enumerate()
                .map(|(at, name)| format!("SELECT {} AS name, {} AS id", literal(&name), at + 1))
                .collect();
            (
                names.join(" UNION ALL "),
                vec![
                    ("name", same("r.name"), NAME),
                    ("database_id", same("r.id"), Type::Int),
                    ("create_date", same(MADE), Type::DateTime),
                    ("collation_name", same(COLLATION), NAME),
                ],
            )
        }
        _ => return None,
    })
}

/// The answer of `sp_columns`.
fn described_columns(database: &Database) -> Described {
    let of = |property: &str| format!("ts_declared(r.declared, '{property}')");
    let same = |value: &str| value.to_owned();
    let octets = format!("CASE WHEN {} IS NOT NULL THEN {} END", of("characters"), of("length"));
    vec![
        ("TABLE_QUALIFIER", literal(&database.name), NAME),
        ("TABLE_OWNER", same("'dbo'"), NAME),
        ("TABLE_NAME", same("r.object"), NAME),
        ("COLUMN_NAME", same("r.name"), NAME),
        ("DATA_TYPE", of("odbc"), Type::SmallInt),
        (
            "TYPE_NAME",
            format!("{} || CASE WHEN r.counted THEN ' identity' ELSE '' END", of("name")),
            NAME,
        ),
        ("PRECISION", of("digits"), Type::Int),
        ("LENGTH", of("length"), Type::Int),
        ("SCALE", of("places"), Type::SmallInt),
        ("RADIX", of("radix"), Type::SmallInt),
        ("NULLABLE", same("r.optional"), Type::SmallInt),
        ("REMARKS", same("NULL"), Type::varchar(Some(254))),
        ("COLUMN_DEF", same("NULL"), Type::nvarchar(Some(4000))),
        ("SQL_DATA_TYPE", of("odbc"), Type::SmallInt),
        ("SQL_DATETIME_SUB", same("NULL"), Type::SmallInt),
        ("CHAR_OCTET_LENGTH", octets, Type::Int),
        ("ORDINAL_POSITION", same("r.number"), Type::Int),
        (
            "IS_NULLABLE",
            same("CASE WHEN r.optional THEN 'YES' ELSE 'NO' END"),
            Type::varchar(Some(254)),
        ),
        ("SS_DATA_TYPE", of("system"), Type::TinyInt),
    ]
}

fn filtered(objects: &str, kinds: &str) -> String {
    format!("SELECT * FROM ({objects}) WHERE type IN ({kinds})")
}

/// The columns that `sys.objects` shares with the views of one kind of object.
fn object_columns() -> Described {
    let same = |value: &str| value.to_owned();
    vec![
        ("name", same("r.name"), NAME),
        ("object_id", same("r.id"), Type::Int),
        ("principal_id", same("NULL"), Type::Int),
        ("schema_id", same("1"), Type::Int),
        ("parent_object_id", same("0"), Type::Int),
        (
            "type",
            same("r.type || ' '"),
            Type::Text { unicode: false, fixed: true, length: Some(2) },
        ),
        (
            "type_desc",
            same(
                "CASE r.type WHEN 'U' THEN 'USER_TABLE' WHEN 'V' THEN 'VIEW' \
                 ELSE 'SQL_STORED_PROCEDURE' END",
            ),
            Type::nvarchar(Some(60)),
        ),
        ("create_date", same(MADE), Type::DateTime),
        ("modify_date", same(MADE), Type::DateTime),
        ("is_ms_shipped", same("0"), Type::Bit),
        ("is_published", same("0"), Type::Bit),
        ("is_schema_published", same("0"), Type::Bit),
    ]
}
