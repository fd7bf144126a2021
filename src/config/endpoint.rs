//! Where a REST plane (Kafka Connect, the Schema Registry) is, and who Headgate is there (config, rank 2).

use std::path::Path;

use super::{
    Tls,
    file::{EndpointSection, RestAuthSection, Text},
    read::{Reader, if_said},
    value::Wrong,
};
use crate::{desired::yaml::Spanned, model::SecretRef};

/// Where a REST plane is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// `http://…` or `https://…` of one or several servers that are as good as each other, without a `/` at the end; all of
    /// them with TLS or all without.
    pub urls: Vec<String>,
    /// The CA that is trusted, and the certificate of Headgate; there with `https://` only.
    pub tls: Option<Tls>,
    /// `None`: anonymous, or who the TLS certificate says.
    pub login: Option<RestLogin>,
    /// Whether secrets may go there: nobody can read them on the way, or `allowPlaintextPasswords` says that this is safe.
    pub is_private: bool,
}

/// How Headgate logs in to a REST plane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RestLogin {
    /// `auth: {basic: {username: …, password: …}}` (RFC 7617).
    Basic {
        /// Who; without a `:`.
        username: String,
        /// The password.
        password: SecretRef,
    },
    /// `auth: {bearer: …}` (RFC 6750).
    Bearer(SecretRef),
}

impl Endpoint {
    /// Makes an endpoint without TLS or a login.
    #[must_use]
    pub fn plaintext(urls: Vec<String>) -> Self {
        Self {
            is_private: urls.iter().all(|url| is_on_loopback(url)),
            urls,
            tls: None,
            login: None,
        }
    }

    /// Takes relative paths for ones below `dir`.
    pub(super) fn resolve(&mut self, dir: &Path) {
        if let Some(tls) = &mut self.tls {
            tls.resolve(dir);
        }
        match &mut self.login {
            Some(RestLogin::Basic { password, .. }) => super::resolve(password, dir),
            Some(RestLogin::Bearer(token)) => super::resolve(token, dir),
            None => {}
        }
    }
}

impl Reader<'_> {
    /// Reads where a REST plane is.
    pub(super) fn endpoint(&mut self, section: &Spanned<EndpointSection>) -> Option<Endpoint> {
        let written = &section.value;
        let urls = self.urls(section)?;
        let secure = urls.iter().filter(|url| url.starts_with("https://"));
        let is_secure = match secure.count() {
            0 => false,
            n if n == urls.len() => true,
            _ => {
                let help = "name them all as https://, or all as http://".into();
                self.wrong(section, ("some of the servers have TLS only".into(), help));
                return None;
            }
        };
        let tls = match (&written.tls, is_secure) {
            (Some(tls), true) => Some(self.tls(tls)),
            (None, false) => None,
            (Some(tls), false) => {
                let help = "write the address as https://, or take `tls` away".into();
                self.wrong(tls, ("`tls` is for https:// addresses".into(), help));
                return None;
            }
            (None, true) => {
                let help = "add `tls: {ca: {file: …}}` with the CA that signed the server's certificate \
                            (/etc/ssl/certs/ca-certificates.crt for the public ones)";
                let what = "nothing says which CA is trusted".into();
                self.wrong(section, (what, help.into()));
                return None;
            }
        };
        let is_private = is_secure
            || written.allow_plaintext_passwords
            || urls.iter().all(|url| is_on_loopback(url));
        let login = written.auth.as_ref();
        let login = login.map(|auth| self.login(auth, is_private));
        Some(Endpoint {
            urls,
            is_private,
            tls: if_said(tls)?,
            login: if_said(login)?,
        })
    }

    /// One `url`, or some `urls`.
    fn urls(&mut self, section: &Spanned<EndpointSection>) -> Option<Vec<String>> {
        let written: &[Text] = match (&section.value.url, &section.value.urls) {
            (Some(url), None) => std::slice::from_ref(url),
            (None, Some(urls)) => &urls.value,
            _ => &[],
        };
        if written.is_empty() {
            let what = "exactly one of `url` and `urls` says where it is".into();
            let help = "write `url: \"http://connect.example.com:8083\"`".into();
            self.wrong(section, (what, help));
            return None;
        }
        let read = written.iter().map(|text| self.value(text, http_url));
        let read: Vec<Option<String>> = read.collect();
        read.into_iter().collect()
    }

    fn login(&mut self, auth: &Spanned<RestAuthSection>, is_private: bool) -> Option<RestLogin> {
        if !is_private {
            let what = "a login is not sent over http://, where anybody on the way can read it";
            let help = "use https://, or write `allowPlaintextPasswords: true` beside `auth` if the network is safe";
            self.wrong(auth, (what.into(), help.into()));
            return None;
        }
        match &auth.value {
            RestAuthSection::Basic(basic) if basic.username.contains(':') => {
                let help = "HTTP has no way to send one that does (RFC 7617)".into();
                self.wrong(auth, ("the user name holds a `:`".into(), help));
                None
            }
            RestAuthSection::Basic(basic) => Some(RestLogin::Basic {
                username: basic.username.clone(),
                password: basic.password.clone(),
            }),
            RestAuthSection::Bearer(token) => Some(RestLogin::Bearer(token.clone())),
        }
    }
}

