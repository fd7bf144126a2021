//! A connector's config: text by key, and the keys that come from secrets (desired, rank 1).

use compact_str::CompactString;

use crate::{
    desired::{
        config_value::joined,
        node::{Node, Value, shorten},
        page::{At, Page},
        read::{Read, Spotted, map},
        word::SecretSpec,
    },
    model::{ConfigKey, SecretName, is_masked, is_secret_key},
};

/// A config that no table knows: text by key.
#[derive(Debug)]
pub(in crate::desired) struct Settings(pub(super) Vec<Setting>);

/// One key of it.
#[derive(Debug)]
pub(in crate::desired) struct Setting {
    pub(super) key: ConfigKey,
    pub(super) at: At,
    pub(super) value: Spotted<CompactString>,
}

impl Read for Settings {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        let fields = map(node, page)?.iter();
        let settings = fields.filter_map(|(key, value)| {
            let text = setting(&key.text, value, page)?;
            Some(Setting {
                key: ConfigKey::new(&key.text),
                at: key.at,
                value: Spotted {
                    at: value.at,
                    value: text,
                },
            })
        });
        Some(Self(settings.collect()))
    }
}

impl Setting {
    /// Refuses what is shown in place of a secret: copied out of Connect's answer it would take the secret's place.
    pub(super) fn is_refused(&self, page: &mut Page<'_>) -> bool {
        let value = self.value.value.trim();
        let is_refused = is_masked(value);
        if is_refused {
            page.error_with(
                self.value.at,
                format!(
                    "{}: `{value}` is what is shown in place of a secret, and would be written over it",
                    shorten(self.key.as_str())
                ),
                "name the secret under `configFrom`; or let Connect look it up (`${…}`)".to_owned(),
            );
        }
        is_refused
    }

    /// Tells of what seems to be a secret: git never forgets it.
    pub(super) fn warn_of_secret(&self, page: &mut Page<'_>) {
        // words about a secret: where it is, and who looks it up
        const ABOUT: [&str; 8] = [
            "class", "file", "location", "path", "policy", "provider", "source", "type",
        ];
        let (key, value) = (self.key.as_str(), self.value.value.trim());
        let last = key.rsplit('.').next().unwrap_or(key);
        let is_harmless = value.starts_with("${")
            || value.parse::<f64>().is_ok()
            || ["", "true", "false", "null"].contains(&value.to_ascii_lowercase().as_str());
        if is_secret_key(key) && !ABOUT.contains(&last) && !is_harmless {
            page.warning_unseen(
                self.value.at,
                format!("{}: its value seems to be a secret, which git never forgets", shorten(key)),
                "change the secret and name it under `configFrom`; or let Connect look it up (`${…}`)".to_owned(),
            );
        }
    }
}

fn setting(key: &str, node: &Node<'_>, page: &mut Page<'_>) -> Option<CompactString> {
    let (message, help) = match &node.value {
        Value::Scalar(text) => return Some(text.as_ref().into()),
        Value::List(items) => match joined(items) {
            // `[hidden]` as it was copied, which YAML reads as a list
            Some(text) if text == "hidden" && is_secret_key(key) => return Some("[hidden]".into()),
            Some(text) => return Some(text.into()),
            None => ("expected a list of words", None),
        },
        Value::Null => (
            "a connector's config is written whole, so no key of it can be left alone",
            Some("write its value, or take the key out".to_owned()),
        ),
        Value::Map(fields) => {
            let key = key.escape_debug();
            let help = match fields.first() {
                Some((inner, _)) if inner.text != "secret" => {
                    format!(
                        "write keys whole, with their dots: `{key}.{}`",
                        inner.text.escape_debug()
                    )
                }
                _ => format!("a secret is named under `configFrom`: `{key}: {{secret: name}}`"),
            };
            ("expected a value, found fields", Some(help))
        }
    };
    page.error_with(node.at, format!("{}: {message}", shorten(key)), help);
    None
}

/// Secrets by config key.
#[derive(Debug)]
pub(in crate::desired) struct SecretSettings(pub(super) Vec<(Spotted<ConfigKey>, SecretName)>);

impl Read for SecretSettings {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        let fields = map(node, page)?.iter();
        let settings = fields.filter_map(|(key, value)| {
            let secret = SecretSpec::of(&key.text, value, page)?;
            let (at, value) = (key.at, ConfigKey::new(&key.text));
            Some((Spotted { at, value }, secret.0))
        });
        Some(Self(settings.collect()))
    }
}
