//! The registry plane towards a double that answers as told: what it asks for, and what it makes of answers, good and bad.
#![allow(clippy::unwrap_used, reason = "a test may end with a panic")]

mod contract;
mod hostile;
mod judging;
mod levels;
mod listing;
mod reading;
mod texts;
mod writing;

use std::time::Duration;

use headgate::{
    config::Endpoint,
    live::{Found, Observed, RegistryLive},
    registry::{Client, Patience},
    rest::Limits,
};
use serde_json::{Value, json};

use crate::support::double::{Asked, Reply};

/// Bounds that are never reached by a double that answers.
fn mk_patience() -> Patience {
    let long = Duration::from_secs(20);
    Patience {
        read: long,
        observe: long,
        write: long,
    }
}

fn mk_client(url: &str) -> Client {
    let endpoint = Endpoint::plaintext(vec![url.to_owned()]);
    Client::patient(&endpoint, mk_patience(), Limits::default())
}

/// A client that waits for no single answer for long.
fn mk_impatient(url: &str) -> Client {
    let brief = Duration::from_millis(500);
    let patience = Patience {
        read: brief,
        write: brief,
        ..mk_patience()
    };
    let endpoint = Endpoint::plaintext(vec![url.to_owned()]);
    Client::patient(&endpoint, patience, Limits::default())
}

fn known(live: Observed<RegistryLive>) -> RegistryLive {
    match live {
        Observed::Known(live) => live,
        Observed::Unknown(why) => panic!("{why}"),
    }
}

fn found(text: &str, version: u32) -> Option<Found> {
    Some(Found {
        digest: format!("digest of {text}").into(),
        version,
        id: 100 + version,
    })
}

fn no_subject(name: &str) -> Reply {
    Reply::coded(404, 40401, &format!("Subject '{name}' not found."))
}

fn no_schema() -> Reply {
    Reply::coded(404, 40403, "Schema not found")
}

fn no_level() -> Reply {
    Reply::coded(404, 40408, "Subject does not have compatibility config")
}

/// Returns a field of what was sent.
fn sent(asked: &Asked, field: &str) -> Value {
    let body: Value = serde_json::from_str(&asked.body).unwrap();
    body[field].clone()
}

/// A registry as Confluent's, with subjects, each with the texts of its versions; the global level is `BACKWARD`, and no
/// subject has one of its own.
fn registry(subjects: &[(&str, &[&str])], asked: &Asked) -> Reply {
    let texts = |name: &str| {
        let found = subjects.iter().find(|(subject, _)| *subject == name);
        found.map(|(_, texts)| *texts)
    };
    let (method, path) = asked.line.split_once(' ').unwrap();
    let (path, _) = path.split_once('?').unwrap_or((path, ""));
    match (method, path.split('/').collect::<Vec<_>>().as_slice()) {
        ("GET", ["", "subjects"]) => {
            Reply::Json(200, subjects.iter().map(|(name, _)| *name).collect())
        }
        ("GET", ["", "config"]) => Reply::Json(200, json!({"compatibilityLevel": "BACKWARD"})),
        ("GET", ["", "config", _]) => no_level(),
        ("GET", ["", "subjects", name, "versions"]) => match texts(name) {
            Some(texts) => Reply::Json(200, (1..=texts.len()).collect()),
            None => no_subject(name),
        },
        ("POST", ["", "subjects", name]) => {
            let text = sent(asked, "schema");
            let texts = texts(name).unwrap_or_default();
            match texts.iter().position(|there| text == *there) {
                Some(at) => Reply::Json(
                    200,
                    json!({"subject": name, "version": at + 1, "id": at + 101, "schema": text}),
                ),
                None => no_schema(),
            }
        }
        ("POST", ["", "compatibility", ..]) => {
            Reply::Json(200, json!({"is_compatible": true, "messages": []}))
        }
        _ => Reply::error(501, "the double does not do this"),
    }
}