/// Reads the address of a REST plane.
fn http_url(text: &str) -> Result<String, Wrong> {
    let url = text.trim_end_matches('/');
    let rest = url
        .strip_prefix("http://")
        .or_else(|| url.strip_prefix("https://"));
    let (what, help) = match rest {
        Some(rest) if rest.split('/').next().unwrap_or_default().contains('@') => (
            "credentials do not belong into the address, where every log shows them",
            "take everything before the `@` away, and use `auth`",
        ),
        Some(rest) if rest.contains(['?', '#']) => (
            "the address of a service has no `?` or `#` part",
            "take it away; a token belongs into `auth: {bearer: {file: …}}`",
        ),
        Some(rest) if is_host_and_path(rest) => return Ok(url.to_owned()),
        _ => (
            "the address is no http:// or https:// URL",
            "write it as `http://connect.example.com:8083`",
        ),
    };
    Err((what.into(), help.into()))
}

/// Tells whether what stands behind `http://` names a host, and has nothing in it that no address has.
fn is_host_and_path(rest: &str) -> bool {
    let (host, port) = host_and_port(rest);
    let odd = |c: char| c.is_whitespace() || c.is_control() || "\\<>\"{}|^`".contains(c);
    let port_fits = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    !host.is_empty() && port_fits && !rest.contains(odd)
}

fn host_and_port(rest: &str) -> (&str, Option<&str>) {
    let authority = rest.split('/').next().unwrap_or_default();
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

/// Tells whether an address is one of this machine, by its name alone.
fn is_on_loopback(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (host, _) = host_and_port(rest);
    let bare = host.trim_matches(['[', ']']);
    let ip = bare.parse::<std::net::IpAddr>();
    host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_services_hold_no_secrets_and_end_without_a_slash() {
        for (text, want) in [
            ("http://connect:8083", Some("http://connect:8083")),
            ("https://h/connect/", Some("https://h/connect")),
            ("http://[::1]:8083", Some("http://[::1]:8083")),
            ("http://[::1]", Some("http://[::1]")),
            ("http://", None),
            ("http:///a", None),
            ("http://:8083", None),
            ("http://h:0", None),
            ("http://h:port", None),
            ("http://a b", None),
            ("connect:8083", None),
            ("ftp://hunter2", None),
            ("http://u:hunter2@h", None),
            ("https://h/?token=hunter2", None),
        ] {
            let read = http_url(text);
            assert_eq!(read.as_deref().ok(), want, "{text}");
            if let Err((what, help)) = read {
                assert!(!format!("{what}{help}").contains("hunter2"), "{text}");
            }
        }
    }

    #[test]
    fn loopback_is_told_by_the_address() {
        for (url, is) in [
            ("http://localhost:8083", true),
            ("http://127.0.0.2", true),
            ("http://[::1]:8083/x", true),
            ("http://localhost.example.com", false),
            ("http://10.0.0.1:8083", false),
        ] {
            assert_eq!(is_on_loopback(url), is, "{url}");
        }
    }
}
