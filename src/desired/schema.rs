//! The JSON Schema of the documents, out of the mirror types (desired, rank 1). Editors use it.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use serde_json::{Map, Value, json};

use super::{
    Pattern,
    config_value::Config,
    mirror::{ClusterDocument, TopicDocument},
    read::{Count, Day, Needed, Text},
    word::{API_VERSION, ApiVersion, ClusterKind, ConsentKind, LATER, Labels, Modes, TopicKind},
};
use crate::model::{Accepts, ConfigType, Kind, Mode, TOPIC_CONFIGS, TopicConfig, Versions};

/// Returns the JSON Schema of every kind: one schema, of which a document matches exactly one branch. It is of draft 7,
/// which the YAML language server knows best.
#[must_use]
pub fn schema() -> Value {
    let settings = SchemaSettings::draft07().with(|s| {
        s.inline_subschemas = true;
        s.meta_schema = None;
    });
    let of = |schema: fn(SchemaGenerator) -> Schema| {
        schema(SchemaGenerator::new(settings.clone())).to_value()
    };
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Headgate desired state",
        "oneOf": [
            of(SchemaGenerator::into_root_schema_for::<ClusterDocument>),
            of(SchemaGenerator::into_root_schema_for::<TopicDocument>),
        ],
    })
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
    ApiVersion,
    "ApiVersion",
    json_schema!({"const": API_VERSION})
);
inline!(
    ClusterKind,
    "ClusterKind",
    json_schema!({"const": "Cluster"})
);
inline!(TopicKind, "TopicKind", json_schema!({"const": "Topic"}));
inline!(
    Text,
    "Text",
    json_schema!({"type": "string", "minLength": 1})
);
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
inline!(Config, "Config", config());

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

/// A needed field has the schema of its value; that it is no `Option` makes it `required`.
impl<T: JsonSchema> JsonSchema for Needed<T> {
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

fn words<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|w| word(*w)).collect()
}

fn modes() -> Schema {
    let mode = json!({"enum": words(Mode::ALL, Mode::as_str)});
    let kinds = words(Kind::ALL, Kind::as_str).into_iter().chain(LATER);
    let properties: Map<String, Value> = kinds.map(|k| (k.to_owned(), mode.clone())).collect();
    json_schema!({"type": "object", "properties": properties, "additionalProperties": false})
}

fn config() -> Schema {
    let properties: Map<String, Value> = TOPIC_CONFIGS
        .iter()
        .map(|c| (c.key.to_owned(), config_property(c)))
        .collect();
    json_schema!({
        "type": "object",
        "properties": properties,
        "additionalProperties": {"type": ["string", "number", "boolean", "array", "null"]}
    })
}

fn config_property(config: &TopicConfig) -> Value {
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

fn about(config: &TopicConfig) -> String {
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
