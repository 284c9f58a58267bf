//! What an expression contains. Its subqueries are left out.

use sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, UnaryOperator,
    WindowType,
};

use super::function::{AGGREGATES, WINDOW};

/// The expressions directly inside this one.
pub(super) fn children(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::Nested(inner)
        | Expr::UnaryOp { expr: inner, .. }
        | Expr::Cast { expr: inner, .. }
        | Expr::Convert { expr: inner, .. }
        | Expr::IsNull(inner)
        | Expr::IsNotNull(inner)
        | Expr::Collate { expr: inner, .. }
        | Expr::Trim { expr: inner, .. }
        | Expr::Ceil { expr: inner, .. }
        | Expr::Floor { expr: inner, .. }
        | Expr::InSubquery { expr: inner, .. } => vec![inner],
        Expr::BinaryOp { left, right, .. } => vec![left, right],
        Expr::InList { expr, list, .. } => {
            let mut all: Vec<&Expr> = vec![expr];
            all.extend(list);
            all
        }
        Expr::Between { expr, low, high, .. } => vec![expr, low, high],
        Expr::Like { expr, pattern, .. } => vec![expr, pattern],
        Expr::Substring { expr, substring_from, substring_for, .. } => {
            let mut all: Vec<&Expr> = vec![expr];
            all.extend(substring_from.as_deref());
            all.extend(substring_for.as_deref());
            all
        }
        Expr::Case { operand, conditions, else_result, .. } => {
            let mut all: Vec<&Expr> = operand.as_deref().into_iter().collect();
            for when in conditions {
                all.extend([&when.condition, &when.result]);
            }
            all.extend(else_result.as_deref());
            all
        }
        Expr::Function(call) => function_parts(call),
        _ => Vec::new(),
    }
}

fn function_parts(call: &Function) -> Vec<&Expr> {
    let mut all = Vec::new();
    if let FunctionArguments::List(list) = &call.args {
        // The first argument of a date function is a word such as `day`.
        let skipped = usize::from(dated(call));
        for argument in list.args.iter().skip(skipped) {
            if let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = argument {
                all.push(expr);
            }
        }
    }
    if let Some(WindowType::WindowSpec(window)) = &call.over {
        all.extend(&window.partition_by);
        all.extend(window.order_by.iter().map(|item| &item.expr));
    }
    all
}

fn dated(call: &Function) -> bool {
    name(call).starts_with("DATE")
        && matches!(name(call).as_str(), "DATEADD" | "DATEDIFF" | "DATEPART" | "DATENAME")
}

fn name(call: &Function) -> String {
    call.name.to_string().trim_matches(['[', ']', '"']).to_ascii_uppercase()
}

/// Whether this is an aggregate over the rows of a group.
pub(super) fn is_aggregate(expr: &Expr) -> bool {
    matches!(expr, Expr::Function(call)
        if call.over.is_none() && AGGREGATES.contains(&name(call).as_str()))
}

/// Whether this is a function with OVER.
pub(super) fn is_windowed(expr: &Expr) -> bool {
    matches!(expr, Expr::Function(call)
        if call.over.is_some() || WINDOW.contains(&name(call).as_str()))
}

pub(super) fn is_subquery(expr: &Expr) -> bool {
    matches!(expr, Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. })
}

/// Whether `wanted` is true of this expression or of one inside it.
pub(super) fn any(expr: &Expr, wanted: fn(&Expr) -> bool) -> bool {
    wanted(expr) || children(expr).into_iter().any(|inner| any(inner, wanted))
}

/// Whether this is a condition. T-SQL does not have conditions as values.
pub(super) fn is_condition(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) => is_condition(inner),
        Expr::UnaryOp { op, .. } => *op == UnaryOperator::Not,
        Expr::BinaryOp { op, .. } => relation(op),
        Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::InList { .. }
        | Expr::InSubquery { .. }
        | Expr::Between { .. }
        | Expr::Like { .. }
        | Expr::Exists { .. } => true,
        _ => false,
    }
}

/// The first word or sign of a condition that a value cannot have.
pub(super) fn sign(condition: &Expr) -> String {
    match condition {
        Expr::Nested(inner) => sign(inner),
        Expr::BinaryOp { op, .. } => op.to_string(),
        Expr::IsNull(_) | Expr::IsNotNull(_) => "IS".to_owned(),
        Expr::Between { .. } => "BETWEEN".to_owned(),
        Expr::Like { .. } => "LIKE".to_owned(),
        Expr::InList { .. } | Expr::InSubquery { .. } => "IN".to_owned(),
        Expr::Exists { .. } => "EXISTS".to_owned(),
        _ => "NOT".to_owned(),
    }
}

fn relation(op: &BinaryOperator) -> bool {
    matches!(
        op,
        BinaryOperator::And
            | BinaryOperator::Or
            | BinaryOperator::Eq
            | BinaryOperator::NotEq
            | BinaryOperator::Lt
            | BinaryOperator::LtEq
            | BinaryOperator::Gt
            | BinaryOperator::GtEq
    )
}
