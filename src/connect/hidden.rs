//! Keeps secrets out of what Connect says of a config (rank 7, Connect plane): its words repeat the values it does not
//! like, those that it looked up for `${…}` among them.

use crate::{
    model::{Hidden, has_reference, one_line},
    ports::{ConnectorConfig, NewValue},
};

/// The most characters of Connect's words that are told: all that is wrong with a config stands in one message.
const WORDS: usize = 1000;

/// Finds what is secret in a config.
pub(super) fn of(config: Option<&ConnectorConfig>) -> Hidden {
    let values = || config.into_iter().flat_map(ConnectorConfig::values);
    let secrets = values().filter_map(|value| match value {
        NewValue::Secret(secret) => Some(secret.expose().as_str()),
        NewValue::Open(_) => None,
    });
    let is_reference = |value: &NewValue| match value {
        NewValue::Secret(_) => false,
        NewValue::Open(open) => has_reference(open),
    };
    Hidden::new(secrets, values().any(is_reference))
}

/// Makes Connect's words fit to be told.
pub(super) fn tell(hidden: &Hidden, words: &str) -> String {
    one_line(&hidden.tell(words), WORDS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConfigKey, Secret};

    #[test]
    fn secrets_of_a_config_and_what_it_refers_to_are_not_told() {
        let secret = |text: &str| NewValue::Secret(Secret::new(text.to_owned()));
        let open = |text: &str| NewValue::Open(text.into());
        let words = "Invalid value 8\nfor hunter2";
        for (value, told) in [
            (open("8"), "Invalid value 8 for hunter2"),
            (secret("hunter2"), "Invalid value (hidden)"),
            (open("${file:/s:port}"), "Invalid value (hidden)"),
        ] {
            let config = [(ConfigKey::new("a"), value)].into();
            assert_eq!(tell(&of(Some(&config)), words), told);
        }
        assert_eq!(tell(&of(None), "a\nb"), "a b");
    }
}
