//! Expressions and predicates.

use sqlparser::ast::{
    AccessExpr, BinaryOperator, CaseWhen, CastKind, DataType, Expr, TrimWhereField, UnaryOperator,
    Value,
};

use super::super::SqlError;
use super::super::catalog::literal;
use super::super::types::Type;
use super::comparison::{
    arithmetic, coerced, common_kind, comparable, comparison, loose, plus, text_of,
};
use super::{Compiler, Piece, Scope, is_variable};

impl Compiler<'_> {
    pub(super) fn expr(&mut self, expr: &Expr, scope: &Scope<'_>) -> Result<Piece, SqlError> {
        match expr {
            Expr::Identifier(ident) if is_variable(ident) => self.variable(&ident.value),
            Expr::Identifier(ident) => scope.column(&ident.value),
            Expr::CompoundIdentifier(idents) => {
                let parts: Vec<&str> = idents.iter().map(|ident| ident.value.as_str()).collect();
                let [.., qualifier, name] = parts[..] else { return Err(SqlError::syntax(".")) };
                scope.qualified(qualifier, name, &parts.join("."))
            }
            Expr::Value(value) => constant(&value.value),
            Expr::Nested(inner) => {
                let piece = self.expr(inner, scope)?;
                Ok(Piece { sql: format!("({})", piece.sql), ..piece })
            }
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right, scope),
            Expr::UnaryOp { op, expr } => {
                let piece = self.expr(expr, scope)?;
                match op {
                    UnaryOperator::Plus => Ok(piece),
                    UnaryOperator::Minus => {
                        Ok(Piece::new(format!("(- {})", piece.sql), piece.kind))
                    }
                    UnaryOperator::BitwiseNot => {
                        Ok(Piece::new(format!("(~ {})", piece.sql), piece.kind))
                    }
                    UnaryOperator::Not => Ok(Piece::new(format!("(NOT {})", piece.sql), Type::Bit)),
                    other => Err(SqlError::unsupported(format!("the operator {other}"))),
                }
            }
            Expr::Cast { kind, expr, data_type, .. } => {
                let safe = matches!(kind, CastKind::TryCast | CastKind::SafeCast);
                self.conversion(expr, data_type, None, safe, scope)
            }
            Expr::Convert { is_try, expr, data_type: Some(data_type), styles, .. } => {
                self.conversion(expr, data_type, styles.first(), *is_try, scope)
            }
            Expr::IsNull(inner) => {
                let piece = self.expr(inner, scope)?;
                Ok(Piece::new(format!("({} IS NULL)", piece.sql), Type::Bit))
            }
            Expr::IsNotNull(inner) => {
                let piece = self.expr(inner, scope)?;
                Ok(Piece::new(format!("({} IS NOT NULL)", piece.sql), Type::Bit))
            }
            Expr::InList { expr, list, negated } => {
                let left = self.expr(expr, scope)?;
                let mut items = Vec::with_capacity(list.len());
                let mut first = left.collated();
                for item in list {
                    let right = self.expr(item, scope)?;
                    let (left, right) = comparable(&left, &right);
                    first = left;
                    items.push(right);
                }
                let not = if *negated { "NOT " } else { "" };
                Ok(Piece::new(format!("({first} {not}IN ({}))", items.join(", ")), Type::Bit))
            }
            Expr::InSubquery { expr, subquery, negated } => {
                let left = self.expr(expr, scope)?;
                let query = self.inner_query(subquery, Some(scope))?;
                let [(_, kind)] = query.columns[..] else { return Err(one_column()) };
                let (left, right) = comparable(&left, &Piece::new("_1", kind));
                let not = if *negated { "NOT " } else { "" };
                Ok(Piece::new(
                    format!("({left} {not}IN (SELECT {right} FROM ({})))", query.sql),
                    Type::Bit,
                ))
            }
            Expr::Between { expr, negated, low, high } => {
                let value = self.expr(expr, scope)?;
                let (low, high) = (self.expr(low, scope)?, self.expr(high, scope)?);
                let ((a, low), (b, high)) = (comparable(&value, &low), comparable(&value, &high));
                let not = if *negated { "NOT " } else { "" };
                Ok(Piece::new(format!("({not}({a} >= {low} AND {b} <= {high}))"), Type::Bit))
            }
            Expr::Like { negated, any: false, expr, pattern, escape_char } => {
                let value = self.expr(expr, scope)?;
                let pattern = self.expr(pattern, scope)?;
                let escape = match escape_char {
                    Some(escape) => self.expr(escape, scope)?.sql,
                    None => "NULL".to_owned(),
                };
                let not = if *negated { "NOT " } else { "" };
                let ansi = i32::from(!value.kind.is_unicode() && !pattern.kind.is_unicode());
                let text = text_of(&value);
                Ok(Piece::new(
                    format!("({not}ts_like({text}, {}, {escape}, {ansi}))", pattern.sql),
                    Type::Bit,
                ))
            }
            Expr::Exists { subquery, negated } => {
                let query = self.inner_query(subquery, Some(scope))?;
                let not = if *negated { "NOT " } else { "" };
                Ok(Piece::new(format!("({not}EXISTS ({}))", query.sql), Type::Bit))
            }
            Expr::Subquery(subquery) => {
                let query = self.inner_query(subquery, Some(scope))?;
                let [(_, kind)] = query.columns[..] else { return Err(one_column()) };
                Ok(Piece::new(format!("({})", query.sql), kind))
            }
            Expr::Case { operand, conditions, else_result, .. } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref(), scope)
            }
            Expr::Function(function) => self.function(function, scope),
            Expr::Collate { expr, collation } => {
                let piece = self.expr(expr, scope)?;
                let name = collation.to_string().to_ascii_uppercase();
                let exact = name.contains("_BIN") || name.contains("_CS");
                Ok(Piece { collation: Some(if exact { "BINARY" } else { "BP" }), ..piece })
            }
            Expr::Substring { expr, substring_from: Some(from), substring_for, .. } => {
                let piece = self.expr(expr, scope)?;
                let from = self.expr(from, scope)?.sql;
                let length = match substring_for {
                    Some(length) => format!(", {}", self.expr(length, scope)?.sql),
                    None => String::new(),
                };
                let kind = loose(piece.kind);
                let part = match (substring_for, piece.kind) {
                    (Some(_), Type::Binary { .. }) => part_of_bytes(&piece.sql, &from, &length),
                    _ => format!("ts_substring({}, {from}{length})", piece.sql),
                };
                Ok(Piece::new(part, kind))
            }
            Expr::Trim { trim_where, trim_what, expr, .. } => {
                let piece = self.expr(expr, scope)?;
                let characters = match trim_what {
                    Some(what) => self.expr(what, scope)?.sql,
                    None => "' '".to_owned(),
                };
                let name = match trim_where {
                    Some(TrimWhereField::Leading) => "ltrim",
                    Some(TrimWhereField::Trailing) => "rtrim",
                    _ => "trim",
                };
                Ok(Piece::new(format!("{name}({}, {characters})", piece.sql), loose(piece.kind)))
            }
            Expr::Ceil { expr, .. } => {
                let piece = self.expr(expr, scope)?;
                Ok(Piece::new(format!("ts_ceiling({})", piece.sql), piece.kind))
            }
            Expr::Floor { expr, .. } => {
                let piece = self.expr(expr, scope)?;
                Ok(Piece::new(format!("ts_floor({})", piece.sql), piece.kind))
            }
            Expr::CompoundFieldAccess { root, access_chain } => {
                self.xml_value(root, access_chain, scope)
            }
            other => Err(SqlError::unsupported(format!("the expression {other}"))),
        }
    }

    fn binary(
        &mut self,
        left: &Expr,
        op: &BinaryOperator,
        right: &Expr,
        scope: &Scope<'_>,
    ) -> Result<Piece, SqlError> {
        let (l, r) = (self.expr(left, scope)?, self.expr(right, scope)?);
        let logical =
            |word: &str| Ok(Piece::new(format!("({} {word} {})", l.sql, r.sql), Type::Bit));
        let relation = |sign: &str| {
            comparison(&l, &r, op)?;
            let (left, right) = comparable(&l, &r);
            Ok(Piece::new(format!("({left} {sign} {right})"), Type::Bit))
        };
        match op {
            BinaryOperator::And => logical("AND"),
            BinaryOperator::Or => logical("OR"),
            BinaryOperator::Eq => relation("="),
            BinaryOperator::NotEq => relation("<>"),
            BinaryOperator::Lt => relation("<"),
            BinaryOperator::LtEq => relation("<="),
            BinaryOperator::Gt => relation(">"),
            BinaryOperator::GtEq => relation(">="),
            BinaryOperator::Plus => Ok(plus(&l, &r)),
            BinaryOperator::Minus if l.kind.is_temporal() => Ok(Piece::new(
                format!(
                    "ts_dateadd('day', -({}), {}, {})",
                    r.sql,
                    l.sql,
                    literal(&l.kind.to_string())
                ),
                l.kind,
            )),
            BinaryOperator::Minus | BinaryOperator::Multiply => {
                Ok(Piece::new(format!("({} {op} {})", l.sql, r.sql), arithmetic(l.kind, r.kind)))
            }
            BinaryOperator::Divide => {
                let kind = match arithmetic(l.kind, r.kind) {
                    Type::Decimal { precision, scale } => {
                        Type::Decimal { precision, scale: scale.max(6) }
                    }
                    other => other,
                };
                Ok(Piece::new(format!("ts_div({}, {})", l.sql, r.sql), kind))
            }
            BinaryOperator::Modulo => {
                Ok(Piece::new(format!("ts_mod({}, {})", l.sql, r.sql), arithmetic(l.kind, r.kind)))
            }
            BinaryOperator::BitwiseAnd | BinaryOperator::BitwiseOr => {
                Ok(Piece::new(format!("({} {op} {})", l.sql, r.sql), arithmetic(l.kind, r.kind)))
            }
            BinaryOperator::BitwiseXor => {
                let (a, b) = (&l.sql, &r.sql);
                Ok(Piece::new(
                    format!("((({a}) | ({b})) - (({a}) & ({b})))"),
                    arithmetic(l.kind, r.kind),
                ))
            }
            other => Err(SqlError::unsupported(format!("the operator {other}"))),
        }
    }

    pub(super) fn conversion(
        &mut self,
        expr: &Expr,
        data_type: &DataType,
        style: Option<&Expr>,
        safe: bool,
        scope: &Scope<'_>,
    ) -> Result<Piece, SqlError> {
        let piece = self.expr(expr, scope)?;
        let written = data_type.to_string();
        let target = Type::parse(&written)
            .ok_or_else(|| {
                SqlError::new(243, format!("Type {written} is not a defined system type."))
            })?
            .for_cast(&written);
        if piece.kind.is_legacy() && !target.is_text() {
            return Err(SqlError::new(
                529,
                format!(
                    "Explicit conversion from data type {} to {target} is not allowed.",
                    piece.kind.name()
                ),
            ));
        }
        let style = match style {
            Some(style) => self.expr(style, scope)?.sql,
            None => "0".to_owned(),
        };
        // The bytes stay the same, so a large value is not copied through a function.
        if let (Type::Binary { .. }, Type::Binary { fixed: false, length: None }) =
            (piece.kind, target)
        {
            return Ok(Piece::new(piece.sql, target));
        }
        let function = if safe { "ts_try_cast" } else { "ts_cast" };
        Ok(Piece::new(
            format!(
                "{function}({}, {}, {}, {style})",
                piece.sql,
                literal(&piece.kind.to_string()),
                literal(&target.to_string())
            ),
            target,
        ))
    }

    pub(super) fn case(
        &mut self,
        operand: Option<&Expr>,
        conditions: &[CaseWhen],
        otherwise: Option<&Expr>,
        scope: &Scope<'_>,
    ) -> Result<Piece, SqlError> {
        let operand = operand.map(|operand| self.expr(operand, scope)).transpose()?;
        let mut sql = "CASE".to_owned();
        let mut results = Vec::new();
        for CaseWhen { condition, result } in conditions {
            let condition = self.expr(condition, scope)?;
            let condition = match &operand {
                Some(operand) => {
                    let (left, right) = comparable(operand, &condition);
                    format!("{left} = {right}")
                }
                None => condition.sql,
            };
            results.push((Some(condition), self.expr(result, scope)?));
        }
        if let Some(otherwise) = otherwise {
            results.push((None, self.expr(otherwise, scope)?));
        }
        let kind = common_kind(results.iter().map(|(_, piece)| piece));
        for (condition, piece) in &results {
            let value = coerced(piece, kind);
            sql += &match condition {
                Some(condition) => format!(" WHEN {condition} THEN {value}"),
                None => format!(" ELSE {value}"),
            };
        }
        Ok(Piece::new(format!("({sql} END)"), kind))
    }

    /// The one XML method in common use: it decodes base64 with an empty document.
    fn xml_value(
        &mut self,
        root: &Expr,
        chain: &[AccessExpr],
        scope: &Scope<'_>,
    ) -> Result<Piece, SqlError> {
        let refused = || SqlError::unsupported(format!("XML methods ({root})"));
        let [AccessExpr::Dot(Expr::Function(function))] = chain else { return Err(refused()) };
        let text = function.to_string();
        let reference = |marker: &str| {
            let (_, rest) = text.split_once(marker)?;
            rest.split_once("\")").map(|(name, _)| name.to_owned())
        };
        if !text.to_ascii_lowercase().starts_with("value(") || !text.contains("xs:base64Binary(") {
            return Err(refused());
        }
        let piece = match (reference("sql:variable(\""), reference("sql:column(\"")) {
            (Some(variable), _) => self.variable(&variable)?,
            (_, Some(column)) => match column.split_once('.') {
                Some((qualifier, name)) => scope.qualified(qualifier, name, &column)?,
                None => scope.column(&column)?,
            },
            _ => return Err(refused()),
        };
        Ok(Piece::new(
            format!("ts_base64({})", piece.sql),
            Type::Binary { fixed: false, length: None },
        ))
    }
}

