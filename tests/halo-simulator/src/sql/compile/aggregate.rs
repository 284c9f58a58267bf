//! Aggregates and window functions.

use sqlparser::ast::{
    DuplicateTreatment, Expr, Function, FunctionArguments, OrderByExpr, WindowFrame,
    WindowFrameBound, WindowSpec, WindowType,
};

use super::super::SqlError;
use super::super::types::Type;
use super::argument::written;
use super::comparison::{loose, whole};
use super::function::AGGREGATES;
use super::grouping::aggregated;
use super::{Compiler, Piece, Scope};

impl Compiler<'_> {
    pub(super) fn aggregate(
        &mut self,
        name: &str,
        call: &Function,
        arguments: &[Expr],
        scope: &Scope<'_>,
    ) -> Result<Piece, SqlError> {
        let star = matches!(arguments, [Expr::Wildcard(_)]);
        if call.over.is_none() {
            aggregated(arguments)?;
        }
        let mut pieces = Vec::new();
        if !star {
            for argument in arguments {
                pieces.push(self.expr(argument, scope)?);
            }
        }
        let distinct = match &call.args {
            FunctionArguments::List(list)
                if list.duplicate_treatment == Some(DuplicateTreatment::Distinct) =>
            {
                "DISTINCT "
            }
            _ => "",
        };
        let first = pieces.first().map_or(Type::Unknown, |piece| piece.kind);
        let sums = matches!(name, "SUM" | "AVG");
        if AGGREGATES.contains(&name)
            && (first.is_legacy()
                || (sums && (first.is_text() || first.is_temporal() || first == Type::Bit)))
        {
            return Err(SqlError::operand(first.name(), &name.to_lowercase()));
        }
        let one = || {
            pieces
                .first()
                .map(Piece::collated)
                .ok_or_else(|| SqlError::argument_count(&name.to_lowercase(), 1))
        };
        let over = match &call.over {
            Some(WindowType::WindowSpec(window)) => {
                format!(" OVER ({})", self.window(window, scope)?)
            }
            Some(WindowType::NamedWindow(_)) => return Err(SqlError::unsupported("named windows")),
            None => String::new(),
        };
        let integral = first.is_integer();
        let sum = match first {
            Type::BigInt => Type::BigInt,
            _ if integral => Type::Int,
            other => other,
        };
        Ok(match name {
            "COUNT" | "COUNT_BIG" => {
                let what = if star { "*".to_owned() } else { one()? };
                let kind = if name == "COUNT" { Type::Int } else { Type::BigInt };
                Piece::new(format!("count({distinct}{what}){over}"), kind)
            }
            "SUM" => whole(Piece::new(format!("sum({distinct}{}){over}", one()?), sum)),
            "AVG" if integral => {
                Piece::new(format!("CAST(avg({distinct}{}){over} AS INTEGER)", one()?), sum)
            }
            "AVG" => Piece::new(format!("avg({distinct}{}){over}", one()?), sum),
            "MIN" | "MAX" => {
                Piece::new(format!("{}({}){over}", name.to_lowercase(), one()?), first)
            }
            "STRING_AGG" => {
                let [value, separator] = &pieces[..] else {
                    return Err(SqlError::argument_count("string_agg", 2));
                };
                let order = self.ordering(&call.within_group, scope)?;
                let order = if order.is_empty() { order } else { format!(" ORDER BY {order}") };
                Piece::new(
                    format!("group_concat({}, {}{order}){over}", written(value), separator.sql),
                    loose(first),
                )
            }
            _ => {
                if call.over.is_none() {
                    return Err(SqlError::new(
                        10753,
                        format!("The function '{name}' must have an OVER clause."),
                    ));
                }
                if matches!(&call.over, Some(WindowType::WindowSpec(window)) if window.order_by.is_empty())
                {
                    return Err(SqlError::new(
                        4112,
                        format!("The function '{name}' must have an OVER clause with ORDER BY."),
                    ));
                }
                let kind = match name {
                    "ROW_NUMBER" | "RANK" | "DENSE_RANK" | "NTILE" => Type::BigInt,
                    _ => first,
                };
                let list: Vec<&str> = pieces.iter().map(|piece| piece.sql.as_str()).collect();
                Piece::new(format!("{}({}){over}", name.to_lowercase(), list.join(", ")), kind)
            }
        })
    }

    fn window(&mut self, window: &WindowSpec, scope: &Scope<'_>) -> Result<String, SqlError> {
        let mut sql = String::new();
        if !window.partition_by.is_empty() {
            let mut list = Vec::new();
            for expr in &window.partition_by {
                list.push(self.expr(expr, scope)?.collated());
            }
            sql += &format!("PARTITION BY {} ", list.join(", "));
        }
        if !window.order_by.is_empty() {
            sql += &format!("ORDER BY {} ", self.ordering(&window.order_by, scope)?);
        }
        if let Some(WindowFrame { units, start_bound, end_bound }) = &window.window_frame {
            let bound = |bound: &WindowFrameBound| bound.to_string();
            sql += &match end_bound {
                Some(end) => format!("{units} BETWEEN {} AND {}", bound(start_bound), bound(end)),
                None => format!("{units} {}", bound(start_bound)),
            };
        }
        Ok(sql)
    }

    /// An ORDER BY list of expressions over the scope.
    pub(super) fn ordering(
        &mut self,
        items: &[OrderByExpr],
        scope: &Scope<'_>,
    ) -> Result<String, SqlError> {
        let mut list = Vec::new();
        for item in items {
            let direction = direction(item);
            // `ORDER BY (SELECT NULL)` is the T-SQL idiom for no order.
            list.push(format!("{}{direction}", self.expr(&item.expr, scope)?.collated()));
        }
        Ok(list.join(", "))
    }
}

pub(super) fn direction(item: &OrderByExpr) -> &'static str {
    match item.options.sort {
        Some(sqlparser::ast::OrderBySort::Desc) => " DESC",
        _ => "",
    }
}
