//! SQL Server's types, as far as they affect how a value is converted, compared or written.

use std::fmt;

use super::SqlError;

/// A SQL Server type.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Type {
    /// Known only at execution: SQLite's own dynamic type decides.
    Unknown,
    Bit,
    TinyInt,
    SmallInt,
    Int,
    BigInt,
    Decimal {
        precision: u8,
        scale: u8,
    },
    Money,
    Float,
    Real,
    Text {
        unicode: bool,
        fixed: bool,
        length: Option<u32>,
    },
    Date,
    Time,
    DateTime,
    SmallDateTime,
    DateTime2,
    DateTimeOffset,
    Binary {
        fixed: bool,
        length: Option<u32>,
    },
    Uuid,
    Xml,
    /// `nvarchar(max)` from FOR JSON or JSON_QUERY. An outer FOR JSON embeds it without escapes.
    Json,
}

impl Type {
    pub(crate) const fn varchar(length: Option<u32>) -> Self {
        Self::Text { unicode: false, fixed: false, length }
    }

    pub(crate) const fn nvarchar(length: Option<u32>) -> Self {
        Self::Text { unicode: true, fixed: false, length }
    }

    /// The old types `text` and `ntext`, which hardly any function accepts. They and `image` are the only
    /// fixed types without a length.
    const fn legacy_text(unicode: bool) -> Self {
        Self::Text { unicode, fixed: true, length: None }
    }

    /// Whether this is `text`, `ntext` or `image`.
    pub(crate) fn is_legacy(self) -> bool {
        matches!(
            self,
            Self::Text { fixed: true, length: None, .. }
                | Self::Binary { fixed: true, length: None }
        )
    }

    /// Whether this is one of the date types of SQL Server 2008, which know no arithmetic.
    pub(crate) fn is_newer_temporal(self) -> bool {
        matches!(self, Self::Date | Self::Time | Self::DateTime2 | Self::DateTimeOffset)
    }

    /// The error for a length that SQL Server does not have. `what` is `type 'varchar'` or similar.
    pub(crate) fn check_length(self, what: &str) -> Result<(), SqlError> {
        let (length, most) = match self {
            Self::Text { unicode, length: Some(length), .. } => {
                (length, if unicode { 4000 } else { 8000 })
            }
            Self::Binary { length: Some(length), .. } => (length, 8000),
            _ => return Ok(()),
        };
        if length <= most {
            return Ok(());
        }
        let (number, maximum) = if length > 8000 {
            (131, "allowed for any data type (8000)".to_owned())
        } else {
            (2717, format!("allowed ({most})"))
        };
        Err(SqlError::new(
            number,
            format!("The size ({length}) given to the {what} exceeds the maximum {maximum}."),
        ))
    }

