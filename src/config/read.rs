//! `headgate.yaml` as written -> [`Config`] (config, rank 2). Everything that is wrong is told at once, each at its place.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use super::{
    Auth, Cluster, Config, Http, Kafka, Ledger, Limits, Mechanism, Reference, Sasl, SecretStore,
    Source, Tls,
    file::{
        AuthSection, ClusterSection, File, KafkaSection, LimitsSection, SaslSection,
        SecretsSection, SourceSection, Text, TlsSection,
    },
    value::{self, Wrong},
};
use crate::{
    desired::yaml::{self, Spanned},
    model::{Finding, SecretRef},
};

/// Reads the text of a `headgate.yaml`. Its paths are as written; [`Config::resolve`] makes them absolute.
///
/// # Errors
/// Everything that is wrong, each with its line and column of `file`; of a broken structure, the first thing.
pub fn parse(text: &str, file: &str) -> Result<Config, Vec<Finding>> {
    let written: File = yaml::parse(text, file).map_err(|finding| vec![finding])?;
    let mut reader = Reader {
        text,
        file,
        findings: Vec::new(),
    };
    match reader.config(&written) {
        Some(config) if reader.findings.is_empty() => Ok(config),
        _ => Err(reader.findings),
    }
}

/// Collects findings; a method that returns `None` has noted why.
pub(super) struct Reader<'a> {
    text: &'a str,
    file: &'a str,
    findings: Vec<Finding>,
}

