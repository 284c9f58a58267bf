//! Calls of built-in functions.

use sqlparser::ast::{BinaryOperator, Expr, Function};

use super::super::SqlError;
use super::super::catalog::literal;
use super::super::types::Type;
use super::argument::{arguments, as_date, dated, written};
use super::comparison::{cast, coerced, common_kind, comparable, comparison, loose};
use super::{Compiler, Piece, Scope};

/// The type that a function returns.
#[derive(Clone, Copy)]
enum Returns {
    Kind(Type),
    /// Text. It is Unicode if the first argument is.
    Text,
    /// The type of the first argument.
    First,
}

const TEXT: Returns = Returns::Text;
const INT: Returns = Returns::Kind(Type::Int);
const NAME: Returns = Returns::Kind(Type::nvarchar(Some(128)));
const FLOAT: Returns = Returns::Kind(Type::Float);
const DATE: Returns = Returns::Kind(Type::Date);

/// T-SQL name, SQLite name, minimum and maximum number of arguments, result.
const PLAIN: &[(&str, &str, usize, usize, Returns)] = &[
    ("LTRIM", "ltrim", 1, 2, TEXT),
    ("RTRIM", "rtrim", 1, 2, TEXT),
    ("TRIM", "trim", 1, 1, TEXT),
    ("UPPER", "ts_upper", 1, 1, TEXT),
    ("LOWER", "ts_lower", 1, 1, TEXT),
    ("LEFT", "ts_left", 2, 2, TEXT),
    ("RIGHT", "ts_right", 2, 2, TEXT),
    ("SUBSTRING", "ts_substring", 3, 3, TEXT),
    ("CHARINDEX", "ts_charindex", 2, 3, INT),
    ("PATINDEX", "ts_patindex", 2, 2, INT),
    ("REPLACE", "ts_replace", 3, 3, TEXT),
    ("STUFF", "ts_stuff", 4, 4, TEXT),
    ("REPLICATE", "ts_replicate", 2, 2, TEXT),
    ("SPACE", "ts_space", 1, 1, Returns::Kind(Type::varchar(None))),
    ("REVERSE", "ts_reverse", 1, 1, TEXT),
    ("CHAR", "ts_char", 1, 1, Returns::Kind(Type::varchar(Some(1)))),
    ("NCHAR", "ts_nchar", 1, 1, Returns::Kind(Type::nvarchar(Some(1)))),
    ("ASCII", "ts_ascii", 1, 1, INT),
    ("UNICODE", "ts_unicode", 1, 1, INT),
    ("QUOTENAME", "ts_quotename", 1, 1, NAME),
    ("FORMAT", "ts_format", 2, 3, Returns::Kind(Type::nvarchar(None))),
    ("ABS", "abs", 1, 1, Returns::First),
    ("ROUND", "ts_round", 2, 3, Returns::First),
    ("FLOOR", "ts_floor", 1, 1, Returns::First),
    ("CEILING", "ts_ceiling", 1, 1, Returns::First),
    ("POWER", "ts_power", 2, 2, Returns::First),
    ("SIGN", "ts_sign", 1, 1, Returns::First),
    ("SQRT", "ts_sqrt", 1, 1, FLOAT),
    ("ISNUMERIC", "ts_isnumeric", 1, 1, INT),
    ("ISDATE", "ts_isdate", 1, 1, INT),
    ("DATEFROMPARTS", "ts_datefromparts", 3, 3, DATE),
    ("DATETIMEFROMPARTS", "ts_datetimefromparts", 7, 7, Returns::Kind(Type::DateTime)),
    ("EOMONTH", "ts_eomonth", 1, 2, DATE),
    ("NEWID", "ts_newid", 0, 0, Returns::Kind(Type::Uuid)),
    ("NEWSEQUENTIALID", "ts_newid", 0, 0, Returns::Kind(Type::Uuid)),
    ("ISJSON", "json_valid", 1, 1, INT),
];

