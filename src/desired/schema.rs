//! The JSON Schema of the documents, out of the mirror types (desired, rank 1). Editors use it.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use serde_json::{Map, Value, json};

use super::{
    Compatibility, ConnectorOffsets, Pattern, RunState, SchemaFormat,
    config_table::Table,
    config_value::Config,
    kinds::{
        Backoff, ByteRate, Connections, Json, KINDS, OffsetSpec, Offsets, PinSpec, Placement, Rate,
        Reset, SecretSettings, Settings,
    },
    read::{BrokerIds, Count, Day, Lag, Length, Needed, OneOrMore, Read, Size, Spotted, Text},
    word::{
        AccessKind, Admin, ConsentKind, LATER, Labels, Modes, NamePattern, PrincipalPattern,
        ResourcePattern, SecretSpec,
    },
};
use crate::model::{
    Accepts, AclOperation, AclPattern, AclPermission, AclResource, ConfigType, Kind, KnownConfig,
    Mode, ScramMechanism, Versions,
};

/// Returns the JSON Schema of every kind: one schema, of which a document matches exactly one branch. It is of draft 7,
/// which the YAML language server knows best.
#[must_use]
pub fn schema() -> Value {
    let kinds: Vec<Value> = KINDS.iter().map(|kind| (kind.schema)()).collect();
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Headgate desired state",
        "oneOf": kinds,
    })
}

/// Returns the JSON Schema of a part of a document.
pub(super) fn of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft07().with(|s| {
        s.inline_subschemas = true;
        s.meta_schema = None;
    });
    let mut schema = SchemaGenerator::new(settings).into_root_schema_for::<T>();
    schema.remove("title");
    schema.to_value()
}

/// Gives a type a schema that stands wherever the type is used.
macro_rules! inline {
    ($ty:ty, $name:literal, $schema:expr) => {
        impl JsonSchema for $ty {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    };
}

inline!(
    Day,
    "Day",
    json_schema!({"type": "string", "format": "date"})
);
inline!(
    Pattern,
    "Pattern",
    json_schema!({"type": "string", "pattern": "^[a-zA-Z0-9._*?-]{1,249}$"})
);
inline!(
    ConsentKind,
    "ConsentKind",
    json_schema!({"enum": words(Kind::ALL, Kind::as_str)})
);
inline!(
    Labels,
    "Labels",
    json_schema!({
        "type": "object",
        "additionalProperties": {"type": ["string", "number", "boolean", "null"]}
    })
);
inline!(Modes, "Modes", modes());
inline!(Admin, "Admin", json_schema!({"enum": Admin::words()}));
inline!(
    AccessKind,
    "AccessKind",
    json_schema!({"enum": AccessKind::words().collect::<Vec<_>>()})
);
inline!(
    ScramMechanism,
    "ScramMechanism",
    json_schema!({"enum": words(Self::ALL, Self::as_str)})
);
inline!(
    AclResource,
    "AclResource",
    coded(Self::ALL.iter().filter_map(|w| w.word()))
);
inline!(
    AclOperation,
    "AclOperation",
    coded(Self::ALL.iter().filter_map(|w| w.word()))
);
inline!(
    AclPattern,
    "AclPattern",
    coded(Self::ALL.iter().filter_map(|w| w.word()))
);
inline!(
    AclPermission,
    "AclPermission",
    coded(Self::ALL.iter().filter_map(|w| w.word()))
);
inline!(
    PrincipalPattern,
    "PrincipalPattern",
    json_schema!({"type": "string", "pattern": "^[^:]+:.+$"})
);
inline!(
    ResourcePattern,
    "ResourcePattern",
    json_schema!({"type": "string", "pattern": "^[^:]+:.+$"})
);
inline!(
    SecretSpec,
    "SecretSpec",
    json_schema!({
        "type": "object",
        "properties": {"secret": {"type": "string", "pattern": "^[a-zA-Z0-9_-][a-zA-Z0-9._-]*$"}},
        "additionalProperties": false,
        "required": ["secret"]
    })
);
inline!(
    Size,
    "Size",
    json_schema!({"type": ["integer", "string"], "format": "size"})
);
inline!(
    Length,
    "Length",
    json_schema!({"type": ["integer", "string"], "format": "length-of-time", "minimum": 0})
);
inline!(Lag, "Lag", json_schema!({"type": "integer", "minimum": 0}));
inline!(
    BrokerIds,
    "BrokerIds",
    json_schema!({
        "type": "array",
        "items": {"type": "integer", "minimum": 0, "maximum": i32::MAX},
        "uniqueItems": true
    })
);
inline!(
    Reset,
    "Reset",
    json_schema!({"type": "string", "examples": ["earliest", "latest"]})
);
inline!(
    ByteRate,
    "ByteRate",
    json_schema!({"type": ["number", "string", "null"], "format": "size", "exclusiveMinimum": 0})
);
inline!(
    Rate,
    "Rate",
    json_schema!({"type": ["number", "null"], "exclusiveMinimum": 0})
);
inline!(
    Connections,
    "Connections",
    json_schema!({"type": ["integer", "null"], "exclusiveMinimum": 0})
);
inline!(
    Placement,
    "Placement",
    json_schema!({"anyOf": [{"const": Placement::SPREAD}, of::<PinSpec>()]})
);

inline!(
    NamePattern,
    "NamePattern",
    json_schema!({"type": "string", "minLength": 1})
);
inline!(
    RunState,
    "RunState",
    json_schema!({"enum": words(&Self::ALL, Self::as_str)})
);
inline!(
    SchemaFormat,
    "SchemaFormat",
    json_schema!({"enum": words(&Self::ALL, Self::as_str)})
);
inline!(
    Compatibility,
    "Compatibility",
    json_schema!({"enum": words(&Self::ALL, Self::as_str)})
);
inline!(Backoff, "Backoff", json_schema!({"enum": Self::WORDS}));
inline!(
    Settings,
    "Settings",
    json_schema!({
        "type": "object",
        "additionalProperties": {"type": ["string", "number", "boolean", "array"]}
    })
);
inline!(
    SecretSettings,
    "SecretSettings",
    json_schema!({"type": "object", "additionalProperties": of::<SecretSpec>()})
);
inline!(Json, "Json", json_schema!({"type": ["object", "string"]}));
inline!(
    Offsets,
    "Offsets",
    json_schema!({"anyOf": [
        {"const": ConnectorOffsets::RESET},
        {"type": "array", "items": of::<OffsetSpec>(), "minItems": 1}
    ]})
);

impl<const MIN: u32, const MAX: u32> JsonSchema for Count<MIN, MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Count_{MIN}_{MAX}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "integer", "minimum": MIN, "maximum": MAX})
    }
}

