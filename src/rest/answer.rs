//! What a REST plane answers (rank 6), read without ever repeating it: an answer may hold secrets.

use std::sync::Arc;

use serde::{Deserialize, de::DeserializeOwned};

use super::{Error, access::Login};
use crate::model::one_line;

/// An answer, whole.
pub struct Answer {
    /// The address of the server that gave it.
    pub address: String,
    /// What was asked.
    pub asked: String,
    /// The status of HTTP.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
    /// Who asked.
    pub(super) login: Option<Arc<Login>>,
    /// What should be at the address.
    pub(super) service: &'static str,
}

/// What Kafka Connect and the Schema Registry say where they do not do what was asked: both in the same shape.
#[derive(Debug, Deserialize, PartialEq, Eq)]
pub struct Complaint {
    /// The service's own code; Connect's is that of HTTP.
    pub error_code: i64,
    /// Its words, without Headgate's login. They may repeat what else was sent, secrets included.
    #[serde(default)]
    pub message: String,
}

impl Answer {
    /// Tells whether the service did what was asked (2xx).
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Reads the body of a successful answer.
    ///
    /// # Errors
    /// The service refused, or the body is not what it should be.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        if !self.is_success() {
            return Err(self.refusal());
        }
        // serde_json's message would repeat the value it stumbled over
        serde_json::from_slice(&self.body).map_err(|error| {
            let at = format!("(line {}, column {})", error.line(), error.column());
            self.unreadable(match (error.classify(), self.body.first()) {
                (serde_json::error::Category::Data, _) => format!("JSON of another shape {at}"),
                (_, Some(b'<')) => "a page of HTML".to_owned(),
                (_, None) => "nothing at all".to_owned(),
                _ => format!("no JSON {at}"),
            })
        })
    }

    /// Returns the answer as an error; `found` says what it is instead of what it should be, and holds nothing of it.
    #[must_use]
    pub fn unreadable(&self, found: String) -> Error {
        Error::Unreadable {
            address: self.address.clone(),
            asked: self.asked.clone(),
            found,
            service: self.service,
        }
    }

    /// Returns what the service complains of, in its own words; `None` where the answer is that of something else, such as
    /// a proxy before it.
    #[must_use]
    pub fn complaint(&self) -> Option<Complaint> {
        let mut complaint: Complaint = serde_json::from_slice(&self.body).ok()?;
        if let Some(login) = &self.login {
            complaint.message = login.hide(&complaint.message);
        }
        Some(complaint)
    }

    /// Tells what was asked, how it was answered, and what to do about it; `words` are the service's, fit to be told.
    #[must_use]
    pub fn told(&self, words: &str) -> String {
        let Self {
            address,
            asked,
            status,
            ..
        } = self;
        let words = match words {
            "" => "no word about why",
            words => words,
        };
        let hint = self.hint();
        format!("{address}: {asked} is answered with HTTP {status}: {words}{hint}")
    }

    /// Returns the answer as an error that tells the status and the service's words. To be called only where what was
    /// sent held no secret.
    #[must_use]
    pub fn refusal(&self) -> Error {
        let message = self.complaint().map(|complaint| complaint.message);
        let words = match one_line(&message.unwrap_or_default(), 300) {
            words if words.is_empty() => words,
            words => format!(": {words}"),
        };
        Error::Refused {
            address: self.address.clone(),
            asked: self.asked.clone(),
            status: self.status,
            words: words + &self.hint(),
        }
    }

    /// Tells whether nothing at the address knows the path: the service is not there, or it has not begun to serve yet. A
    /// service that looks for what a path names and does not find it has words of its own.
    #[must_use]
    pub fn has_no_such_path(&self) -> bool {
        // what Jersey says, on which Connect and the registry stand
        let is_own = |complaint: Complaint| !complaint.message.starts_with("HTTP 404");
        self.status == 404 && !self.complaint().is_some_and(is_own)
    }

    /// Says what to do about a status, for who set the service up.
    fn hint(&self) -> String {
        match self.status {
            401 => "; look at `auth` of this service in headgate.yaml".to_owned(),
            403 => "; the login has no right to this".to_owned(),
            404 if self.has_no_such_path() => {
                format!("; is this the address of {}?", self.service)
            }
            _ => String::new(),
        }
    }
}
