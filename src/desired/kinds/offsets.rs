//! Where a connector's offsets are set, in its own terms (desired, rank 1).

use crate::desired::{
    ConnectorOffsets,
    node::{Node, Value},
    page::Page,
    read::{Needed, Read, expected, mirror, scalar},
};

/// Where offsets are set.
#[derive(Debug)]
pub(in crate::desired) struct Offsets(pub(super) ConnectorOffsets);

mirror! {
    /// Where one partition goes on, in the connector's own terms, as `GET /connectors/NAME/offsets` shows them.
    OffsetSpec {
        /// Which partition: `{filename: in.txt}`, or of a sink `{kafka_topic: orders, kafka_partition: 0}`.
        partition = "partition": Needed<Json>,
        /// Where it goes on: `{position: 30}`, or of a sink `{kafka_offset: 1500}`.
        offset = "offset": Needed<Json>,
    }
}

/// Fields whose types matter: whole numbers and `true` are such, also in quotes; whoever needs a text that looks like
/// a number writes all of it as JSON, in a text.
#[derive(Debug)]
pub(in crate::desired) struct Json(serde_json::Value);

impl Read for Json {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        let read = match &node.value {
            Value::Map(_) => Some(json(node)),
            Value::Scalar(text) => serde_json::from_str(text).ok(),
            _ => None,
        };
        match read.filter(serde_json::Value::is_object) {
            Some(mut value) => {
                value.sort_all_objects();
                Some(Self(value))
            }
            None => expected("fields such as `{position: 30}`", node, page),
        }
    }
}

fn json(node: &Node<'_>) -> serde_json::Value {
    match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Scalar(text) => match (text.parse::<i64>(), text.as_ref()) {
            (Ok(number), _) => number.into(),
            (_, "true") => true.into(),
            (_, "false") => false.into(),
            (_, text) => text.into(),
        },
        Value::List(items) => items.iter().map(json).collect(),
        Value::Map(fields) => {
            let fields = fields.iter();
            fields
                .map(|(key, value)| (key.text.to_string(), json(value)))
                .collect()
        }
    }
}

impl Read for Offsets {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        const WHAT: &str = "`reset`, or a list of `{partition: {…}, offset: {…}}`";
        match &node.value {
            Value::Scalar(_) if scalar(WHAT, node, page) == Some(ConnectorOffsets::RESET) => {
                Some(Self(ConnectorOffsets::Reset))
            }
            Value::List(items) if !items.is_empty() => {
                let mut set = Vec::new();
                for one in Vec::<OffsetSpec>::read(node, page)? {
                    let (partition, offset) = (one.partition.0?.0, one.offset.0?.0);
                    set.push(serde_json::json!({"offset": offset, "partition": partition}));
                }
                Some(Self(ConnectorOffsets::Set(set.into())))
            }
            _ => expected(WHAT, node, page),
        }
    }
}
