//! Which logins are tried, and when.
#![allow(clippy::unwrap_used, reason = "a test may end with a panic")]

use futures::future::BoxFuture;

use super::*;
use crate::{
    desired::DesiredUser,
    live::{LiveCredential, Looks},
    model::{ClusterId, ClusterName, Converged, ObjectRef, Place, Record, Secret},
    ports::{Ask, Batch, Looked, Outcome},
};

const MECHANISM: ScramMechanism = ScramMechanism::Sha512;

fn mk_tried(denied: u32) -> Tried {
    Tried {
        at: Instant::now(),
        print: Fingerprint("a".into()),
        login: None,
        denied,
    }
}

/// A plane that lets everybody in, five seconds after it was asked, four at a time; it keeps who came.
#[derive(Default)]
struct Slow(Mutex<Vec<CompactString>>);

impl Slow {
    fn came(&self) -> Vec<CompactString> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl KafkaPlane for Slow {
    fn observe<'a>(&'a self, _: &'a Ask) -> BoxFuture<'a, Observed<KafkaLive>> {
        Box::pin(async { Observed::Known(mk_live(0)) })
    }

    fn look<'a>(&'a self, _: &'a [ObjectRef]) -> BoxFuture<'a, Observed<Looked>> {
        let looked = Looked {
            cluster_id: ClusterId("c".into()),
            objects: Looks::new(),
        };
        Box::pin(async { Observed::Known(looked) })
    }

    fn look_elsewhere<'a>(&'a self, _: &'a [ObjectRef]) -> BoxFuture<'a, Looks> {
        Box::pin(async { Looks::new() })
    }

    fn write(&self, batch: Batch) -> BoxFuture<'_, Vec<Outcome>> {
        Box::pin(async move { vec![Outcome::Applied; batch.len()] })
    }

    fn log_in<'a>(&'a self, logins: &'a [Credential]) -> BoxFuture<'a, Vec<Observed<bool>>> {
        Box::pin(async {
            let turns = u32::try_from(logins.len().div_ceil(4)).unwrap();
            tokio::time::sleep(Duration::from_secs(5) * turns).await;
            let users = logins.iter().map(|login| login.user.clone());
            self.0.lock().unwrap().extend(users);
            vec![Observed::Known(true); logins.len()]
        })
    }
}

fn mk_user(n: usize) -> CompactString {
    compact_str::format_compact!("user-{n:03}")
}

/// A cluster with users whose credentials somebody has set.
fn mk_live(users: usize) -> KafkaLive {
    let user = LiveUser {
        credentials: vec![LiveCredential {
            mechanism: MECHANISM,
            iterations: 4096,
            login: None,
        }],
    };
    let users = (0..users).map(|n| (mk_user(n), Observed::Known(user.clone())));
    KafkaLive {
        users: Observed::Known(users.collect()),
        ..KafkaLive::new(ClusterId("c".into()))
    }
}

/// What git says of them: all have the password in one secret.
fn mk_desired(users: usize) -> DesiredCluster {
    let place = Place {
        file: "c.yaml".into(),
        line: 1,
        column: 1,
    };
    let mut desired = DesiredCluster::new(ClusterName::new("c").unwrap(), place.clone());
    for n in 0..users {
        let user = DesiredUser {
            place: place.clone(),
            labels: Default::default(),
            scram: vec![DesiredCredential {
                mechanism: MECHANISM,
                iterations: None,
                password: SecretName("app".into()),
            }],
            verify: true,
        };
        desired.users.insert(mk_user(n), user);
    }
    desired
}

/// Memory of users whose passwords were in place.
fn mk_ledger(users: usize) -> Ledger {
    let mut ledger = Ledger::default();
    for n in 0..users {
        let fields = [(MECHANISM.password_path(), "print")];
        let record = Record {
            converged: Some(Converged::from_iter(fields)),
            ..Record::default()
        };
        let user = ObjectRef::new(Kind::User, &mk_user(n));
        ledger.records_mut().insert(user, record);
    }
    ledger
}

/// Verifies once, and returns who came and who is held.
async fn pass(logins: &Logins, users: usize, ledger: &Ledger) -> (Vec<CompactString>, usize) {
    let secret = Secret::new("a password".to_owned());
    let vault = Vault::fixed([(SecretName("app".into()), secret)].into(), [7; 32]);
    let app = SecretName("app".into());
    let secrets = Fingerprints::from([(app.clone(), vault.fingerprint(&app))]);
    let (plane, mut live) = (Slow::default(), mk_live(users));
    let desired = mk_desired(users);
    logins
        .verify(&plane, &vault, &desired, ledger, &secrets, &mut live)
        .await;
    let users = live.users.known().unwrap();
    let held = users.values().filter_map(Observed::unknown);
    assert!(held.clone().all(|why| why == UNTRIED));
    (plane.came(), held.count())
}

#[tokio::test(start_paused = true)]
async fn a_login_is_tried_at_most_every_ten_minutes_and_ever_less_often_when_refused() {
    let after = |tried: &Tried, minutes: u64, print: &str| {
        let now = tried.at + Duration::from_secs(minutes * 60);
        tried.is_due(&Fingerprint(print.into()), now)
    };
    let accepted = mk_tried(0);
    assert!(!after(&accepted, 9, "a"));
    assert!(after(&accepted, 10, "a"));
    assert!(after(&accepted, 0, "b"), "git has another password");
    let refused = mk_tried(3);
    assert!(!after(&refused, 39, "a"));
    assert!(after(&refused, 40, "a"));
    assert!(!after(&mk_tried(100), 359, "a"));
    assert!(after(&mk_tried(100), 360, "a"));
}

#[tokio::test(start_paused = true)]
async fn many_users_are_taken_over_in_several_passes_and_held_until_they_were_tried() {
    let (logins, ledger) = (Logins::default(), Ledger::default());
    let mut all = Vec::new();
    for (came, held) in [(16, 24), (16, 8), (8, 0), (0, 0)] {
        let passed = pass(&logins, 40, &ledger).await;
        assert_eq!((passed.0.len(), passed.1), (came, held));
        all.extend(passed.0);
    }
    assert_eq!(all, (0..40).map(mk_user).collect::<Vec<_>>(), "each once");
}

#[tokio::test(start_paused = true)]
async fn users_that_are_known_are_tried_some_at_a_time_and_never_held() {
    let logins = Logins::default();
    let passed = pass(&logins, 40, &mk_ledger(40)).await;
    assert_eq!((passed.0.len(), passed.1), (16, 0));
    let passed = pass(&Logins::once(), 40, &mk_ledger(40)).await;
    assert_eq!(
        (passed.0.len(), passed.1),
        (0, 0),
        "a plan tries none of them"
    );
}