    /// Reads a type name from T-SQL, from a SQLite schema, or from `SqlDbType`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let lower = text.trim().to_ascii_lowercase();
        let (name, arguments) = match lower.split_once('(') {
            Some((name, rest)) => (name.trim(), rest.split(')').next().unwrap_or("")),
            None => (lower.as_str(), ""),
        };
        let name = name.trim_matches(['[', ']', '"']);
        let name = name.strip_prefix("sys.").unwrap_or(name);
        let mut numbers = arguments.split(',').map(str::trim);
        let first = numbers.next().filter(|text| !text.is_empty());
        let second = numbers.next();
        let length = |default: Option<u32>| match first {
            Some("max") => None,
            Some(number) => number.parse().ok(),
            None => default,
        };
        let text = |unicode, fixed| Self::Text { unicode, fixed, length: length(Some(1)) };
        Some(match name {
            "bit" => Self::Bit,
            "tinyint" => Self::TinyInt,
            "smallint" => Self::SmallInt,
            "int" | "integer" => Self::Int,
            "bigint" => Self::BigInt,
            "decimal" | "numeric" | "dec" => Self::Decimal {
                precision: first.and_then(|n| n.parse().ok()).unwrap_or(18),
                scale: second.and_then(|n| n.parse().ok()).unwrap_or(0),
            },
            "money" | "smallmoney" => Self::Money,
            "float" | "double precision" | "double" => Self::Float,
            "real" => Self::Real,
            "char" | "character" => text(false, true),
            "varchar" | "character varying" | "char varying" => text(false, false),
            "nchar" | "national character" | "national char" => text(true, true),
            "nvarchar" | "string" | "sysname" | "national character varying" => {
                Self::nvarchar(length(if name == "string" { None } else { Some(1) }))
            }
            "text" => Self::legacy_text(false),
            "ntext" => Self::legacy_text(true),
            "date" => Self::Date,
            "time" => Self::Time,
            "datetime" => Self::DateTime,
            "smalldatetime" => Self::SmallDateTime,
            "datetime2" => Self::DateTime2,
            "datetimeoffset" => Self::DateTimeOffset,
            "binary" => Self::Binary { fixed: true, length: length(Some(1)) },
            "varbinary" => Self::Binary { fixed: false, length: length(Some(1)) },
            "image" => Self::Binary { fixed: true, length: None },
            "blob" => Self::Binary { fixed: false, length: None },
            "timestamp" | "rowversion" => Self::Binary { fixed: true, length: Some(8) },
            "uniqueidentifier" | "uuid" => Self::Uuid,
            "xml" => Self::Xml,
            "sql_variant" | "variant" => Self::Unknown,
            "json" => Self::Json,
            _ => return None,
        })
    }

    /// The same type for CAST and CONVERT, where a missing length means 30 characters.
    pub(crate) fn for_cast(self, written: &str) -> Self {
        if written.contains('(') {
            return self;
        }
        match self {
            Self::Text { unicode, fixed, length: Some(1) } => {
                Self::Text { unicode, fixed, length: Some(30) }
            }
            Self::Binary { fixed, length: Some(1) } => Self::Binary { fixed, length: Some(30) },
            other => other,
        }
    }

    pub(crate) fn is_text(self) -> bool {
        matches!(self, Self::Text { .. } | Self::Json | Self::Xml)
    }

    pub(crate) fn is_unicode(self) -> bool {
        matches!(self, Self::Text { unicode: true, .. } | Self::Json | Self::Xml)
    }

    pub(crate) fn is_integer(self) -> bool {
        matches!(self, Self::Bit | Self::TinyInt | Self::SmallInt | Self::Int | Self::BigInt)
    }

    pub(crate) fn is_number(self) -> bool {
        self.is_integer()
            || matches!(self, Self::Decimal { .. } | Self::Money | Self::Float | Self::Real)
    }

    pub(crate) fn is_temporal(self) -> bool {
        matches!(
            self,
            Self::Date
                | Self::Time
                | Self::DateTime
                | Self::SmallDateTime
                | Self::DateTime2
                | Self::DateTimeOffset
        )
    }

    /// Whether SQLite may get text here, so that the collation must be named.
    pub(crate) fn may_be_text(self) -> bool {
        self.is_text() || matches!(self, Self::Unknown | Self::Uuid)
    }

    /// SQL Server's type precedence, for mixed comparisons, CASE and UNION.
    fn precedence(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Binary { .. } => 1,
            Self::Text { unicode: false, .. } => 2,
            Self::Text { .. } => 3,
            Self::Json => 4,
            Self::Uuid => 5,
            Self::Bit => 6,
            Self::TinyInt => 7,
            Self::SmallInt => 8,
            Self::Int => 9,
            Self::BigInt => 10,
            Self::Money => 11,
            Self::Decimal { .. } => 12,
            Self::Real => 13,
            Self::Float => 14,
            Self::Time => 15,
            Self::Date => 16,
            Self::SmallDateTime => 17,
            Self::DateTime => 18,
            Self::DateTime2 => 19,
            Self::DateTimeOffset => 20,
            Self::Xml => 21,
        }
    }

    /// The type of an expression that combines both.
    pub(crate) fn combine(self, other: Self) -> Self {
        match (self, other) {
            (
                Self::Text { unicode: a, fixed: f, length: m },
                Self::Text { unicode: b, fixed: g, length: n },
            ) => Self::Text {
                unicode: a || b,
                fixed: f && g && m == n,
                length: m.zip(n).map(|(m, n)| m.max(n)),
            },
            (
                Self::Decimal { precision: p, scale: s },
                Self::Decimal { precision: q, scale: t },
            ) => Self::Decimal { precision: p.max(q), scale: s.max(t) },
            _ if self.precedence() >= other.precedence() => self,
            _ => other,
        }
    }

    /// The name without length, as in error messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unknown => "sql_variant",
            Self::Bit => "bit",
            Self::TinyInt => "tinyint",
            Self::SmallInt => "smallint",
            Self::Int => "int",
            Self::BigInt => "bigint",
            Self::Decimal { .. } => "numeric",
            Self::Money => "money",
            Self::Float => "float",
            Self::Real => "real",
            Self::Text { unicode: false, fixed: true, length: None } => "text",
            Self::Text { unicode: true, fixed: true, length: None } => "ntext",
            Self::Text { unicode: false, fixed: true, .. } => "char",
            Self::Text { unicode: false, .. } => "varchar",
            Self::Text { fixed: true, .. } => "nchar",
            Self::Text { .. } => "nvarchar",
            Self::Json => "json",
            Self::Date => "date",
            Self::Time => "time",
            Self::DateTime => "datetime",
            Self::SmallDateTime => "smalldatetime",
            Self::DateTime2 => "datetime2",
            Self::DateTimeOffset => "datetimeoffset",
            Self::Binary { fixed: true, length: None } => "image",
            Self::Binary { fixed: true, .. } => "binary",
            Self::Binary { .. } => "varbinary",
            Self::Uuid => "uniqueidentifier",
            Self::Xml => "xml",
        }
    }

    /// The bytes of a column of the type, as COL_LENGTH answers. -1 for `max`.
    pub(crate) fn byte_length(self) -> i64 {
        match self {
            Self::Text { length: None, .. }
            | Self::Binary { length: None, .. }
            | Self::Json
            | Self::Xml
            | Self::Unknown => -1,
            Self::Text { unicode, length: Some(n), .. } => {
                i64::from(n) * if unicode { 2 } else { 1 }
            }
            Self::Binary { length: Some(n), .. } => i64::from(n),
            Self::Bit | Self::TinyInt => 1,
            Self::SmallInt => 2,
            Self::Int | Self::Real | Self::SmallDateTime => 4,
            Self::Date => 3,
            Self::Time => 5,
            Self::BigInt | Self::Float | Self::Money | Self::DateTime | Self::DateTime2 => 8,
            Self::Decimal { precision, .. } => {
                if precision > 9 {
                    9
                } else {
                    5
                }
            }
            Self::DateTimeOffset => 10,
            Self::Uuid => 16,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            legacy if legacy.is_legacy() => Ok(()),
            Self::Text { length, .. } | Self::Binary { length, .. } => match length {
                Some(length) => write!(f, "({length})"),
                None => f.write_str("(max)"),
            },
            Self::Decimal { precision, scale } => write!(f, "({precision},{scale})"),
            _ => Ok(()),
        }
    }
}
