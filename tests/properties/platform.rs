//! A platform under test: the sandbox, a memory that survives crashes, and the pipeline of a pass.

use std::sync::Mutex;

use headgate::{
    apply::{Limits, On, Planes, Secrets, apply},
    desired::{DesiredCluster, DesiredValue},
    live::{Live, Observed},
    model::{ClusterName, CommitId, Gate, Intent, Kind, Ledger, ObjectRef, TopicName, Verb},
    plan::{
        self, Action, ActionResult, Blocked, ClusterPlan, End, FieldChange, KeyTypes, Pass, Subject,
    },
    policy::Policies,
    ports::{Ask, Journal, JournalError, KafkaPlane, MorePartitions, NewTopic, RegistryPlane},
    sandbox::{Faults, Sandbox},
};
use jiff::{Timestamp, tz::TimeZone};
use tokio::sync::watch;

use super::{
    checks,
    inputs::{BROKERS, CLUSTER_ID, Edit, TODAY, consents},
    others,
    services::Services,
};

/// What is on the disk: the ledger as it was last saved, and what was noted since.
#[derive(Default)]
pub(super) struct Disk {
    saved: Mutex<Ledger>,
    noted: Mutex<Vec<Intent>>,
}

impl Journal for Disk {
    fn intend(&self, _: &ClusterName, intents: &[Intent]) -> Result<(), JournalError> {
        self.noted.lock().unwrap().extend(intents.iter().cloned());
        Ok(())
    }
}

pub(super) struct Platform {
    pub(super) sandbox: Sandbox,
    pub(super) services: Services,
    disk: Disk,
}

/// A pass that came to its end.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) planned: ClusterPlan,
    pub(super) left: ClusterPlan,
    pub(super) results: Vec<ActionResult>,
    /// What was seen, and looked at since.
    live: Live,
}

/// Runs a story on paused time.
pub(super) fn run<T>(story: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(story)
}

/// Passes that moves may take: six topics of four partitions, five at a time, each over three looks.
const MOVING: usize = 40;

pub(super) fn now() -> Timestamp {
    TODAY.to_zoned(TimeZone::UTC).unwrap().timestamp()
}

impl Platform {
    pub(super) fn new(found: &[NewTopic], faults: Faults) -> Self {
        Self::of(BROKERS, found, faults)
    }

    /// A platform of so many brokers.
    pub(super) fn of(brokers: u16, found: &[NewTopic], faults: Faults) -> Self {
        let sandbox = Sandbox::with_faults(CLUSTER_ID, brokers, faults);
        for topic in found {
            sandbox.edit(|world| world.create(topic)).unwrap();
        }
        sandbox.edit(others::settle_strangers);
        Self {
            sandbox,
            services: Services::default(),
            disk: Disk::default(),
        }
    }

    /// A platform that is more than Kafka.
    pub(super) fn with_services(faults: Faults) -> Self {
        let kafka = Self::new(&[], faults);
        Self {
            services: Services::beside(&kafka.sandbox),
            ..kafka
        }
    }

    /// Takes a part of the platform down, or brings it up again.
    pub(super) fn set_down(&self, part: &str, is_down: bool) {
        match part {
            "kafka" => self.sandbox.set_down(is_down),
            "registry" => {
                let registry = self.services.registry.as_ref();
                registry.unwrap().set_down(is_down);
            }
            cluster => self.services.connect[cluster].set_down(is_down),
        }
    }

    /// Runs a pass as a daemon does that has just started; `None` when it died in the middle.
    pub(super) async fn pass(&self, desired: &DesiredCluster) -> Option<Done> {
        let before = self.sandbox.world();
        let services = self.services.snapshot();
        let done = tokio::select! {
            biased;
            done = self.whole_pass(desired) => Some(done),
            () = self.sandbox.crashed() => None,
        };
        self.sandbox.restart();
        let after = self.sandbox.world();
        checks::assert_nothing_foreign(desired, &before, &after);
        if let Some(before) = services {
            self.services.assert_lawful(desired, &before);
        }
        self.assert_no_secret(done.as_ref());
        if let Some(done) = &done {
            checks::assert_within_budget(desired, &done.planned);
        }
        for (name, topic) in before.topics() {
            let gone = after.topic(name.as_str()).is_none_or(|t| t.id != topic.id);
            assert!(
                !gone || consents(desired, name.as_str()) && !desired.topics.contains_key(name),
                "{name} was deleted, which nobody consented to"
            );
            // no time passes between the passes of a story
            assert!(
                !gone || !before.was_written(name),
                "{name} was deleted, which is in use"
            );
        }
        done
    }