/// Functions whose value comes from the session.
const SUPPLIED: &[(&str, Type)] = &[
    ("GETDATE", Type::DateTime),
    ("CURRENT_TIMESTAMP", Type::DateTime),
    ("SYSDATETIME", Type::DateTime2),
    ("GETUTCDATE", Type::DateTime),
    ("SYSUTCDATETIME", Type::DateTime2),
    ("SCOPE_IDENTITY", Type::Decimal { precision: 38, scale: 0 }),
    ("XACT_STATE", Type::SmallInt),
    ("ERROR_NUMBER", Type::Int),
    ("ERROR_MESSAGE", Type::nvarchar(Some(4000))),
    ("ERROR_SEVERITY", Type::Int),
    ("ERROR_STATE", Type::Int),
    ("ERROR_LINE", Type::Int),
    ("ERROR_PROCEDURE", Type::nvarchar(Some(128))),
    ("ROWCOUNT_BIG", Type::BigInt),
    ("SUSER_SNAME", Type::nvarchar(Some(128))),
    ("SUSER_NAME", Type::nvarchar(Some(128))),
    ("ORIGINAL_LOGIN", Type::nvarchar(Some(128))),
    ("SYSTEM_USER", Type::nvarchar(Some(128))),
    ("USER_NAME", Type::nvarchar(Some(128))),
    ("CURRENT_USER", Type::nvarchar(Some(128))),
    ("DB_NAME", Type::nvarchar(Some(128))),
    ("HOST_NAME", Type::nvarchar(Some(128))),
    ("APP_NAME", Type::nvarchar(Some(128))),
    ("SCHEMA_NAME", Type::nvarchar(Some(128))),
];

pub(super) const WINDOW: &[&str] =
    &["ROW_NUMBER", "RANK", "DENSE_RANK", "NTILE", "LAG", "LEAD", "FIRST_VALUE", "LAST_VALUE"];

pub(super) const AGGREGATES: &[&str] =
    &["COUNT", "COUNT_BIG", "SUM", "AVG", "MIN", "MAX", "STRING_AGG"];

