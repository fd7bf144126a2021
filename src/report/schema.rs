//! How the words of the model stand in the OpenAPI document (rank 4): each a closed set of strings.

use std::borrow::Cow;

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{ObjectBuilder, Schema, Type},
    },
};

use crate::model::{Cause, DriftClass, Gate, Kind, Plane, ResolvedBy, Risk, Verb};

macro_rules! word_schemas {
    ($($word:ident),+) => {$(
        impl PartialSchema for $word {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .enum_values(Some($word::ALL.iter().map(|w| w.as_str())))
                    .into()
            }
        }

        impl ToSchema for $word {
            fn name() -> Cow<'static, str> {
                stringify!($word).into()
            }
        }
    )+};
}

word_schemas!(Cause, DriftClass, Gate, Kind, Plane, ResolvedBy, Risk, Verb);