/// SUBSTRING of a binary value with SQLite's own function, which does not copy the whole of a large value.
/// `length` begins with a comma.
fn part_of_bytes(value: &str, from: &str, length: &str) -> String {
    let length = length.trim_start_matches([',', ' ']);
    format!("substr({value}, max({from}, 1), max({length} + min({from}, 1) - 1, 0))")
}

fn one_column() -> SqlError {
    SqlError::new(
        116,
        "Only one expression can be specified in the select list when the subquery is not introduced \
         with EXISTS.",
    )
}

fn constant(value: &Value) -> Result<Piece, SqlError> {
    let text = |text: &str, unicode| {
        let length = u32::try_from(text.chars().count()).ok().map(|n| n.max(1));
        Piece::new(literal(text), Type::Text { unicode, fixed: false, length })
    };
    Ok(match value {
        Value::Number(digits, _) => number(digits),
        Value::SingleQuotedString(content) => text(content, false),
        Value::NationalStringLiteral(content) => text(content, true),
        Value::HexStringLiteral(digits) => {
            let padded =
                if digits.len().is_multiple_of(2) { digits.clone() } else { format!("0{digits}") };
            let length = u32::try_from(padded.len() / 2).ok();
            Piece::new(format!("x'{padded}'"), Type::Binary { fixed: false, length })
        }
        Value::Null => Piece::new("NULL", Type::Unknown),
        other => return Err(SqlError::unsupported(format!("the literal {other}"))),
    })
}

fn number(digits: &str) -> Piece {
    if digits.contains(['e', 'E']) {
        return Piece::new(digits, Type::Float);
    }
    if let Some((whole, fraction)) = digits.split_once('.') {
        let scale = u8::try_from(fraction.len()).unwrap_or(38);
        let precision = u8::try_from(whole.len()).unwrap_or(38).saturating_add(scale);
        return Piece::new(
            format!("{whole}.{fraction}0").replacen(
                '.',
                if whole.is_empty() { "0." } else { "." },
                1,
            ),
            Type::Decimal { precision: precision.max(1), scale },
        );
    }
    match digits.parse::<i64>() {
        Ok(number) if i32::try_from(number).is_ok() => Piece::new(digits, Type::Int),
        Ok(_) => Piece::new(digits, Type::BigInt),
        Err(_) => Piece::new(format!("{digits}.0"), Type::Decimal { precision: 38, scale: 0 }),
    }
}
