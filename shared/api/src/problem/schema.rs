//! The kinds of problems as the OpenAPI document lists them, because callers switch on them.

use std::borrow::Cow;

use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::Kind;

impl PartialSchema for Kind {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(
                "Which problem. Further ones may come: take an unknown one by its status.",
            ))
            .enum_values(Some(Self::ALL.iter().map(|kind| kind.slug())))
            .into()
    }
}

impl ToSchema for Kind {
    fn name() -> Cow<'static, str> {
        "ProblemType".into()
    }
}
