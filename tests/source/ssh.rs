//! Ssh against a real server, where the machine has one: a pinned host key is accepted, any other is not.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use headgate::{
    config::{Auth, Reference, Source},
    model::SecretRef,
    source::GitSource,
};

use super::{
    repo::{ENOUGH, Remote},
    told,
};

const SSHD: &str = "/usr/sbin/sshd";

/// A server of our own, on a port of its own, for the user that runs the tests.
struct Server {
    child: Child,
    port: u16,
    dir: PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        // it may have ended by itself
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts it; `None`, with a word about it, where there is no sshd.
    #[expect(
        clippy::print_stderr,
        reason = "a person who runs the tests is to see what was not tested"
    )]
    fn start(dir: &Path) -> Option<Self> {
        if !Path::new(SSHD).exists() {
            eprintln!("SKIPPED, no ssh server: {SSHD} is not there");
            return None;
        }
        for key in ["host", "other-host", "client", "stranger"] {
            run(Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f"])
                .arg(dir.join(key)));
        }
        fs::copy(dir.join("client.pub"), dir.join("authorized")).unwrap();
        fs::set_permissions(dir.join("authorized"), fs::Permissions::from_mode(0o600)).unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let child = Command::new(SSHD)
            .args([
                "-D",
                "-e",
                "-f",
                "/dev/null",
                "-o",
                "ListenAddress=127.0.0.1",
                "-o",
                "StrictModes=no",
            ])
            .args([
                "-o",
                "UsePAM=no",
                "-o",
                "PasswordAuthentication=no",
                "-o",
                "PidFile=none",
            ])
            .args(["-p", &port.to_string(), "-h"])
            .arg(dir.join("host"))
            .arg("-o")
            .arg(format!(
                "AuthorizedKeysFile={}",
                dir.join("authorized").display()
            ))
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self {
            child,
            port,
            dir: dir.to_owned(),
        };
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            std::thread::yield_now();
        }
        Some(server)
    }

    fn source(&self, remote: &Remote, key: &str, pinned: &str) -> GitSource {
        let user =
            String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap();
        let url = format!(
            "ssh://{}@127.0.0.1:{}{}",
            user.trim(),
            self.port,
            remote.path().display()
        );
        let mut settings = Source::new(url, Reference::Branch("main".into()));
        let known_hosts = self.dir.join("known_hosts");
        #[expect(clippy::disallowed_methods, reason = "a test writes its own files")]
        fs::write(&known_hosts, pinned).unwrap();
        let file = |path: PathBuf| SecretRef::File(path.display().to_string());
        settings.auth = Some(Auth::Ssh {
            key: file(self.dir.join(key)),
            known_hosts: file(known_hosts),
        });
        GitSource::new(&settings, remote.cache())
    }

    /// The line that pins a key for the server's address.
    #[expect(clippy::disallowed_methods, reason = "a test reads its own files")]
    fn pin(&self, key: &str) -> String {
        let public = fs::read_to_string(self.dir.join(format!("{key}.pub"))).unwrap();
        format!("[127.0.0.1]:{} {public}", self.port)
    }
}

fn run(command: &mut Command) {
    assert!(command.status().unwrap().success(), "{command:?}");
}

#[tokio::test]
async fn only_a_pinned_host_is_spoken_to_and_only_a_known_key_gets_in() {
    let (remote, commit) = Remote::with(ENOUGH);
    let Some(server) = Server::start(remote.dir.path()) else {
        return;
    };
    let good = server.pin("host");
    let source = server.source(&remote, "client", &good);
    assert_eq!(source.fetch().await.unwrap(), commit);
    source.read(&commit).unwrap();
    drop(source);

    let fetch = async |key: &str, pinned: &str| {
        let source = server.source(&remote, key, pinned);
        source.fetch().await.unwrap_err()
    };
    let error = fetch("client", "").await;
    told(
        &error,
        "host_key",
        &[
            "known_hosts has no line for [127.0.0.1]:",
            "ssh-ed25519 SHA256:",
        ],
    );
    let error = fetch("client", &server.pin("other-host")).await;
    told(&error, "host_key", &["somebody may be in between"]);
    let error = fetch("client", &good.replace(']', "]9")).await;
    told(&error, "host_key", &["has no line for"]);
    let error = fetch("stranger", &good).await;
    told(&error, "auth", &["the key of source.auth was not taken"]);
}