/// Gives a type that only wraps another the schema of that; that it is no `Option` makes a field `required`.
macro_rules! transparent {
    ($($name:ident)+) => {$(
        impl<T: Read + JsonSchema> JsonSchema for $name<T> {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                T::schema_name()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                T::json_schema(generator)
            }
        }
    )+};
}
transparent!(Needed Spotted);

impl JsonSchema for Text {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "minLength": 1})
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMore<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMore_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = T::json_schema(generator).to_value();
        json_schema!({"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]})
    }
}

impl<T: Table> JsonSchema for Config<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::WHAT.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let properties: Map<String, Value> = T::rows()
            .map(|c| (c.key.to_owned(), config_property::<T>(c)))
            .collect();
        let mut others = json!({"type": ["string", "number", "boolean", "array", "null"]});
        if T::SECRETS {
            others = json!({"anyOf": [others, of::<SecretSpec>()]});
        }
        json_schema!({
            "type": "object",
            "properties": properties,
            "additionalProperties": others
        })
    }
}

fn words<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|w| word(*w)).collect()
}

fn modes() -> Schema {
    let mode = json!({"enum": words(Mode::ALL, Mode::as_str)});
    let kinds = words(Kind::ALL, Kind::as_str).into_iter().chain(LATER);
    let properties: Map<String, Value> = kinds.map(|k| (k.to_owned(), mode.clone())).collect();
    json_schema!({"type": "object", "properties": properties, "additionalProperties": false})
}

/// The words of an ACL, and the codes of what only newer Kafkas have.
fn coded(words: impl Iterator<Item = &'static str>) -> Schema {
    let words: Vec<&str> = words.collect();
    json_schema!({"anyOf": [{"enum": words}, {"type": "string", "pattern": "^#[0-9]+$"}]})
}

fn config_property<T: Table>(config: &KnownConfig) -> Value {
    if T::is_sensitive(config.key) {
        let mut secret = of::<SecretSpec>();
        secret["description"] = json!(about(config));
        return secret;
    }
    let mut property = match (config.config_type, config.accepts) {
        (ConfigType::List, Accepts::Words(words)) => json!({
            "type": ["string", "array", "null"],
            "items": {"enum": words},
            "examples": words
        }),
        (ConfigType::List, _) => json!({"type": ["string", "array", "null"]}),
        (ConfigType::String, Accepts::Words(words)) => {
            let all: Vec<Value> = words
                .iter()
                .map(|w| json!(w))
                .chain([Value::Null])
                .collect();
            json!({"enum": all})
        }
        // a unit makes a text of a number, and `true` may be quoted; the daemon judges what a schema cannot
        (ConfigType::Boolean, _) => json!({"enum": [true, false, "true", "false", null]}),
        (ConfigType::String, _) => json!({"type": ["string", "number", "null"]}),
        _ => number(config.accepts),
    };
    property["description"] = json!(about(config));
    property
}

fn number(accepts: Accepts) -> Value {
    let mut number = json!({"type": ["number", "string", "null"]});
    match accepts {
        Accepts::AtLeast(min) | Accepts::AtLeastRaised(min, _) => number["minimum"] = json!(min),
        Accepts::Ratio => {
            number["minimum"] = json!(0);
            number["maximum"] = json!(1);
        }
        Accepts::Between(min, max) => {
            number["minimum"] = json!(min);
            number["maximum"] = json!(max);
        }
        _ => {}
    }
    number
}

fn about(config: &KnownConfig) -> String {
    let default = match config.default {
        "" => "none",
        default => default,
    };
    let versions = match config.versions {
        Versions::All => String::new(),
        Versions::Since(version) => format!(" Since Kafka {version}."),
        Versions::Only3 => " Removed in Kafka 4.0.".to_owned(),
    };
    format!("{} Kafka's default: {default}.{versions}", config.about)
}