    /// Runs a pass that dies at the n-th moment, if it lasts that long.
    pub(super) async fn crash(&self, moment: u64, desired: &DesiredCluster) {
        self.sandbox.crash_at(moment);
        self.pass(desired).await;
    }

    /// Dies at these moments, one after the other, and does in the end what git says.
    pub(super) async fn outlive(&self, moments: Vec<u64>, desired: &DesiredCluster) {
        for moment in moments {
            self.crash(moment, desired).await;
        }
        let done = self.converge(desired).await;
        self.assert_in_place(desired, &done);
    }

    /// No secret is in what a pass tells or remembers.
    fn assert_no_secret(&self, done: Option<&Done>) {
        let (saved, noted) = (self.disk.saved.lock(), self.disk.noted.lock());
        let live = done.map(|done| &done.live);
        let plans = done.map(|done| (&done.planned, &done.left, &done.results));
        let (saved, noted) = (saved.unwrap(), noted.unwrap());
        let told = format!("{live:?} {plans:?} {saved:?} {noted:?}");
        assert!(!told.contains(others::SECRET), "{told}");
    }

    async fn whole_pass(&self, desired: &DesiredCluster) -> Done {
        let mut ledger = self.disk.saved.lock().unwrap().clone();
        ledger
            .intents
            .extend(self.disk.noted.lock().unwrap().iter().cloned());
        let live = self.observe(desired, &ledger).await;
        plan::resolve_intents(&mut ledger, desired, &live);
        let planned = plan::plan(desired, &live, &ledger, &Policies::default(), now());
        let (_keep, stop) = watch::channel(false);
        let limits = Limits::default();
        let registry = self.services.registry.as_deref();
        let vault = others::vault();
        let secrets = Secrets::new(Some(desired), &ledger, &vault, &live.secrets);
        let on = On {
            plan: &planned,
            kafka: live.kafka(),
            types: KeyTypes::new(live.kafka()),
            planes: Planes {
                kafka: &self.sandbox,
                connect: &self.services.clusters,
                registry: registry.map(|registry| registry as &dyn RegistryPlane),
            },
            journal: &self.disk,
            vault: &vault,
            hide: &|name, connector| secrets.hide(name, connector),
            limits: &limits,
            now: &now,
        };
        let applied = apply(on, stop).await;
        let live = live.with_looked(applied.looked);
        plan::credit(&mut ledger, &planned, &applied.results, &live);
        let left = plan::plan(desired, &live, &ledger, &Policies::default(), now());
        let commit = CommitId("c".repeat(40));
        let pass = Pass {
            desired,
            live: &live,
            planned: &planned,
            left: &left,
            results: &applied.results,
            revision: Some(&commit),
            now: now(),
        };
        plan::settle(&mut ledger, &pass);
        ledger.intents.extend(applied.unsettled);
        *self.disk.saved.lock().unwrap() = ledger;
        self.disk.noted.lock().unwrap().clear();
        Done {
            planned,
            left,
            results: applied.results,
            live,
        }
    }

    pub(super) async fn observe(&self, desired: &DesiredCluster, ledger: &Ledger) -> Live {
        let expected = ledger
            .records
            .iter()
            .filter(|(object, record)| object.kind == Kind::Topic && record.topic_id.is_some())
            .map(|(object, _)| TopicName::from_broker(&object.name));
        let ask = Ask {
            kinds: Kind::ALL.iter().copied().collect(),
            topics: expected.collect(),
            usage: plan::may_go(desired).collect(),
            ..Ask::default()
        };
        let mut kafka = self.sandbox.observe(&ask).await;
        if let Observed::Known(kafka) = &mut kafka {
            others::log_in(&self.sandbox, desired, kafka).await;
        }
        let live = Live {
            observed_at: now(),
            kafka,
            registry: None,
            connect: None,
            secrets: others::fingerprints(),
        };
        self.services.observe(desired, ledger, live).await
    }

    /// Ends all faults and passes until nothing is left to do, which must be soon.
    pub(super) async fn converge(&self, desired: &DesiredCluster) -> Done {
        self.sandbox.calm();
        let mut moving = 0;
        for _ in 0..6 + MOVING {
            let done = self
                .pass(desired)
                .await
                .expect("nothing goes wrong any more");
            if done.planned.actions.iter().all(is_refused(&done)) && !done.planned.is_moving() {
                return done;
            }
            moving += usize::from(!done.planned.is_moving());
            assert!(
                moving <= 6,
                "six passes in calm, and there is still something to do: {:?}",
                done.results
            );
        }
        panic!("replicas move for ever");
    }

