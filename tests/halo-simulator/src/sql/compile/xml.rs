//! Methods of XML values.

use sqlparser::ast::{AccessExpr, Expr};

use super::super::SqlError;
use super::super::types::Type;
use super::{Compiler, Piece, Scope};

impl Compiler<'_> {
    /// The one XML method in common use: it decodes base64 with an empty document.
    pub(super) fn xml_value(
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
