//! What is asked of a REST plane (rank 6). Bodies may hold secrets and are never shown.

use std::{fmt, time::Duration};

use bytes::Bytes;
use serde::Serialize;

/// How something is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads; may be asked again elsewhere.
    Get,
    /// Makes, or sets off.
    Post,
    /// Sets.
    Put,
    /// Changes a part.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// Returns the method as HTTP spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// When another server is asked the same, although one took the request. Where surely nobody took it, the next one is
/// asked in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// Never: it is a write, and may have happened.
    Never,
    /// Where a server says that it cannot serve (5xx): the question changes nothing, but may take long by its nature.
    OnFailure,
    /// Also where a server is silent for its share of the time: a read.
    OnSilence,
}

/// One request.
#[derive(Clone)]
pub struct Request {
    /// How.
    pub method: Method,
    /// What, below the address of the service: begins with `/`, is encoded, and holds no secret.
    pub path: String,
    /// The JSON that goes along.
    pub body: Option<Bytes>,
    /// How long it may take, to the end of the answer and over all addresses that are tried.
    pub within: Duration,
    /// When another server is asked, too.
    pub again: Again,
}

impl Request {
    /// Makes a request without a body.
    #[must_use]
    pub fn new(method: Method, path: impl Into<String>, within: Duration) -> Self {
        Self {
            method,
            path: path.into(),
            body: None,
            within,
            again: match method {
                Method::Get => Again::OnSilence,
                _ => Again::Never,
            },
        }
    }

    /// Says when another server is asked the same: for what is no `GET` and changes nothing all the same.
    #[must_use]
    pub fn asked_again(mut self, again: Again) -> Self {
        self.again = again;
        self
    }

    /// Lets JSON go along.
    ///
    /// # Panics
    /// The value has map keys that are no text.
    #[must_use]
    pub fn with_json(mut self, value: &impl Serialize) -> Self {
        let json = serde_json::to_vec(value).expect("what is sent has text as keys");
        self.body = Some(json.into());
        self
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method.as_str(), self.path)
    }
}

/// Makes a name fit for a path; `None` for those that no path can hold (RFC 3986 takes `.` and `..` away, however they are
/// encoded).
#[must_use]
pub fn segment(name: &str) -> Option<String> {
    if matches!(name, "" | "." | "..") {
        return None;
    }
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(byte.into());
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_lead_out_of_their_place_in_a_path() {
        for (name, want) in [
            ("http-source", Some("http-source")),
            ("a/../b", Some("a%2F..%2Fb")),
            ("a b?c#d", Some("a%20b%3Fc%23d")),
            ("ü", Some("%C3%BC")),
            ("%2e", Some("%252e")),
            ("..", None),
            (".", None),
            ("", None),
        ] {
            assert_eq!(segment(name).as_deref(), want, "{name}");
        }
    }
}