    /// A person at work.
    pub(super) fn edit(&self, edit: &Edit) {
        self.sandbox.edit(|world| match edit {
            Edit::Other(edit) => edit.make(world),
            Edit::Set(name, key, value) => drop(world.set(name, key, *value)),
            Edit::Delete(name) => drop(world.delete(name)),
            Edit::Recreate(name) => {
                if world.delete(name).is_ok() {
                    let topic = NewTopic {
                        name: TopicName::new(name).unwrap(),
                        partitions: 2,
                        replication_factor: 2,
                        assignment: Vec::new(),
                        config: Vec::new(),
                    };
                    world.create(&topic).unwrap();
                }
            }
            Edit::Produce(name) => {
                let at = now().as_millisecond();
                let topic = TopicName::new(name).unwrap();
                if world.topic(name).is_some() {
                    world.produce(&topic, 0, 1, at);
                }
            }
            Edit::Expire(name) => world.expire(&TopicName::new(name).unwrap()),
            Edit::Grow(name) => {
                let more = world.topic(name).map_or(0, |t| t.partitions.len() + 1);
                drop(world.add_partitions(&MorePartitions {
                    name: TopicName::new(name).unwrap(),
                    count: u32::try_from(more).unwrap(),
                    assignment: Vec::new(),
                }));
            }
        });
    }

    /// Checks that every declared topic is as declared, unless the plan says what holds it.
    pub(super) fn assert_in_place(&self, desired: &DesiredCluster, done: &Done) {
        self.assert_in_place_on(desired, done, &["kafka", "main", "side", "registry"]);
    }

    /// Checks that of those parts of the platform that are up.
    pub(super) fn assert_in_place_on(&self, desired: &DesiredCluster, done: &Done, up: &[&str]) {
        self.services.assert_in_place(desired, done, up);
        if !up.contains(&"kafka") {
            return;
        }
        let world = self.sandbox.world();
        for object in checks::declared(desired) {
            if !is_contended(done, &object) {
                checks::assert_as_declared(&world, desired, &object);
            }
        }
        for (name, topic) in &desired.topics {
            if is_contended(done, &ObjectRef::topic(name.as_str())) {
                continue;
            }
            let live = world
                .topic(name.as_str())
                .expect("a declared topic is there");
            assert!(live.partitions.len() >= topic.partitions as usize, "{name}");
            for (key, value) in &topic.config {
                if let DesiredValue::Set(value) = value {
                    let own = live.config_value(key.as_str()).flatten();
                    assert_eq!(own, Some(value.as_str()), "{name} {key}");
                }
            }
        }
    }
}

/// Tells whether an action is refused by somebody who alone knows why: an undeclared schema, or an older version of one,
/// refers to what is to be deleted.
fn is_refused(done: &Done) -> impl Fn(&Action) -> bool {
    |action| {
        let is_its = |r: &&ActionResult| r.object == action.object && r.verb == action.verb;
        let end = done.results.iter().find(is_its).map(|r| &r.end);
        action.verb == Verb::Delete
            && matches!(end, Some(End::Error(why)) if why.starts_with("REFERRED_TO"))
    }
}

/// Tells whether the plan leaves a declared object to others. Nothing else may hold it for long, but what git gave up of it,
/// a credential that goes by consent, a limit that goes within the budget; and a password that somebody else has set.
fn is_contended(done: &Done, object: &ObjectRef) -> bool {
    let blocked = done.planned.blocked.iter();
    let held = blocked.filter(|b| b.kind == Subject::Kind(object.kind) && b.name == object.name);
    let held: Vec<&Blocked> = held.collect();
    let overwrites = |b: &&Blocked| {
        let password = |f: &FieldChange| f.path.ends_with(".password") && f.desired.is_some();
        [Gate::Consent, Gate::DestroyBudget].contains(&b.gate) && b.fields.iter().any(password)
    };
    let is_theirs = held.iter().any(overwrites);
    let held: Vec<Gate> = held.iter().map(|b| b.gate).collect();
    let lasting = [Gate::Unsupported, Gate::Contended];
    let given_up: &[Gate] = match object.kind {
        // many passwords at once look like the wrong secrets
        Kind::User => &[Gate::Consent, Gate::DestroyBudget],
        Kind::Quota => &[Gate::DestroyBudget],
        _ => &[],
    };
    assert!(
        held.iter()
            .all(|gate| lasting.contains(gate) || given_up.contains(gate)),
        "{object}: {held:?}"
    );
    is_theirs || held.contains(&Gate::Contended)
}

/// Takes the plane out of an observation that must have succeeded.
pub(super) fn seen(live: &Live) -> &headgate::live::KafkaLive {
    match &live.kafka {
        Observed::Known(kafka) => kafka,
        Observed::Unknown(why) => panic!("{why}"),
    }
}
