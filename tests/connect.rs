//! The Connect plane towards a double of Connect that answers as told: what it makes of answers, good and bad, and what it
//! never tells.
#![allow(clippy::unwrap_used, reason = "a test may end with a panic")]

mod access;
mod double;
mod hostile;
mod reading;
mod tls;
mod writing;

use std::time::Duration;

use headgate::{
    config::Endpoint,
    connect::{Client, Patience},
    model::{ConfigKey, Secret},
    ports::{ConnectorConfig, NewValue},
    rest::Limits,
};

/// What nobody may see.
const CANARY: &str = "canary-hunter2";

/// Bounds that are never reached by a double that answers, and soon by one that does not.
fn mk_patience() -> Patience {
    Patience {
        read: Duration::from_secs(20),
        look: Duration::from_secs(20),
        validate: Duration::from_secs(20),
        write: Duration::from_secs(20),
        busy: Duration::from_secs(20),
        pause: Duration::from_millis(1),
    }
}

fn mk_client(urls: &[&str]) -> Client {
    let urls = urls.iter().map(|url| (*url).to_owned()).collect();
    let endpoint = Endpoint::plaintext(urls);
    Client::patient("main", &endpoint, mk_patience(), Limits::default())
}

fn mk_impatient(url: &str) -> Client {
    let brief = Duration::from_millis(100);
    let patience = Patience {
        read: brief,
        look: brief,
        validate: brief,
        write: brief,
        busy: brief,
        pause: Duration::from_millis(1),
    };
    let endpoint = Endpoint::plaintext(vec![url.to_owned()]);
    Client::patient("main", &endpoint, patience, Limits::default())
}

/// A config with a secret in it.
fn mk_config() -> ConnectorConfig {
    let open = |text: &str| NewValue::Open(text.into());
    let secret = NewValue::Secret(Secret::new(CANARY.to_owned()));
    [
        ("connector.class", open("com.example.Source")),
        ("password", secret),
        ("tasks.max", open("1")),
        ("user", open("${file:/etc/s:user}")),
    ]
    .map(|(key, value)| (ConfigKey::new(key), value))
    .into()
}
