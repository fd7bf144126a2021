//! Https with a private CA and a token, against a small forge: git's own `upload-pack` behind rustls.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Command, Stdio},
    sync::Arc,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use headgate::{
    config::{Auth, Reference, Source},
    model::SecretRef,
    source::GitSource,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::{
    repo::{ENOUGH, Remote},
    told,
};

const TOKEN: &str = "hunter2-token";

/// A forge with one repository, which it shows to whoever has the token.
struct Forge {
    port: u16,
    ca: PathBuf,
}

impl Forge {
    fn start(remote: &Remote, moved_to: Option<u16>) -> Self {
        let ca = remote
            .dir
            .path()
            .join(format!("ca-{}.pem", moved_to.is_some()));
        let (chain, key) = certify(&ca);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![chain], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tls, repo) = (Arc::new(tls), remote.path());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (tls, repo) = (Arc::clone(&tls), repo.clone());
                // a client that does not trust us hangs up in the middle
                std::thread::spawn(move || drop(serve(stream.unwrap(), tls, &repo, moved_to)));
            }
        });
        Self { port, ca }
    }

    fn source(
        &self,
        remote: &Remote,
        token: Option<&str>,
        change: impl FnOnce(&mut Source),
    ) -> GitSource {
        let url = format!("https://127.0.0.1:{}/a.git", self.port);
        let mut settings = Source::new(url, Reference::Branch("main".into()));
        settings.ca = Some(self.ca.clone());
        settings.auth = token.map(|token| {
            let path = remote.dir.path().join("token");
            write(&path, &format!("{token}\n"));
            Auth::Token(SecretRef::File(path.display().to_string()))
        });
        change(&mut settings);
        GitSource::new(&settings, remote.cache())
    }
}

/// Makes a CA, writes its certificate, and returns one that it signed for the forge.
fn certify(ca: &std::path::Path) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
    let ca_key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new([]).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let name = format!("CA of {}", ca.display());
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, name);
    write(ca, &params.self_signed(&ca_key).unwrap().pem());
    let issuer = rcgen::Issuer::new(params, ca_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    params.use_authority_key_identifier_extension = true;
    let leaf = params.signed_by(&key, &issuer).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    (leaf.der().clone(), key)
}

#[expect(clippy::disallowed_methods, reason = "a test writes its own files")]
fn write(path: &std::path::Path, text: &str) {
    fs::write(path, text).unwrap();
}

/// Answers one request, as git-http-backend does.
fn serve(
    stream: TcpStream,
    tls: Arc<rustls::ServerConfig>,
    repo: &std::path::Path,
    moved_to: Option<u16>,
) -> std::io::Result<()> {
    let session = rustls::ServerConnection::new(tls).unwrap();
    let mut reader = BufReader::new(rustls::StreamOwned::new(session, stream));
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let body = body(&mut reader, &head)?;
        let wanted = format!(
            "Basic {}",
            STANDARD.encode(format!("x-access-token:{TOKEN}"))
        );
        let (status, extra, answer) = if let Some(port) = moved_to {
            let to = format!(
                "Location: https://127.0.0.1:{port}/a.git/info/refs?service=git-upload-pack\r\n"
            );
            ("301 Moved Permanently", to, Vec::new())
        } else if !head.contains(&wanted) {
            let ask = "WWW-Authenticate: Basic realm=\"a\"\r\n".to_owned();
            ("401 Unauthorized", ask, Vec::new())
        } else if head.starts_with("GET /a.git/info/refs") {
            let mut answer = b"001e# service=git-upload-pack\n0000".to_vec();
            answer.extend(upload_pack(repo, &["--advertise-refs"], &[]));
            let kind = "Content-Type: application/x-git-upload-pack-advertisement\r\n".to_owned();
            ("200 OK", kind, answer)
        } else if head.starts_with("POST /a.git/git-upload-pack") {
            let kind = "Content-Type: application/x-git-upload-pack-result\r\n".to_owned();
            ("200 OK", kind, upload_pack(repo, &[], &body))
        } else {
            ("404 Not Found", String::new(), Vec::new())
        };
        let to = reader.get_mut();
        write!(
            to,
            "HTTP/1.1 {status}\r\n{extra}Content-Length: {}\r\n\r\n",
            answer.len()
        )?;
        to.write_all(&answer)?;
        to.flush()?;
    }
}