impl Compiler<'_> {
    pub(super) fn function(
        &mut self,
        call: &Function,
        scope: &Scope<'_>,
    ) -> Result<Piece, SqlError> {
        let name = call.name.to_string().trim_matches(['[', ']', '"']).to_ascii_uppercase();
        if let Some((_, kind)) = SUPPLIED.iter().find(|(known, _)| *known == name) {
            return Ok(self.bind(&format!("@@{name}()"), *kind));
        }
        let arguments = arguments(call)?;
        if AGGREGATES.contains(&name.as_str()) || WINDOW.contains(&name.as_str()) {
            return self.aggregate(&name, call, &arguments, scope);
        }
        let part = match name.as_str() {
            "DATEADD" | "DATEDIFF" | "DATEPART" | "DATENAME" | "DATEDIFF_BIG" => {
                let Some(Expr::Identifier(part)) = arguments.first() else {
                    return Err(SqlError::new(
                        1023,
                        format!("Invalid parameter 1 specified for {}.", name.to_lowercase()),
                    ));
                };
                Some(literal(&part.value))
            }
            _ => None,
        };
        let rest = usize::from(part.is_some());
        let mut pieces = Vec::with_capacity(arguments.len());
        for (index, argument) in arguments[rest..].iter().enumerate() {
            pieces.push(if name == "IIF" && index == 0 {
                self.condition(argument, scope)?
            } else {
                self.expr(argument, scope)?
            });
        }
        if let Some(part) = part {
            return dated(&name, &part, &pieces);
        }
        if let Some(&(_, target, least, most, returns)) =
            PLAIN.iter().find(|(known, ..)| *known == name)
        {
            if pieces.len() < least || pieces.len() > most {
                return Err(SqlError::argument_count(&name.to_lowercase(), least));
            }
            let kind = match returns {
                Returns::Kind(kind) => kind,
                Returns::Text => loose(pieces[0].kind),
                Returns::First => pieces[0].kind,
            };
            let textual = matches!(returns, Returns::Text)
                || matches!(
                    name.as_str(),
                    "CHARINDEX" | "PATINDEX" | "ASCII" | "UNICODE" | "QUOTENAME"
                );
            if textual
                && !matches!(name.as_str(), "SUBSTRING" | "PATINDEX")
                && let Some(at) = pieces.iter().position(|piece| piece.kind.is_legacy())
            {
                return Err(SqlError::argument_type(&name, at, pieces[at].kind.name()));
            }
            let list: Vec<String> = pieces
                .iter()
                .map(|piece| if textual { written(piece) } else { piece.sql.clone() })
                .collect();
            let collation = match returns {
                Returns::Text => pieces[0].collation.clone(),
                _ => None,
            };
            return Ok(Piece { sql: format!("{target}({})", list.join(", ")), kind, collation });
        }
        self.special(&name, &pieces)
    }

    fn special(&mut self, name: &str, pieces: &[Piece]) -> Result<Piece, SqlError> {
        let sql = |index: usize| pieces.get(index).map_or("NULL", |piece| piece.sql.as_str());
        let wants = |count: usize| {
            if pieces.len() < count {
                Err(SqlError::argument_count(&name.to_lowercase(), count))
            } else {
                Ok(())
            }
        };
        let kind_name = |index: usize| literal(&pieces[index].kind.to_string());
        Ok(match name {
            "LEN" => {
                wants(1)?;
                if pieces[0].kind.is_legacy() {
                    return Err(SqlError::argument_type(name, 0, pieces[0].kind.name()));
                }
                Piece::new(format!("length(rtrim({}, ' '))", written(&pieces[0])), Type::Int)
            }
            "DATALENGTH" => {
                wants(1)?;
                match pieces[0].kind {
                    // SQLite knows the length of a large value without reading it.
                    Type::Binary { length: None, .. } => {
                        Piece::new(format!("length({})", sql(0)), Type::BigInt)
                    }
                    _ => Piece::new(
                        format!("ts_datalength({}, {})", sql(0), kind_name(0)),
                        Type::Int,
                    ),
                }
            }
            "ISNULL" => {
                wants(2)?;
                let kind =
                    if pieces[0].kind == Type::Unknown { pieces[1].kind } else { pieces[0].kind };
                // The replacement is cut to the length of the first argument's type.
                let replacement = match kind {
                    Type::Text { length: Some(_), .. } => cast(&pieces[1], kind),
                    _ => coerced(&pieces[1], kind),
                };
                Piece::new(format!("ifnull({}, {replacement})", sql(0)), kind)
            }
            "COALESCE" => {
                wants(2)?;
                if pieces.iter().all(|piece| piece.sql == "NULL") {
                    return Err(SqlError::new(
                        4127,
                        "At least one of the arguments to COALESCE must be an expression that is not the \
                         NULL constant.",
                    ));
                }
                let kind = common_kind(pieces.iter());
                let list: Vec<String> = pieces.iter().map(|piece| coerced(piece, kind)).collect();
                Piece::new(format!("coalesce({})", list.join(", ")), kind)
            }
            "NULLIF" => {
                wants(2)?;
                if sql(0) == "NULL" {
                    return Err(SqlError::new(
                        4151,
                        "The type of the first argument to NULLIF cannot be the NULL constant because the \
                         type of the first argument has to be known.",
                    ));
                }
                comparison(&pieces[0], &pieces[1], &BinaryOperator::Eq)?;
                let (left, right) = comparable(&pieces[0], &pieces[1]);
                Piece::new(
                    format!("(CASE WHEN {left} = {right} THEN NULL ELSE {} END)", sql(0)),
                    pieces[0].kind,
                )
            }
            "IIF" => {
                wants(3)?;
                let kind = common_kind(pieces[1..].iter());
                Piece::new(
                    format!(
                        "(CASE WHEN {} THEN {} ELSE {} END)",
                        sql(0),
                        coerced(&pieces[1], kind),
                        coerced(&pieces[2], kind)
                    ),
                    kind,
                )
            }
            "CHOOSE" => {
                wants(2)?;
                let kind = common_kind(pieces[1..].iter());
                let list: Vec<String> = pieces[1..]
                    .iter()
                    .enumerate()
                    .map(|(index, piece)| {
                        format!("WHEN {} THEN {}", index + 1, coerced(piece, kind))
                    })
                    .collect();
                Piece::new(format!("(CASE {} {} END)", sql(0), list.join(" ")), kind)
            }
            "CONCAT" | "CONCAT_WS" => {
                wants(2)?;
                let list: Vec<String> = pieces.iter().map(written).collect();
                let unicode = pieces.iter().any(|piece| piece.kind.is_unicode());
                let kind = Type::Text { unicode, fixed: false, length: None };
                Piece::new(format!("ts_{}({})", name.to_lowercase(), list.join(", ")), kind)
            }
            "YEAR" | "MONTH" | "DAY" => {
                wants(1)?;
                let moment = as_date(&pieces[0], Type::DateTime2);
                Piece::new(format!("ts_datepart('{}', {moment})", name.to_lowercase()), Type::Int)
            }
            "HASHBYTES" => {
                wants(2)?;
                Piece::new(
                    format!("ts_hash({}, {}, {})", sql(0), sql(1), kind_name(1)),
                    Type::Binary { fixed: false, length: Some(8000) },
                )
            }
            "JSON_VALUE" => {
                wants(2)?;
                let (json, path) =
                    (sql(0), format!("replace(replace({}, 'lax ', ''), 'strict ', '')", sql(1)));
                Piece::new(
                    format!(
                        "(CASE json_type({json}, {path}) WHEN 'object' THEN NULL WHEN 'array' THEN NULL \
                         WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' \
                         ELSE CAST(json_extract({json}, {path}) AS TEXT) END)"
                    ),
                    Type::nvarchar(Some(4000)),
                )
            }
            "JSON_QUERY" => {
                wants(1)?;
                let json = sql(0);
                let path = pieces.get(1).map_or("'$'", |piece| piece.sql.as_str());
                let path = format!("replace(replace({path}, 'lax ', ''), 'strict ', '')");
                let extract = if pieces.len() > 1 {
                    format!("json_extract({json}, {path})")
                } else {
                    json.to_owned()
                };
                Piece::new(
                    format!(
                        "(CASE WHEN json_type({json}, {path}) IN ('object', 'array') THEN {extract} END)"
                    ),
                    Type::Json,
                )
            }
            "OBJECT_ID" => {
                wants(1)?;
                let kind = pieces.get(1).map(|piece| piece.sql.as_str());
                let lookup = self.catalog.object_lookup(sql(0), kind);
                Piece::new(format!("({lookup} LIMIT 1)"), Type::Int)
            }
            "OBJECT_NAME" => {
                wants(1)?;
                Piece::new(self.catalog.object_name(sql(0)), Type::nvarchar(Some(128)))
            }
            "COL_LENGTH" => {
                wants(2)?;
                Piece::new(self.catalog.column_length(sql(0), sql(1)), Type::SmallInt)
            }
            "HAS_PERMS_BY_NAME" => {
                wants(3)?;
                let denied: Vec<String> = self
                    .catalog
                    .environment
                    .denied_objects
                    .iter()
                    .map(|object| literal(object))
                    .collect();
                Piece::new(
                    format!(
                        "(CASE WHEN ({0}) IS NULL THEN 1 \
                         WHEN ts_object({0}) COLLATE NOCASE IN ({1}) THEN 0 \
                         WHEN EXISTS ({2}) THEN 1 END)",
                        sql(0),
                        denied.join(", "),
                        self.catalog.object_lookup(sql(0), None)
                    ),
                    Type::Int,
                )
            }
            "SERVERPROPERTY" => Piece::new(
                format!(
                    "(CASE lower({}) WHEN 'productversion' THEN '15.0.2000.5' WHEN 'edition' THEN \
                     'Express Edition (64-bit)' WHEN 'productmajorversion' THEN '15' WHEN 'collation' \
                     THEN 'Latin1_General_CI_AS' WHEN 'instancename' THEN 'BPSINSTANCE' WHEN \
                     'engineedition' THEN '4' WHEN 'productlevel' THEN 'RTM' END)",
                    sql(0)
                ),
                Type::nvarchar(Some(128)),
            ),
            "DATABASEPROPERTYEX" => Piece::new("'Latin1_General_CI_AS'", Type::nvarchar(Some(128))),
            _ => {
                return Err(SqlError::new(
                    195,
                    format!("'{name}' is not a recognized built-in function name."),
                ));
            }
        })
    }
}
