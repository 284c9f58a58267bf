//! Expressions and predicates.

use sqlparser::ast::{
    BinaryOperator, CaseWhen, CastKind, DataType, Expr, TrimWhereField, UnaryOperator,
};

use super::super::SqlError;
use super::super::catalog::literal;
use super::super::types::Type;
use super::comparison::{
    arithmetic, calculable, coerced, common_kind, comparable, comparison, conflict, explicit,
    loose, one_of, plus, text_of, whole,
};
use super::constant::{NAMELESS, constant, one_column, one_row, part_of_bytes, spelt_out};
use super::walk::{is_condition, sign};
use super::{Compiler, Piece, Scope, is_variable, named};

impl Compiler<'_> {
    /// A value.
    pub(super) fn expr(&mut self, expr: &Expr, scope: &Scope<'_>) -> Result<Piece, SqlError> {
        if is_condition(expr) {
            return Err(SqlError::syntax(&sign(expr)));
        }
        self.any(expr, scope)
    }

    /// A condition.
    pub(super) fn condition(&mut self, expr: &Expr, scope: &Scope<'_>) -> Result<Piece, SqlError> {
        if !is_condition(expr) {
            return Err(SqlError::new(
                4145,
                format!(
                    "An expression of non-boolean type specified in a context where a condition is \
                     expected, near '{expr}'."
                ),
            ));
        }
        self.any(expr, scope)
    }

    fn any(&mut self, expr: &Expr, scope: &Scope<'_>) -> Result<Piece, SqlError> {
        match expr {
            Expr::Identifier(ident) if is_variable(ident) => self.variable(&ident.value),
            Expr::Identifier(ident) => {
                if !NAMELESS.iter().any(|word| ident.value.eq_ignore_ascii_case(word)) {
                    named(ident)?;
                }
                scope.column(&ident.value)
            }
            Expr::CompoundIdentifier(idents) => {
                idents.iter().try_for_each(named)?;
                if let Some(first) = idents.first().filter(|ident| is_variable(ident)) {
                    return Err(SqlError::undeclared(&first.value));
                }
                let parts: Vec<&str> = idents.iter().map(|ident| ident.value.as_str()).collect();
                let [.., qualifier, name] = parts[..] else { return Err(SqlError::syntax(".")) };
                scope.qualified(qualifier, name, &parts.join("."))
            }
            Expr::Value(value) => constant(&value.value),
            Expr::Nested(inner) => {
                let piece = self.any(inner, scope)?;
                Ok(Piece { sql: format!("({})", piece.sql), ..piece })
            }
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right, scope),
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => {
                let piece = self.condition(expr, scope)?;
                Ok(Piece::new(format!("(NOT {})", piece.sql), Type::Bit))
            }
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
                    comparison(&left, &right, &BinaryOperator::Eq)?;
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
                let found = Piece::new("_1", kind);
                comparison(&left, &found, &BinaryOperator::Eq)?;
                let (left, right) = comparable(&left, &found);
                let not = if *negated { "NOT " } else { "" };
                Ok(Piece::new(
                    format!("({left} {not}IN (SELECT {right} FROM ({})))", query.sql),
                    Type::Bit,
                ))
            }
            Expr::Between { expr, negated, low, high } => {
                let value = self.expr(expr, scope)?;
                let (low, high) = (self.expr(low, scope)?, self.expr(high, scope)?);
                comparison(&value, &low, &BinaryOperator::GtEq)?;
                comparison(&value, &high, &BinaryOperator::LtEq)?;
                let ((a, low), (b, high)) = (comparable(&value, &low), comparable(&value, &high));
                let not = if *negated { "NOT " } else { "" };
                Ok(Piece::new(format!("({not}({a} >= {low} AND {b} <= {high}))"), Type::Bit))
            }
            Expr::Like { negated, any: false, expr, pattern, escape_char } => {
                let value = self.expr(expr, scope)?;
                let pattern = self.expr(pattern, scope)?;
                conflict(&value, &pattern, "like")?;
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
                if one_row(subquery) {
                    return Ok(Piece::new(format!("({})", query.sql), kind));
                }
                Ok(Piece::new(format!("(SELECT ts_single(_1) FROM ({}))", query.sql), kind))
            }
            Expr::Case { operand, conditions, else_result, .. } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref(), scope)
            }
            Expr::Function(function) => self.function(function, scope),
            Expr::Collate { expr, collation } => {
                let piece = self.expr(expr, scope)?;
                if !piece.kind.may_be_text() {
                    return Err(SqlError::new(
                        447,
                        format!(
                            "Expression type {} is invalid for COLLATE clause.",
                            piece.kind.name()
                        ),
                    ));
                }
                Ok(Piece { collation: Some(spelt_out(&collation.to_string())?), ..piece })
            }
            Expr::Substring { substring_for: None, .. } => {
                Err(SqlError::argument_count("substring", 3))
            }
            Expr::Substring { expr, substring_from: Some(from), substring_for, .. } => {
                let piece = self.expr(expr, scope)?;
                let from = self.expr(from, scope)?.sql;
                let length = match substring_for {
                    Some(length) => format!(", {}", self.expr(length, scope)?.sql),
                    None => String::new(),
                };
                let kind = match piece.kind {
                    Type::Binary { length, .. } => Type::Binary { fixed: false, length },
                    kind => loose(kind),
                };
                let part = match (substring_for, piece.kind) {
                    (Some(_), Type::Binary { .. }) => part_of_bytes(&piece.sql, &from, &length),
                    _ => format!("ts_substring({}, {from}{length})", piece.sql),
                };
                Ok(Piece { sql: part, kind, collation: piece.collation })
            }
            Expr::Trim { trim_where, trim_what, expr, .. } => {
                let piece = self.expr(expr, scope)?;
                if piece.kind.is_legacy() {
                    return Err(SqlError::argument_type("trim", 0, piece.kind.name()));
                }
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
        if matches!(op, BinaryOperator::And | BinaryOperator::Or) {
            let (l, r) = (self.condition(left, scope)?, self.condition(right, scope)?);
            return Ok(Piece::new(format!("({} {op} {})", l.sql, r.sql), Type::Bit));
        }
        let (l, r) = (self.expr(left, scope)?, self.expr(right, scope)?);
        let relation = |sign: &str| {
            comparison(&l, &r, op)?;
            let (left, right) = comparable(&l, &r);
            Ok(Piece::new(format!("({left} {sign} {right})"), Type::Bit))
        };
        match op {
            BinaryOperator::Eq => relation("="),
            BinaryOperator::NotEq => relation("<>"),
            BinaryOperator::Lt => relation("<"),
            BinaryOperator::LtEq => relation("<="),
            BinaryOperator::Gt => relation(">"),
            BinaryOperator::GtEq => relation(">="),
            BinaryOperator::Plus => {
                calculable(&l, &r, op)?;
                conflict(&l, &r, "add")?;
                Ok(Piece { collation: one_of(&l, &r), ..whole(plus(&l, &r)) })
            }
            BinaryOperator::Minus if l.kind.is_temporal() && r.kind.is_temporal() => {
                calculable(&l, &r, op)?;
                Err(SqlError::unsupported("the difference of two datetime values (use DATEDIFF)"))
            }
            _ if calculable(&l, &r, op).is_err() => calculable(&l, &r, op).map(|()| l),
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
                let sql = format!("({} {op} {})", l.sql, r.sql);
                Ok(whole(Piece::new(sql, arithmetic(l.kind, r.kind))))
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
        target.check_length(&format!("type '{}'", target.name()))?;
        if !explicit(piece.kind, target) {
            return Err(SqlError::new(
                529,
                format!(
                    "Explicit conversion from data type {} to {} is not allowed.",
                    piece.kind.name(),
                    target.name()
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
        let collation = piece.collation.clone().filter(|_| target.is_text());
        let function = if safe { "ts_try_cast" } else { "ts_cast" };
        let sql = format!(
            "{function}({}, {}, {}, {style})",
            piece.sql,
            literal(&piece.kind.to_string()),
            literal(&target.to_string())
        );
        Ok(Piece { sql, kind: target, collation })
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
            let condition = match &operand {
                Some(operand) => {
                    let wanted = self.expr(condition, scope)?;
                    comparison(operand, &wanted, &BinaryOperator::Eq)?;
                    let (left, right) = comparable(operand, &wanted);
                    format!("{left} = {right}")
                }
                None => self.condition(condition, scope)?.sql,
            };
            results.push((Some(condition), self.expr(result, scope)?));
        }
        if let Some(otherwise) = otherwise {
            results.push((None, self.expr(otherwise, scope)?));
        }
        if results.iter().all(|(_, piece)| piece.sql == "NULL") {
            return Err(SqlError::new(
                8133,
                "At least one of the result expressions in a CASE specification must be an expression \
                 other than the NULL constant.",
            ));
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
}
