//! Errors as RFC 9457 problems: `application/problem+json`.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

/// A problem (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// `about:blank`: the status says what sort of problem it is (RFC 9457, 4.2.1).
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The status in words.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong with this request, and what would be right.
    pub detail: String,
    /// The query parameter to blame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// What the parameter may be.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(value_type = Vec<String>, required = false)]
    pub allowed: Box<[String]>,
    /// Every reason, where a probe fails.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(value_type = Vec<String>, required = false)]
    pub reasons: Box<[String]>,
}

impl Problem {
    fn new(status: StatusCode, detail: String) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            detail,
            parameter: None,
            allowed: Box::default(),
            reasons: Box::default(),
        }
    }

    pub(super) fn not_found(detail: String) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    pub(super) fn method_not_allowed(detail: String) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, detail)
    }

    pub(super) fn bad_request(detail: String) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// A parameter that is not what it may be.
    pub(super) fn parameter(name: &str, value: &str, allowed: Vec<String>) -> Self {
        let detail = format!(
            "{name} cannot be {value:?}; it may be {}",
            allowed.join(", ")
        );
        Self {
            parameter: Some(name.into()),
            allowed: allowed.into(),
            ..Self::bad_request(detail)
        }
    }

    /// A probe that fails, or something that is not known yet.
    pub(super) fn unavailable(detail: &str, reasons: Vec<String>) -> Self {
        Self {
            reasons: reasons.into(),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, detail.to_owned())
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.status).expect("problems are only made from statuses");
        let mut response = super::json(&self);
        *response.status_mut() = status;
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        response
    }
}
