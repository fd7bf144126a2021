//! Getting into a remote repository: credentials, whom we trust, and what its refusals mean (source, rank 6).
//! Credentials are read at each fetch, handed to the transport and dropped; no message holds one.

use std::{
    cell::RefCell,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use git2::{CertificateCheckStatus, Cred, CredentialType, ErrorClass, ErrorCode, RemoteCallbacks};

use super::{SourceError, error::NOT_OURS, known_hosts::KnownHosts, net};
use crate::{
    config::{Auth, Source},
    model::Secret,
    secrets,
};

/// What a token is sent with: forges take any name beside a token (GitHub, "authenticating as an app installation").
const TOKEN_USER: &str = "x-access-token";

/// Whom an ssh URL without a user means: every forge's account is called so.
const SSH_USER: &str = "git";

/// One visit to a remote: what we show it, and what we hold against it.
pub(super) struct Visit<'a> {
    settings: &'a Source,
    access: Access,
    /// Set from outside when nobody waits any more.
    abandoned: &'a AtomicBool,
    /// Why a callback ended the visit; the transport reports only that one did.
    verdict: RefCell<Option<SourceError>>,
}

enum Access {
    Open,
    Ssh {
        key: Secret<String>,
        known_hosts: KnownHosts,
    },
    Token(Secret<String>),
}

impl<'a> Visit<'a> {
    /// Reads the credentials.
    pub(super) fn new(
        settings: &'a Source,
        abandoned: &'a AtomicBool,
    ) -> Result<Self, SourceError> {
        net::limit_waiting();
        if let Some(ca) = &settings.ca {
            trust(settings, ca)?;
        }
        let access = match &settings.auth {
            None => Access::Open,
            Some(Auth::Token(token)) => {
                Access::Token(secrets::read(token).map_err(SourceError::Secret)?)
            }
            Some(Auth::Ssh { key, known_hosts }) => Access::Ssh {
                key: secrets::read(key).map_err(SourceError::Secret)?,
                known_hosts: KnownHosts::parse(
                    secrets::read(known_hosts)
                        .map_err(SourceError::Secret)?
                        .expose(),
                ),
            },
        };
        Ok(Self {
            settings,
            access,
            abandoned,
            verdict: RefCell::new(None),
        })
    }

    /// Makes the callbacks of one connection.
    pub(super) fn callbacks(&self) -> RemoteCallbacks<'_> {
        let mut callbacks = RemoteCallbacks::new();
        let mut offered = false;
        callbacks.credentials(move |url, user, allowed| {
            self.credentials(url, user, allowed, &mut offered)
        });
        callbacks.certificate_check(|cert, _| self.check_certificate(cert));
        callbacks.transfer_progress(|_| self.is_wanted());
        callbacks.sideband_progress(|_| self.is_wanted());
        callbacks
    }

    fn is_wanted(&self) -> bool {
        !self.abandoned.load(Ordering::Relaxed)
    }

    fn credentials(
        &self,
        url: &str,
        user: Option<&str>,
        allowed: CredentialType,
        offered: &mut bool,
    ) -> Result<Cred, git2::Error> {
        if allowed.contains(CredentialType::USERNAME) {
            return Cred::username(SSH_USER);
        }
        let refuse =
            |reason: &'static str| git2::Error::new(ErrorCode::Auth, ErrorClass::Callback, reason);
        // the transport asks again after a refusal: what was refused once is refused again
        if std::mem::replace(offered, true) {
            return Err(refuse(match self.access {
                Access::Token(_) => "the token was refused",
                _ => "the key was refused",
            }));
        }
        match &self.access {
            Access::Ssh { key, .. } if allowed.contains(CredentialType::SSH_KEY) => {
                // the last line's end is part of the format, and not of the secret as it was read
                let pem = format!("{}\n", key.expose());
                Cred::ssh_key_from_memory(user.unwrap_or(SSH_USER), None, &pem, None)
            }
            Access::Token(token) if allowed.contains(CredentialType::USER_PASS_PLAINTEXT) => {
                if !same_server(url, &self.settings.repo) {
                    return Err(refuse(
                        "another server asked for the token and did not get it",
                    ));
                }
                Cred::userpass_plaintext(TOKEN_USER, token.expose())
            }
            Access::Open => Err(refuse("it asks for credentials and source.auth is not set")),
            Access::Ssh { .. } | Access::Token(_) => Err(refuse(
                "it does not take the kind of credentials that source.auth names",
            )),
        }
    }

    /// Accepts an SSH host only by its pinned key. An https certificate is judged by the TLS library, strictly.
    fn check_certificate(
        &self,
        cert: &git2::cert::Cert<'_>,
    ) -> Result<CertificateCheckStatus, git2::Error> {
        if cert.as_x509().is_some() {
            return Ok(CertificateCheckStatus::CertificatePassthrough);
        }
        let (host, port) = address(&self.settings.repo);
        let checked = match (&self.access, cert.as_hostkey().and_then(|k| k.hostkey())) {
            (Access::Ssh { known_hosts, .. }, Some(key)) => known_hosts.check(host, port, key),
            (_, key) => KnownHosts::default().check(host, port, key.unwrap_or_default()),
        };
        checked
            .map(|()| CertificateCheckStatus::CertificateOk)
            .map_err(|refusal| {
                *self.verdict.borrow_mut() = Some(refusal);
                git2::Error::new(
                    ErrorCode::Certificate,
                    ErrorClass::Callback,
                    "the host key is not pinned",
                )
            })
    }

    /// Says what an error of the transport means.
    pub(super) fn explain(&self, error: git2::Error) -> SourceError {
        if let Some(verdict) = self.verdict.borrow_mut().take() {
            return verdict;
        }
        let repo = self.settings.repo.clone();
        let text = error.message().to_ascii_lowercase();
        if !self.is_wanted() || error.code() == ErrorCode::Timeout || text.contains("timed out") {
            let after = Duration::from_millis(u64::from(net::STALL_TIMEOUT_MS.unsigned_abs()));
            return SourceError::Timeout { repo, after };
        }
        let status = |code: &str| text.contains("status code") && text.contains(code);
        match (error.code(), error.class()) {
            (ErrorCode::Auth, _) => SourceError::Auth {
                reason: self.refusal(&text),
                repo,
                source: error,
            },
            _ if status("401") || status("403") => SourceError::Auth {
                reason: self.refusal(&text),
                repo,
                source: error,
            },
            (ErrorCode::Certificate, _) | (_, ErrorClass::Ssl) => SourceError::Certificate {
                repo,
                source: error,
            },
            _ if text.contains(NOT_OURS) => SourceError::local(repo, error),
            (ErrorCode::Owner, _)
            | (ErrorCode::NotFound, ErrorClass::Repository | ErrorClass::Os) => {
                SourceError::local(repo, error)
            }
            // libgit2 knows a local path only by finding it, and takes any other for a URL
            _ if text.contains("unsupported url protocol")
                && let Some(path) = self.settings.local_path() =>
            {
                let reason = match path.exists() {
                    true => "it is no git repository",
                    false => "the path does not exist",
                };
                SourceError::NoFolder { path, reason }
            }
            _ if status("404")
                || text.contains("repository not found")
                || text.contains("unsupported url protocol") =>
            {
                SourceError::NoRepository {
                    repo,
                    source: error,
                }
            }
            (_, ErrorClass::Net | ErrorClass::Http | ErrorClass::Ssh | ErrorClass::Os) => {
                SourceError::Unreachable {
                    repo,
                    source: error,
                }
            }
            _ => SourceError::Corrupt {
                repo,
                source: error,
            },
        }
    }

    fn refusal(&self, text: &str) -> &'static str {
        match &self.access {
            _ if text.contains("another server") => {
                "it sends us on to another server, which does not get the token; name that server as source.repo"
            }
            Access::Open => "it asks for credentials; set source.auth in headgate.yaml",
            Access::Token(_) => {
                "the token of source.auth was not taken; check that it is still valid and may read this repository"
            }
            Access::Ssh { .. } => {
                "the key of source.auth was not taken; check that it has no passphrase, and that its public half may read \
                 this repository"
            }
        }
    }
}

