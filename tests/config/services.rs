//! Where the REST planes are and who Headgate is there, as `headgate.yaml` says it.

use std::path::Path;

use headgate::{
    config::{self, Endpoint, RestLogin},
    desired,
    model::{SecretRef, Severity, SourceFile},
};

use super::{LEAST, WHOLE, findings};

/// Reads the one endpoint of a file, as the registry's and as a Connect cluster's.
fn endpoint(written: &str) -> Result<Endpoint, String> {
    let kafka = "    kafka: {bootstrap: [localhost:9092]}\n";
    let text = format!("{LEAST}    registry: {written}\n    connect: {{a-b_c.1: {written}}}\n");
    assert!(LEAST.ends_with(kafka));
    let mut config = config::parse(&text, "headgate.yaml").map_err(|f| f[0].message.clone())?;
    config.resolve(Path::new("/etc"));
    let cluster = config.clusters.into_values().next().unwrap();
    assert_eq!(
        cluster.connect["a-b_c.1"],
        cluster.registry.clone().unwrap()
    );
    Ok(cluster.registry.unwrap())
}

#[test]
fn services_are_reached_with_a_login_and_tls() {
    let file = |path: &str| SecretRef::File(path.into());
    let plain = endpoint("{url: \"http://connect:8083/\"}").unwrap();
    assert_eq!(
        plain,
        Endpoint::plaintext(vec!["http://connect:8083".into()])
    );
    let read = endpoint(
        "{urls: [https://c1:8083, https://c2:8083/x], tls: {ca: {file: ca}, cert: {file: c}, key: {env: K}}, \
          auth: {basic: {username: headgate, password: {file: p}}}}",
    )
    .unwrap();
    assert_eq!(read.urls, ["https://c1:8083", "https://c2:8083/x"]);
    let tls = read.tls.unwrap();
    assert_eq!(
        (tls.ca, tls.key),
        (Some(file("/etc/ca")), Some(SecretRef::Env("K".into())))
    );
    let login = RestLogin::Basic {
        username: "headgate".into(),
        password: file("/etc/p"),
    };
    assert_eq!(read.login, Some(login));
    for url in [
        "http://localhost:8083",
        "http://127.0.0.1:8083",
        "http://[::1]:8083",
    ] {
        let read = endpoint(&format!(
            "{{url: \"{url}\", auth: {{bearer: {{file: t}}}}}}"
        ));
        assert_eq!(read.unwrap().login, Some(RestLogin::Bearer(file("/etc/t"))));
    }
    let told = "{url: http://c, allowPlaintextPasswords: true, auth: {bearer: {env: T}}}";
    for (written, is_private) in [
        (told, true),
        ("{url: http://c}", false),
        ("{urls: [http://localhost, http://c]}", false),
        ("{url: \"http://[::1]:1\"}", true),
        ("{url: https://c, tls: {ca: {file: /ca}}}", true),
    ] {
        assert_eq!(
            endpoint(written).unwrap().is_private,
            is_private,
            "{written}"
        );
    }
}

#[test]
fn a_service_that_would_be_reached_wrongly_is_told() {
    for (written, want) in [
        ("{}", "exactly one of `url` and `urls`"),
        ("{urls: []}", "exactly one of `url` and `urls`"),
        (
            "{url: http://c, urls: [http://d]}",
            "exactly one of `url` and `urls`",
        ),
        (
            "{urls: [http://c, https://d]}",
            "some of the servers have TLS only",
        ),
        ("{url: https://c}", "nothing says which CA is trusted"),
        (
            "{url: http://c, tls: {ca: {file: ca}}}",
            "`tls` is for https:// addresses",
        ),
        (
            "{url: https://c, tls: {ca: {file: ca}, key: {file: k}}}",
            "go together",
        ),
        (
            "{url: http://c, auth: {bearer: {env: T}}}",
            "a login is not sent over http://",
        ),
        (
            "{url: http://localhost, auth: {basic: {username: \"a:b\", password: {env: T}}}}",
            "holds a `:`",
        ),
        ("{url: \"http://u:hunter2@c\"}", "credentials do not belong"),
        ("{url: http://c, auth: {bearer: hunter2}}", ""),
    ] {
        let told = endpoint(written).unwrap_err();
        assert!(
            told.contains(want) && !told.contains("hunter2"),
            "{written}: {told}"
        );
    }
    let odd = WHOLE.replace("{main: {url", "{\"a/b\": {url");
    assert!(findings(&odd)[0].contains("`a/b` is no name for a Connect cluster"));
}

/// What git declares, in words of `headgate.yaml`'s reader.
fn lacks(services: &str, declared: &str) -> Vec<String> {
    let config = super::read(&format!("{LEAST}{services}"));
    let head = "apiVersion: headgate.dev/v1\nkind: ";
    let text = declared.replace("kind: ", head).replace("; ", "\n---\n");
    let file = SourceFile {
        path: "c.yaml".into(),
        bytes: text.replace(" | ", "\n").into_bytes(),
    };
    let loaded = desired::load(&[file]);
    assert!(loaded.is_valid(), "{:#?}", loaded.findings);
    let cluster = loaded.desired.clusters.values().next().unwrap();
    let settings = config.clusters.values().next().unwrap();
    let found = settings.lacks(cluster).into_iter();
    found
        .map(|finding| {
            assert_eq!(finding.severity, Severity::Warning);
            finding.to_string()
        })
        .collect()
}

#[test]
fn services_that_git_has_objects_for_and_that_are_not_named_are_told() {
    let schema = "kind: Schema | metadata: {name: s} | spec: {type: JSON, schema: '{}'}";
    let connector = |name: &str, connect: &str| {
        format!(
            "kind: Connector | metadata: {{name: {name}}} | spec: {{class: C, connect: {connect}}}"
        )
    };
    let cluster = "kind: Cluster | metadata: {name: dev}";
    let declared = [
        cluster.to_owned(),
        schema.to_owned(),
        connector("a", "main"),
        connector("b", "est"),
        connector("c", "est"),
    ]
    .join("; ");
    let told = lacks(
        "    connect: {main: {url: \"http://c:1\"}, east: {url: \"http://d:1\"}}\n",
        &declared,
    );
    let want = [
        "c.yaml:7:18: headgate.yaml names no Schema Registry for cluster dev: 1 schema is held; write `registry: {url: …}` \
         below the cluster there, or correct the document",
        "c.yaml:17:18: headgate.yaml names no Connect cluster est for cluster dev (it has east, main): 2 connectors are held; \
         write `connect: {est: {url: …}}` below the cluster there, or correct the document",
    ];
    assert_eq!(told, want);
    assert!(lacks("", &declared)[1].contains("(it has none): 2 connectors"));
    let named = "    registry: {url: \"http://r:1\"}\n    connect: {main: {url: \"http://c:1\"}, est: {url: \"http://d:1\"}}\n";
    assert_eq!(lacks(named, &declared), [""; 0]);
    let ignored = declared.replacen(
        "name: dev}",
        "name: dev} | spec: {modes: {Schema: ignore, Connector: ignore}}",
        1,
    );
    assert_eq!(lacks("", &ignored), [""; 0]);
}