impl Reader<'_> {
    fn config(&mut self, written: &File) -> Option<Config> {
        let source = self.source(&written.source);
        if written.clusters.value.is_empty() {
            self.wrong(
                &written.clusters,
                (
                    "no cluster is named".into(),
                    "name at least one `kind: Cluster` of the repository and say where it is"
                        .into(),
                ),
            );
        }
        let mut clusters = BTreeMap::new();
        for (name, section) in &written.clusters.value {
            if let Some(cluster) = self.cluster(section) {
                clusters.insert(name.0.clone(), cluster);
            }
        }
        let listen = written.http.as_ref().map(|http| {
            self.value(&http.listen, |text| {
                text.parse().map_err(|_| {
                    (
                        format!("`{text}` is no address to listen on"),
                        "write an IP address and a port, as `127.0.0.1:9464` or `0.0.0.0:9464`"
                            .into(),
                    )
                })
            })
        });
        Some(Config {
            source: source?,
            clusters,
            secrets: written.secrets.as_ref().map(secret_store),
            ledger: written
                .ledger
                .as_ref()
                .map_or_else(Ledger::default, |l| Ledger {
                    path: PathBuf::from(&l.path),
                }),
            http: if_said(listen)?.map_or_else(Http::default, |listen| Http { listen }),
        })
    }

    fn source(&mut self, section: &Spanned<SourceSection>) -> Option<Source> {
        let written = &section.value;
        let repo = self.value(&written.repo, |url| {
            value::repo(url).map(|()| url.to_owned())
        });
        let reference = self.reference(section);
        let folder = |text: &Option<Text>, or: &str, this: &mut Self| match text {
            Some(text) => this.value(text, value::folder),
            None => Some(or.to_owned()),
        };
        let path = folder(&written.path, Source::DEFAULT_PATH, self);
        let policies = folder(&written.policies, Source::DEFAULT_POLICIES, self);
        let interval = self.interval(written.interval.as_ref(), Source::DEFAULT_INTERVAL);
        let auth = self.auth(written);
        let ca = written.tls.as_ref().map(|tls| self.ca(&tls.ca));
        let acknowledge = written
            .acknowledge
            .as_ref()
            .map(|text| self.value(text, value::commit));
        let limits = self.limits(&written.limits);
        Some(Source {
            repo: repo?,
            reference: reference?,
            path: path?,
            policies: policies?,
            interval: interval?,
            auth: auth?,
            ca: if_said(ca)?,
            acknowledge: if_said(acknowledge)?,
            limits: limits?,
        })
    }

    /// Exactly one of branch, tag and commit.
    fn reference(&mut self, section: &Spanned<SourceSection>) -> Option<Reference> {
        let SourceSection {
            branch,
            tag,
            commit,
            ..
        } = &section.value;
        let mut said = [("branch", branch), ("tag", tag), ("commit", commit)]
            .into_iter()
            .filter_map(|(word, text)| text.as_ref().map(|t| (word, t)));
        let help = "exactly one of `branch`, `tag` and `commit` says what is followed";
        let Some((word, text)) = said.next() else {
            self.wrong(
                section,
                ("nothing says what is followed".into(), help.into()),
            );
            return None;
        };
        if let Some((other, second)) = said.next() {
            let what = format!("`{other}` stands beside `{word}`");
            self.wrong(second, (what, help.into()));
            return None;
        }
        self.value(text, |name| match word {
            "branch" => value::ref_name(name).map(|()| Reference::Branch(name.to_owned())),
            "tag" => value::ref_name(name).map(|()| Reference::Tag(name.to_owned())),
            _ => value::commit(name).map(Reference::Commit),
        })
    }

    /// Each way to a repository has its own way in.
    fn auth(&mut self, written: &SourceSection) -> Option<Option<Auth>> {
        let scheme = written
            .repo
            .value
            .split_once("://")
            .map_or("file", |(scheme, _)| scheme);
        let told = match (scheme, written.auth.as_ref().map(|a| &a.value)) {
            ("ssh", None) => Some((
                "a repository over ssh needs a key and the host keys that are trusted",
                "add `auth: {ssh: {key: {file: …}, knownHosts: {file: …}}}`; ssh-keyscan prints known hosts",
            )),
            ("ssh", Some(AuthSection::Token(_))) => Some((
                "a token is for https://, and this repository is reached over ssh",
                "use `auth: {ssh: …}` or the https:// address",
            )),
            ("https", Some(AuthSection::Ssh(_))) => Some((
                "a key is for ssh://, and this repository is reached over https",
                "use `auth: {token: …}` or the ssh:// address",
            )),
            ("file", Some(_)) => Some((
                "a local repository is opened as it is",
                "take `auth` away; its files must be readable for the daemon's user",
            )),
            _ => None,
        };
        if let Some((what, help)) = told {
            let wrong = (what.to_owned(), help.to_owned());
            match &written.auth {
                Some(auth) => self.wrong(auth, wrong),
                None => self.wrong(&written.repo, wrong),
            }
            return None;
        }
        Some(written.auth.as_ref().map(|auth| match &auth.value {
            AuthSection::Ssh(ssh) => Auth::Ssh {
                key: ssh.key.clone(),
                known_hosts: ssh.known_hosts.clone(),
            },
            AuthSection::Token(token) => Auth::Token(token.clone()),
        }))
    }

    fn ca(&mut self, ca: &Spanned<SecretRef>) -> Option<PathBuf> {
        match &ca.value {
            SecretRef::File(path) => Some(path.into()),
            SecretRef::Env(_) => {
                let help = "write `ca: {file: ca.pem}`".into();
                self.wrong(ca, ("git reads its CA from a file only".into(), help));
                None
            }
        }
    }

    fn limits(&mut self, written: &LimitsSection) -> Option<Limits> {
        let mut size = |text: &Option<Text>, or: u64| match text {
            Some(text) => self.value(text, value::size),
            None => Some(or),
        };
        let default = Limits::default();
        let files = size(&written.files, default.files as u64);
        let file_bytes = size(&written.file_bytes, default.file_bytes);
        let total_bytes = size(&written.total_bytes, default.total_bytes);
        Some(Limits {
            files: usize::try_from(files?).unwrap_or(usize::MAX),
            file_bytes: file_bytes?,
            total_bytes: total_bytes?,
        })
    }

    fn cluster(&mut self, written: &ClusterSection) -> Option<Cluster> {
        let interval = self.interval(written.interval.as_ref(), Cluster::DEFAULT_INTERVAL);
        let kafka = self.kafka(&written.kafka);
        let mut connect = BTreeMap::new();
        for (name, section) in &written.connect {
            if let Some(endpoint) = self.endpoint(section) {
                connect.insert(name.0.as_str().into(), endpoint);
            }
        }
        let registry = written.registry.as_ref().map(|r| self.endpoint(r));
        Some(Cluster {
            interval: interval?,
            kafka: kafka?,
            connect,
            registry: if_said(registry)?,
        })
    }

    fn kafka(&mut self, written: &KafkaSection) -> Option<Kafka> {
        if written.bootstrap.value.is_empty() {
            let help =
                "name at least one as `host:port`; two or three survive the loss of one".into();
            self.wrong(&written.bootstrap, ("no broker is named".into(), help));
        }
        let mut bootstrap = Vec::new();
        for broker in &written.bootstrap.value {
            bootstrap.extend(self.value(broker, |text| {
                value::host_port(text).map(|()| text.to_owned())
            }));
        }
        let tls = written.tls.as_ref().map(|tls| self.tls(tls));
        let sasl = written.sasl.as_ref().map(|sasl| self.sasl(sasl));
        let principal = written.principal.as_ref();
        let principal = principal.map(|text| self.value(text, value::principal));
        Some(Kafka {
            bootstrap,
            tls: if_said(tls)?,
            sasl: if_said(sasl)?,
            allow_plaintext_passwords: written.allow_plaintext_passwords,
            principal: if_said(principal)?,
            super_user: written.super_user,
        })
    }

    pub(super) fn tls(&mut self, section: &Spanned<TlsSection>) -> Option<Tls> {
        let TlsSection { ca, cert, key } = &section.value;
        if cert.is_some() != key.is_some() {
            let help = "set both for mutual TLS, or neither".into();
            self.wrong(section, ("`cert` and `key` go together".into(), help));
            return None;
        }
        Some(Tls {
            ca: Some(ca.clone()),
            cert: cert.clone(),
            key: key.clone(),
        })
    }

    fn sasl(&mut self, written: &SaslSection) -> Option<Sasl> {
        let mechanism = self.value(&written.mechanism, |name| {
            Mechanism::parse(name).ok_or_else(|| {
                let known = Mechanism::ALL.map(Mechanism::as_str).join("`, `");
                (
                    format!("`{name}` is no SASL mechanism that is spoken here"),
                    format!("write one of `{known}`"),
                )
            })
        })?;
        let username = written.username.as_ref().map(|u| u.value.clone());
        if username.as_ref().is_none_or(String::is_empty) && mechanism != Mechanism::OauthBearer {
            let what = format!("{mechanism} needs a `username`");
            self.wrong(
                &written.mechanism,
                (what, "add it beside `password`".into()),
            );
            return None;
        }
        Some(Sasl {
            mechanism,
            username: username.unwrap_or_default(),
            password: written.password.clone(),
        })
    }

    fn interval(&mut self, text: Option<&Text>, or: Duration) -> Option<Duration> {
        match text {
            Some(text) => self.value(text, value::interval),
            None => Some(or),
        }
    }

    /// Reads one value, or notes what is wrong with it.
    pub(super) fn value<T>(
        &mut self,
        text: &Text,
        read: impl FnOnce(&str) -> Result<T, Wrong>,
    ) -> Option<T> {
        match read(&text.value) {
            Ok(value) => Some(value),
            Err(wrong) => {
                self.wrong(text, wrong);
                None
            }
        }
    }

    pub(super) fn wrong<T>(&mut self, at: &Spanned<T>, (what, help): Wrong) {
        let finding = yaml::error_at(at, what, self.text, self.file).with_help(help);
        self.findings.push(finding);
    }
}

/// Turns a section that need not be there inside out: `None` when it is there and wrong.
#[expect(
    clippy::option_option,
    reason = "the outer one says whether it was right, the inner one whether it was there"
)]
pub(super) fn if_said<T>(read: Option<Option<T>>) -> Option<Option<T>> {
    match read {
        None => Some(None),
        Some(None) => None,
        Some(right) => Some(right),
    }
}

fn secret_store(written: &SecretsSection) -> SecretStore {
    match written {
        SecretsSection::Dir(dir) => SecretStore::Dir(dir.into()),
        SecretsSection::EnvPrefix(prefix) => SecretStore::EnvPrefix(prefix.clone()),
    }
}