/// Trusts a private CA; the file is read by the TLS library, which says too little when it is not there.
fn trust(settings: &Source, ca: &Path) -> Result<(), SourceError> {
    std::fs::metadata(ca).map_err(|source| SourceError::File {
        path: ca.to_owned(),
        source,
    })?;
    net::trust(ca).map_err(|source| SourceError::Certificate {
        repo: settings.repo.clone(),
        source,
    })
}

/// Tells whether a URL leads to the server that the token is for, encrypted.
fn same_server(url: &str, repo: &str) -> bool {
    url.starts_with("https://") && address(url) == address(repo)
}

/// Reads host and port of a URL; the port is the scheme's own where none is given.
pub(super) fn address(url: &str) -> (&str, u16) {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split('/').next().unwrap_or_default();
    let host_port = authority.rsplit_once('@').map_or(authority, |(_, h)| h);
    let default = match scheme {
        "https" => 443,
        "http" => 80,
        _ => 22,
    };
    // the colons of an IPv6 address stand in brackets
    match host_port.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port.parse().unwrap_or(default)),
        _ => (host_port, default),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_and_port_are_read_from_urls() {
        for (url, want) in [
            ("ssh://git@git.example.com/a/b.git", ("git.example.com", 22)),
            (
                "ssh://git@git.example.com:2222/a",
                ("git.example.com", 2222),
            ),
            ("https://git.example.com/a", ("git.example.com", 443)),
            ("https://git.example.com:8443", ("git.example.com", 8443)),
            ("ssh://[::1]:2222/a", ("[::1]", 2222)),
            ("ssh://[::1]/a", ("[::1]", 22)),
        ] {
            assert_eq!(address(url), want, "{url}");
        }
    }

    #[test]
    fn a_token_goes_only_to_its_own_server_and_only_encrypted() {
        let repo = "https://git.example.com/a.git";
        for (url, sent) in [
            ("https://git.example.com/a.git", true),
            ("https://git.example.com:443/b.git", true),
            ("http://git.example.com/a.git", false),
            ("https://git.example.com.evil/a.git", false),
            ("https://git.example.com:444/a.git", false),
            ("https://evil/git.example.com", false),
        ] {
            assert_eq!(same_server(url, repo), sent, "{url}");
        }
    }
}