fn body(reader: &mut impl BufRead, head: &str) -> std::io::Result<Vec<u8>> {
    let head = head.to_ascii_lowercase();
    let mut body = Vec::new();
    if head.contains("transfer-encoding: chunked") {
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let size = u64::from_str_radix(line.trim(), 16).unwrap();
            reader.by_ref().take(size).read_to_end(&mut body)?;
            reader.read_line(&mut line)?;
            if size == 0 {
                return Ok(body);
            }
        }
    }
    if let Some((_, rest)) = head.split_once("content-length: ") {
        let length = rest.lines().next().unwrap().trim().parse().unwrap();
        reader.take(length).read_to_end(&mut body)?;
    }
    Ok(body)
}

fn upload_pack(repo: &std::path::Path, flags: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new("git")
        .args(["upload-pack", "--stateless-rpc"])
        .args(flags)
        .arg(repo)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap().stdout
}

#[tokio::test]
async fn a_token_opens_a_repository_behind_a_private_ca() {
    let (remote, first) = Remote::with(ENOUGH);
    let forge = Forge::start(&remote, None);
    let source = forge.source(&remote, Some(TOKEN), |_| {});
    assert_eq!(source.fetch().await.unwrap(), first);
    let second = remote.commit("main", &[("desired-state/a.yaml", "a: 2\n")]);
    assert_eq!(source.fetch().await.unwrap(), second);
    source.read(&first).unwrap();
    for file in super::repo::find(&remote.cache(), "") {
        let bytes = super::repo::bytes(&file);
        let held = bytes.windows(TOKEN.len()).any(|w| w == TOKEN.as_bytes());
        assert!(!held, "the token lies in {}", file.display());
    }
}

#[tokio::test]
async fn a_token_is_read_again_at_each_fetch() {
    let (remote, commit) = Remote::with(ENOUGH);
    let forge = Forge::start(&remote, None);
    let source = forge.source(&remote, Some("old-token"), |_| {});
    let error = source.fetch().await.unwrap_err();
    let text = told(&error, "auth", &["the token of source.auth was not taken"]);
    assert!(!text.contains("old-token"));
    write(&remote.dir.path().join("token"), TOKEN);
    assert_eq!(source.fetch().await.unwrap(), commit);
    fs::remove_file(remote.dir.path().join("token")).unwrap();
    let error = source.fetch().await.unwrap_err();
    told(
        &error,
        "auth",
        &[
            "a credential of the repository cannot be read",
            "token cannot be read",
        ],
    );
}

#[tokio::test]
async fn without_a_token_it_says_what_is_missing() {
    let (remote, _) = Remote::with(ENOUGH);
    let forge = Forge::start(&remote, None);
    let error = forge
        .source(&remote, None, |_| {})
        .fetch()
        .await
        .unwrap_err();
    told(
        &error,
        "auth",
        &["it asks for credentials; set source.auth"],
    );
    let elsewhere = |s: &mut Source| s.repo = s.repo.replace("a.git", "b.git");
    let error = forge
        .source(&remote, Some(TOKEN), elsewhere)
        .fetch()
        .await
        .unwrap_err();
    told(&error, "not_found", &["there is no repository at", "b.git"]);
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    let (remote, _) = Remote::with(ENOUGH);
    let forge = Forge::start(&remote, None);
    let error = forge
        .source(&remote, Some(TOKEN), |s| s.ca = None)
        .fetch()
        .await
        .unwrap_err();
    told(&error, "certificate", &["is not trusted", "source.tls.ca"]);
    let error = forge
        .source(&remote, Some(TOKEN), |s| {
            s.ca = Some("/nowhere/ca.pem".into())
        })
        .fetch()
        .await
        .unwrap_err();
    told(&error, "cache", &["/nowhere/ca.pem cannot be read"]);
}

#[tokio::test]
async fn a_token_does_not_follow_to_another_server() {
    let (remote, _) = Remote::with(ENOUGH);
    let other = Forge::start(&remote, None);
    let moved = Forge::start(&remote, Some(other.port));
    // both certificates are trusted, so that only the address is wrong
    let first = other.source(&remote, Some(TOKEN), |_| {});
    first.fetch().await.unwrap();
    drop(first);
    let error = moved
        .source(&remote, Some(TOKEN), |_| {})
        .fetch()
        .await
        .unwrap_err();
    let text = told(&error, "auth", &["another server"]);
    assert!(!text.contains(TOKEN));
}
