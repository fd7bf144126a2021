//! What is asked of planes, and of a registry besides.

use std::sync::Mutex;

use futures::future::BoxFuture;

use super::*;
use crate::{
    desired::{DesiredConfig, DesiredSchema, SchemaFormat},
    live::{Newest, RegistryLooked, SchemaText},
    model::{Begun, ObjectRef, Place},
    ports::{NewSchema, Outcome, RegistryWrite},
    sandbox::{self, Sandbox},
};

fn mk_place() -> Place {
    Place {
        file: "c.yaml".into(),
        line: 1,
        column: 1,
    }
}

fn mk_desired() -> DesiredCluster {
    let name = ClusterName::new("c").expect("it is a name");
    DesiredCluster::new(name, mk_place())
}

#[test]
fn moves_are_looked_for_until_they_have_ended_whatever_the_modes() {
    let mut desired = mk_desired();
    desired.modes = Kind::ALL.iter().map(|kind| (*kind, Mode::Ignore)).collect();
    let mut ledger = Ledger::default();
    assert!(ask(&desired, &ledger).kinds.is_empty());
    let mut begun = Begun::default();
    begun.note_move("t", 0, &[1, 2]);
    ledger.begun = begun;
    let kinds = [Kind::Topic, Kind::BrokerConfig].into();
    assert_eq!(ask(&desired, &ledger).kinds, kinds);
}

#[test]
fn topics_that_git_declares_anew_and_scopes_that_it_owns_are_asked_for_by_name() {
    let text = "apiVersion: headgate.dev/v1\nkind: Cluster\nmetadata: {name: c}\nspec: {owns: {topics: ['app.*']}}\n---\n\
                apiVersion: headgate.dev/v1\nkind: Topic\nmetadata: {name: old}\nspec: {partitions: 1, replicationFactor: 1}\n---\n\
                apiVersion: headgate.dev/v1\nkind: Topic\nmetadata: {name: new}\nspec: {partitions: 1, replicationFactor: 1}\n";
    let loaded = crate::desired::load(&[crate::model::SourceFile {
        path: "c/c.yaml".into(),
        bytes: text.as_bytes().to_vec(),
    }]);
    let mut clusters = loaded.desired.clusters.values().cloned();
    let desired = clusters.next().expect("it is declared");
    let mut desired = Arc::unwrap_or_clone(desired);
    let mut ledger = Ledger::default();
    let record = crate::model::Record {
        topic_id: Some(crate::model::TopicId([7; 16])),
        ..Default::default()
    };
    for name in ["gone", "old"] {
        let records = ledger.records_mut();
        records.insert(ObjectRef::topic(name), record.clone());
    }
    let names = |names: &[&str]| names.iter().map(|n| TopicName::from_broker(n)).collect();
    let asked = ask(&desired, &ledger);
    let expected: (Vec<TopicName>, Vec<TopicName>) = (names(&["new"]), names(&["gone", "old"]));
    assert_eq!((asked.declared, asked.topics), expected);
    assert_eq!(asked.scopes, [Pattern("app.*".to_owned())]);
    desired.modes.insert(Kind::Topic, Mode::Ignore);
    let asked = ask(&desired, &ledger);
    assert!(asked.declared.is_empty() && asked.scopes.is_empty());
}

#[test]
fn group_configs_that_git_declares_or_the_ledger_knows_are_asked_for_by_name() {
    let mut desired = mk_desired();
    let declared = DesiredConfig {
        place: mk_place(),
        labels: Default::default(),
        config: Vec::new(),
    };
    let of_groups = desired.configs.entry(Kind::GroupConfig).or_default();
    of_groups.insert("declared".into(), declared);
    let mut ledger = Ledger::default();
    for (kind, name) in [(Kind::GroupConfig, "given up"), (Kind::BrokerConfig, "1")] {
        let records = ledger.records_mut();
        records.insert(ObjectRef::new(kind, name), Default::default());
    }
    let asked = ask(&desired, &ledger).group_configs;
    assert_eq!(
        asked,
        ["declared", "given up"].map(CompactString::from).into()
    );
}

/// A registry that notes of which subjects somebody wants to read the newest versions.
struct Noting {
    registry: sandbox::Registry,
    asked: Mutex<Vec<CompactString>>,
}

impl RegistryPlane for Noting {
    fn observe<'a>(&'a self, wanted: &'a Wanted<'a>) -> BoxFuture<'a, Observed<RegistryLive>> {
        self.registry.observe(wanted)
    }

    fn look<'a>(
        &'a self,
        wanted: &'a Wanted<'a>,
        subjects: &'a [CompactString],
    ) -> BoxFuture<'a, RegistryLooked> {
        self.registry.look(wanted, subjects)
    }

    fn texts<'a>(
        &'a self,
        _: &'a [CompactString],
    ) -> BoxFuture<'a, BTreeMap<CompactString, Observed<SchemaText>>> {
        unreachable!("nobody moves in")
    }

    fn newest<'a>(
        &'a self,
        subjects: &'a [CompactString],
    ) -> BoxFuture<'a, BTreeMap<CompactString, Newest>> {
        let mut asked = self.asked.lock().expect("nobody panics with it");
        asked.extend(subjects.iter().cloned());
        self.registry.newest(subjects)
    }

    fn write(&self, write: RegistryWrite) -> BoxFuture<'_, Outcome> {
        self.registry.write(write)
    }
}

/// Declares a schema of a subject.
fn declare(desired: &mut DesiredCluster, subject: &str, text: &str) -> RegistryWrite {
    let schema = DesiredSchema {
        place: mk_place(),
        labels: Box::default(),
        format: SchemaFormat::Avro,
        text: text.into(),
        digest: text.into(),
        references: Box::default(),
        compatibility: None,
        normalize: true,
    };
    let write = RegistryWrite::Register {
        subject: subject.into(),
        schema: NewSchema::from(&schema),
    };
    desired.schemas.insert(subject.into(), schema);
    write
}

/// A pass asks a registry for no text, and neither does a plan in which no schema changes.
#[tokio::test(start_paused = true)]
async fn what_the_newest_version_says_is_read_for_a_plan_where_git_declares_another_one() {
    let sandbox = Sandbox::new("c", 1);
    let noting = Arc::new(Noting {
        registry: sandbox.registry(),
        asked: Mutex::default(),
    });
    let planes = Planes {
        registry: Some(noting.clone()),
        ..Planes::of_kafka(Arc::new(sandbox))
    };
    let asked = || std::mem::take(&mut *noting.asked.lock().expect("nobody panics with it"));
    let (mut desired, ledger, slow) = (mk_desired(), Ledger::default(), Slow::default());
    let observed = async |desired: &DesiredCluster| {
        let (mut live, _) = planes.observe(desired, &ledger, &slow).await;
        assert_eq!(asked(), [""; 0]);
        planes.read_newest(desired, &mut live).await;
        let registry = live.registry.expect("there is one");
        registry.known().expect("it answers").newest.clone()
    };
    for subject in ["changed", "same"] {
        let write = declare(&mut desired, subject, "\"int\"");
        assert_eq!(noting.write(write).await, Outcome::Applied);
    }
    declare(&mut desired, "absent", "\"int\"");
    assert_eq!(observed(&desired).await, BTreeMap::new());
    assert_eq!(asked(), [""; 0]);

    declare(&mut desired, "changed", "\"long\"");
    let newest = Newest {
        version: 1,
        format: "AVRO".into(),
        text: "\"int\"".into(),
    };
    assert_eq!(
        observed(&desired).await,
        [("changed".into(), newest)].into()
    );
    assert_eq!(asked(), ["changed"]);
}
