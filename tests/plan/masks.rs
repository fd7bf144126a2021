//! Connectors on workers that mask secrets, and the consent that lets their offsets be set.

use headgate::{
    live::{ConnectCluster, ConnectLive, LiveConfig, LiveConnector, Observed},
    model::{Cause, ClusterId, ConfigKey, Fingerprint, Gate, Ledger, SecretName},
    plan::{Blocked, End},
};

use super::site::{Site, read};
use crate::support::connector::running;

/// What git says of the connector: its password is looked up by Connect itself.
const OPEN: &str = "config: {topics: orders, sasl.password: \"${file:/s:one}\"}";

const ALLOW: &str =
    "deletion: {allow: [{kind: Connector, name: archive, reason: again, until: 2026-12-31}]}";

/// Merges a cluster with one connector; `spec` is more of its spec as the inside of a flow mapping, `None` no connector.
fn declare(site: &mut Site, cluster: &str, spec: Option<&str>) {
    let mut text = format!(
        "apiVersion: headgate.dev/v1\nkind: Cluster\nmetadata: {{name: c}}\nspec: {{{cluster}}}\n"
    );
    if let Some(spec) = spec {
        text.push_str(&format!(
            "---\napiVersion: headgate.dev/v1\nkind: Connector\nmetadata: {{name: archive}}\nspec: {{class: io.example.Sink, \
             {spec}}}\n"
        ));
    }
    site.merge(read(text));
}

/// Workers without connectors, and a git in which one is declared.
fn mk_site(spec: &str) -> Site {
    let mut site = Site::new(&[]);
    let workers = ConnectCluster {
        version: "4.3.1".into(),
        kafka_cluster_id: ClusterId("c".into()),
    };
    site.live.connect = Some(Observed::Known(ConnectLive {
        clusters: [("main".into(), Observed::Known(workers))].into(),
        ..ConnectLive::default()
    }));
    declare(&mut site, "", Some(spec));
    site
}

/// Somebody makes the connector by hand; `None` is masked.
fn make(site: &mut Site, config: &[(&str, Option<&str>)]) {
    let made = running("archive", config);
    let Some(Observed::Known(connect)) = &mut site.live.connect else {
        panic!("the workers are unknown");
    };
    connect
        .connectors
        .insert("archive".into(), Observed::Known(made));
}

fn own(key: &str, value: Option<&str>) -> LiveConfig {
    LiveConfig {
        key: ConfigKey::new(key),
        value: value.map(Into::into),
    }
}

/// Returns the connector as the workers show it.
fn live(site: &mut Site) -> &mut LiveConnector {
    match &mut site.live.connect {
        Some(Observed::Known(connect)) => match connect.connectors.get_mut("archive") {
            Some(Observed::Known(one)) => one,
            other => panic!("it is {other:?}"),
        },
        other => panic!("the workers are {other:?}"),
    }
}

/// Runs a pass and returns what it set and reset, path by path.
fn written(site: &mut Site) -> Vec<String> {
    let planned = site.pass().planned;
    let changes = planned.actions.iter().map(|action| &action.change);
    let paths = changes.flat_map(|c| {
        let set = c.set.iter().map(|field| field.path.to_string());
        set.chain(c.reset.iter().map(|field| format!("-{}", field.path)))
    });
    paths.collect()
}

fn blocked(site: &mut Site) -> Vec<Blocked> {
    site.pass().planned.blocked.clone()
}

/// A connector that somebody made before git declared it.
fn mk_adopted(more: &[(&str, Option<&str>)]) -> Site {
    let mut site = mk_site(OPEN);
    let config = [
        ("connector.class", Some("io.example.Sink")),
        ("sasl.password", None),
        ("topics", Some("orders")),
    ];
    make(&mut site, &[&config[..], more].concat());
    site
}

/// Traps 36 and 37: what is masked is written once, and again only when git says something else.
#[test]
fn a_masked_value_is_written_once_for_what_git_says() {
    let config = ["connector.class", "sasl.password", "topics"].map(|key| format!("config.{key}"));
    for mut site in [mk_site(OPEN), mk_adopted(&[])] {
        let first = written(&mut site);
        assert!(config.iter().all(|path| first.contains(path)), "{first:?}");
        for _ in 0..3 {
            let pass = site.pass();
            assert!(pass.planned.actions.is_empty() && pass.settled.converged);
            assert_eq!(pass.settled.open, []);
        }
        declare(&mut site, "", Some(&OPEN.replace("one", "two")));
        assert_eq!(written(&mut site), config);
        assert_eq!(written(&mut site), [""; 0]);
        declare(&mut site, "", Some("config: {topics: orders}"));
        assert!(written(&mut site).contains(&"-config.sasl.password".to_owned()));
        assert_eq!(live(&mut site).config.len(), 2);
    }
}

/// Trap 36: the same of a secret that git only names.
#[test]
fn a_masked_secret_is_written_once_for_each_of_its_values() {
    let mut site = mk_site("config: {topics: orders}, configFrom: {sasl.password: {secret: s}}");
    for print in ["f1", "f2"] {
        let print = Observed::Known(Fingerprint(print.into()));
        site.live.secrets.insert(SecretName("s".into()), print);
        assert!(written(&mut site).contains(&"config.sasl.password".to_owned()));
        assert_eq!(written(&mut site), [""; 0]);
    }
}

