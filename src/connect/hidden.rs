//! Keeps secrets out of what Connect says of a config (rank 7, Connect plane): its words repeat the values it does not
//! like, those that it looked up for `${…}` among them.

use crate::{
    model::one_line,
    ports::{ConnectorConfig, NewValue},
};

/// The most characters of Connect's words that are told: all that is wrong with a config stands in one message.
const WORDS: usize = 1000;

/// Values shorter than this stand in any text by chance, and one can guess them where they were taken out.
const SHORTEST: usize = 4;

/// What must not be told of a config.
pub(super) struct Hidden<'a> {
    secrets: Vec<&'a str>,
    has_references: bool,
}

impl<'a> Hidden<'a> {
    /// Finds what is secret in a config.
    pub(super) fn of(config: Option<&'a ConnectorConfig>) -> Self {
        let values = config.into_iter().flat_map(ConnectorConfig::values);
        let mut secrets = Vec::new();
        let mut has_references = false;
        for value in values {
            match value {
                NewValue::Secret(secret) => secrets.push(secret.expose().trim()),
                NewValue::Open(open) => has_references |= open.contains("${"),
            }
        }
        secrets.retain(|secret| !secret.is_empty());
        // one may be a part of another
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self {
            secrets,
            has_references,
        }
    }

    /// Makes Connect's words fit to be told.
    pub(super) fn tell(&self, words: &str) -> String {
        if self.secrets.iter().any(|secret| secret.len() < SHORTEST) {
            return "Connect's words are not shown, since a secret of the config is too short to be taken out of them"
                .to_owned();
        }
        let mut told = words.to_owned();
        if self.has_references || !self.secrets.is_empty() {
            told = without_values(&told);
        }
        for secret in &self.secrets {
            told = told.replace(secret, "(hidden)");
        }
        one_line(&told, WORDS)
    }
}

/// Takes the values out of Kafka's own messages: `Invalid value VALUE for configuration KEY: why` (Kafka,
/// `ConfigException`).
fn without_values(words: &str) -> String {
    const BEFORE: &str = "Invalid value ";
    const BEHIND: &str = " for configuration ";
    let mut told = String::with_capacity(words.len());
    let mut rest = words;
    while let Some(at) = rest.find(BEFORE) {
        let (before, value) = rest.split_at(at + BEFORE.len());
        told.push_str(before);
        told.push_str("(hidden)");
        rest = value.find(BEHIND).map_or("", |end| &value[end..]);
    }
    told + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConfigKey, Secret};

    fn mk_config(values: &[(&str, NewValue)]) -> ConnectorConfig {
        let values = values.iter().cloned();
        values
            .map(|(key, value)| (ConfigKey::new(key), value))
            .collect()
    }

    fn mk_secret(text: &str) -> NewValue {
        NewValue::Secret(Secret::new(text.to_owned()))
    }

    #[test]
    fn words_about_an_open_config_are_told_as_they_are() {
        let config = mk_config(&[("tasks.max", NewValue::Open("x".into()))]);
        let words = "Invalid value x for configuration tasks.max: Not a number of type INT";
        assert_eq!(Hidden::of(Some(&config)).tell(words), words);
        assert_eq!(Hidden::of(None).tell("a\nb"), "a b");
    }

    #[test]
    fn secrets_are_taken_out_wherever_they_stand() {
        let config = mk_config(&[
            ("password", mk_secret("hunter2\n")),
            ("token", mk_secret("hunter2-long")),
        ]);
        let told = Hidden::of(Some(&config)).tell("login with hunter2-long or hunter2 failed");
        assert_eq!(told, "login with (hidden) or (hidden) failed");
    }

    #[test]
    fn what_a_worker_looked_up_for_a_reference_is_not_told() {
        let config = mk_config(&[("port", NewValue::Open("${file:/s:port}".into()))]);
        let words = "2 error(s):\nInvalid value canary for configuration port: Not a number\nInvalid value canary";
        let told = Hidden::of(Some(&config)).tell(words);
        assert_eq!(
            told,
            "2 error(s): Invalid value (hidden) for configuration port: Not a number Invalid value (hidden)"
        );
    }

    #[test]
    fn a_secret_that_is_too_short_hides_everything() {
        let config = mk_config(&[("pin", mk_secret("12"))]);
        assert!(
            !Hidden::of(Some(&config))
                .tell("pin 12 is wrong")
                .contains("12")
        );
    }
}
