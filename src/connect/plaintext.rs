//! Secrets do not go where anybody on the way can read along (rank 7, Connect plane): neither to be judged nor to be written.

use super::Client;
use crate::{
    model::ConfigKey,
    ports::{ConnectorConfig, NewValue},
};

/// Why the secrets of a config stay here.
pub(super) const WHY: &str = "its secret is not sent over http://, where anybody on the way can read it; name the workers as \
                              https://, or write `allowPlaintextPasswords: true` beside their address in headgate.yaml if the \
                              network is safe";

/// Returns the keys of a config whose secrets must not be sent.
pub(super) fn withheld<'a>(
    client: &Client,
    config: &'a ConnectorConfig,
) -> impl Iterator<Item = &'a ConfigKey> {
    let is_private = client.is_private;
    let secret = config.iter().filter(|(_, value)| match value {
        NewValue::Secret(_) => true,
        NewValue::Open(_) => false,
    });
    secret.map(|(key, _)| key).filter(move |_| !is_private)
}
