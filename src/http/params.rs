//! Query parameters, read strictly: a misspelt one is a problem that names what is allowed, never a silent default.

use std::time::Duration;

use axum::{
    extract::{FromRequestParts, Query},
    http::request::Parts,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::Problem;
use crate::{
    model::AclResource,
    report::{AclFilter, CheckParams, FailOn, Page},
};

/// Items of a page when `limit` is not given.
const DEFAULT_LIMIT: usize = 100;

/// The most items a page may have: some hundred kilobytes of topics.
const MAX_LIMIT: usize = 1000;

/// A request's query parameters in the order given.
pub(super) struct Params(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Query::try_from_uri(&parts.uri)
            .map(|Query(pairs)| Self(pairs))
            .map_err(|e| Problem::bad_request(format!("the query cannot be read: {e}")))
    }
}

impl Params {
    /// Checks that nothing but these parameters is given, each at most once.
    fn only(&self, allowed: &[&str]) -> Result<(), Problem> {
        for (i, (name, _)) in self.0.iter().enumerate() {
            let allowed = || allowed.iter().map(|a| (*a).to_owned()).collect::<Vec<_>>();
            if !allowed().contains(name) {
                let detail = format!(
                    "there is no parameter {name:?} here; there is {}",
                    allowed().join(", ")
                );
                return Err(Problem {
                    parameter: Some(name.clone()),
                    allowed: allowed().into(),
                    ..Problem::bad_request(detail)
                });
            }
            if self.0[..i].iter().any(|(before, _)| before == name) {
                let detail = format!("{name} is given twice");
                return Err(Problem {
                    parameter: Some(name.clone()),
                    ..Problem::bad_request(detail)
                });
            }
        }
        Ok(())
    }

    fn get(&self, name: &str) -> Option<&str> {
        let mut pairs = self.0.iter();
        pairs.find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Reads `limit` and `cursor`.
    pub(super) fn page(&self) -> Result<PageParams, Problem> {
        self.only(&["limit", "cursor"])?;
        self.paged()
    }

    /// Reads `principal`, `resource`, `limit` and `cursor`.
    pub(super) fn acls(&self) -> Result<(AclFilter, PageParams), Problem> {
        self.only(&["principal", "resource", "limit", "cursor"])?;
        let resource = match self.get("resource") {
            None => None,
            Some(text) => Some(resource(text).ok_or_else(|| {
                let kinds = AclResource::ALL.iter();
                let allowed = kinds.map(|kind| format!("{kind}:<name>")).collect();
                Problem::parameter("resource", text, allowed)
            })?),
        };
        let principal = self.get("principal");
        if let Some(text) = principal.filter(|text| !is_principal(text)) {
            let allowed = ["User:<name>", "User:*", "<type>:<name>"];
            let allowed = allowed.map(str::to_owned).to_vec();
            return Err(Problem::parameter("principal", text, allowed));
        }
        let filter = AclFilter {
            principal: principal.map(str::to_owned),
            resource,
        };
        Ok((filter, self.paged()?))
    }

    fn paged(&self) -> Result<PageParams, Problem> {
        let limit = match self.get("limit") {
            None => DEFAULT_LIMIT,
            Some(text) => text
                .parse()
                .ok()
                .filter(|n| (1..=MAX_LIMIT).contains(n))
                .ok_or_else(|| {
                    let allowed = format!("a whole number from 1 to {MAX_LIMIT}");
                    Problem::parameter("limit", text, vec![allowed])
                })?,
        };
        let cursor = match self.get("cursor") {
            None => None,
            Some(text) => Some(decode(text).ok_or_else(|| bad_cursor(text))?),
        };
        Ok(PageParams { limit, cursor })
    }

    /// Reads `max_age` and `fail_on`.
    pub(super) fn check(&self) -> Result<CheckParams, Problem> {
        self.only(&["max_age", "fail_on"])?;
        let mut params = CheckParams::default();
        if let Some(text) = self.get("max_age") {
            params.max_age = duration(text).ok_or_else(|| {
                let allowed = "a number and s, m, h or d, such as 15m".to_owned();
                Problem::parameter("max_age", text, vec![allowed])
            })?;
        }
        if let Some(text) = self.get("fail_on") {
            let words = text.split(',').map(|word| {
                let word = word.trim();
                let known = FailOn::ALL.into_iter().find(|f| f.as_str() == word);
                known.ok_or_else(|| {
                    let allowed = FailOn::ALL.map(|f| f.as_str().to_owned()).to_vec();
                    Problem::parameter("fail_on", word, allowed)
                })
            });
            params.fail_on = words.collect::<Result<_, _>>()?;
        }
        Ok(params)
    }
}

/// Which part of a list is wanted.
#[derive(Debug)]
pub(super) struct PageParams {
    pub(super) limit: usize,
    /// The last item's key on the page before.
    pub(super) cursor: Option<String>,
}

impl PageParams {
    /// Reads the cursor of a list whose keys are not plain text.
    pub(super) fn cursor_as<T: std::str::FromStr>(&self) -> Result<Option<T>, Problem> {
        let parse = |c: &String| c.parse().map_err(|_| bad_cursor(c));
        self.cursor.as_ref().map(parse).transpose()
    }
}

/// Makes a page's cursor opaque, so that nobody comes to rely on what is in it.
pub(super) fn with_cursor<T>(page: Page<T>) -> Page<T> {
    Page {
        next: page.next.map(|key| URL_SAFE_NO_PAD.encode(key)),
        ..page
    }
}

fn decode(cursor: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    String::from_utf8(bytes).ok()
}

fn bad_cursor(text: &str) -> Problem {
    let allowed = "the `next` of the page before".to_owned();
    Problem::parameter("cursor", text, vec![allowed])
}

/// Tells whether a text may be a principal, such as `User:analytics`.
fn is_principal(text: &str) -> bool {
    let parts = text.split_once(':');
    parts.is_some_and(|(of, name)| !of.is_empty() && !name.is_empty())
}

/// Reads `topic:user-events`.
fn resource(text: &str) -> Option<(AclResource, String)> {
    let (kind, name) = text.split_once(':')?;
    let kind = AclResource::parse(kind)?;
    Some((kind, name.to_owned()))
}

/// Reads `90s`, `15m`, `2h` or `1d`.
fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return None,
    };
    if !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let n: u64 = number.parse().ok()?;
    n.checked_mul(seconds).map(Duration::from_secs)
}