/// Trap 37: a pause of which nobody knows whether it happened says nothing about the config.
#[test]
fn a_masked_value_is_not_written_again_because_a_pause_was_cut_short() {
    let mut site = mk_site(OPEN);
    site.pass();
    declare(&mut site, "", Some(&format!("state: paused, {OPEN}")));
    site.crash(1, 1);
    assert_eq!(written(&mut site), [""; 0]);
    // of a config that was begun nobody knows which one stands there
    declare(
        &mut site,
        "",
        Some(&format!("state: paused, {}", OPEN.replace("one", "two"))),
    );
    site.crash(1, 0);
    declare(&mut site, "", Some(&format!("state: paused, {OPEN}")));
    assert!(written(&mut site).contains(&"config.sasl.password".to_owned()));
}

/// Trap 37: every write of a config restarts tasks, so one that never shows is not made for ever.
#[test]
fn a_config_that_is_never_seen_is_written_no_more() {
    let mut site = mk_site(OPEN);
    site.pass();
    live(&mut site).config[2].value = Some("other".into());
    for _ in 0..3 {
        let pass = site.pass_by(|_, _, _| End::Unseen("it was not seen".into()));
        assert_eq!(pass.planned.actions.len(), 1);
    }
    assert_eq!(blocked(&mut site)[0].gate, Gate::Contended);
}

/// Trap 36: nobody could bring a hidden value back that git does not name.
#[test]
fn a_hidden_value_that_git_does_not_name_stays_and_so_does_the_rest_of_the_config() {
    let mut site = mk_adopted(&[("extra.password", None), ("tasks.max", Some("2"))]);
    let held = blocked(&mut site);
    let gates: Vec<_> = held.iter().map(|held| held.gate).collect();
    assert_eq!(gates, [Gate::Unsupported], "{held:?}");
    let paths: Vec<_> = held[0].fields.iter().map(|f| f.path.as_str()).collect();
    for path in [
        "config.extra.password",
        "config.sasl.password",
        "config.tasks.max",
    ] {
        assert!(paths.contains(&path), "{paths:?}");
    }
    for words in ["`extra.password`", "configFrom", "by hand"] {
        assert!(held[0].reason.contains(words), "{held:?}");
    }
    assert_eq!(live(&mut site).config.len(), 5);

    // it is paused all the same
    declare(&mut site, "", Some(&format!("state: paused, {OPEN}")));
    assert_eq!(written(&mut site), ["state"]);

    // git says what it is, and may take it away from then on
    let print = Observed::Known(Fingerprint("f1".into()));
    site.live.secrets.insert(SecretName("s".into()), print);
    let named = format!("state: paused, {OPEN}, configFrom: {{extra.password: {{secret: s}}}}");
    declare(&mut site, "", Some(&named));
    assert!(written(&mut site).contains(&"-config.tasks.max".to_owned()));
    declare(&mut site, "", Some(&format!("state: paused, {OPEN}")));
    assert!(written(&mut site).contains(&"-config.extra.password".to_owned()));
    assert_eq!(written(&mut site), [""; 0]);
}

/// Trap 36: somebody adds a secret by hand to a config that git has whole: that is drift, and healed.
#[test]
fn a_hidden_value_that_appears_is_drift_and_goes() {
    let mut site = mk_site(OPEN);
    site.pass();
    live(&mut site).config.push(own("ssl.key.password", None));
    let pass = site.pass();
    assert!(
        pass.planned.blocked.is_empty(),
        "{:?}",
        pass.planned.blocked
    );
    assert_eq!(pass.planned.actions[0].cause, Cause::Drift);
    let reset = &pass.planned.actions[0].change.reset;
    assert_eq!(reset[0].path, "config.ssl.key.password");
    assert_eq!(written(&mut site), [""; 0]);
}

/// A site whose git has set the offsets of a stopped connector by consent.
fn mk_reset() -> Site {
    let mut site = mk_site("state: stopped");
    site.pass();
    declare(&mut site, ALLOW, Some("state: stopped, offsets: reset"));
    assert_eq!(written(&mut site), ["offsets"]);
    site
}

#[test]
fn a_consent_that_was_used_for_offsets_lets_nothing_be_deleted() {
    let mut site = mk_reset();
    declare(&mut site, ALLOW, None);
    for _ in 0..2 {
        let held = blocked(&mut site);
        assert_eq!(held[0].gate, Gate::Consent);
        let told = "was used on 2026-06-01, for it or its offsets; it opens with a new entry";
        assert!(held[0].reason.contains(told), "{held:?}");
        assert_eq!(live(&mut site).state, "STOPPED");
    }
    declare(&mut site, &ALLOW.replace("again", "retired"), None);
    assert_eq!(site.pass().planned.actions.len(), 1);
}

#[test]
fn a_consent_is_used_for_offsets_by_a_pass_that_a_crash_cut_short() {
    let mut site = mk_site("state: stopped");
    site.pass();
    declare(&mut site, ALLOW, Some("state: stopped, offsets: reset"));
    site.crash(1, 0);
    declare(&mut site, ALLOW, None);
    assert_eq!(blocked(&mut site)[0].gate, Gate::Consent);
    assert_eq!(site.ledger.consents.len(), 1);
    assert_ne!(site.ledger, Ledger::default());
}

/// What became of a config says nothing about the offsets, which are never set twice.
#[test]
fn offsets_wait_for_the_config() {
    let mut site = mk_site("state: stopped, config: {topics: orders}");
    site.pass();
    let both = "state: stopped, offsets: reset, config: {topics: clicks}";
    declare(&mut site, ALLOW, Some(both));
    let config = written(&mut site);
    assert!(
        config.contains(&"config.topics".to_owned()) && !config.contains(&"offsets".to_owned())
    );
    assert_eq!(site.ledger.consents, []);
    assert_eq!(written(&mut site), ["offsets"]);
    assert_eq!(written(&mut site), [""; 0]);
}
