//! Which logins are tried, and when.
#![allow(clippy::unwrap_used, reason = "a test may end with a panic")]

use std::sync::Mutex;

use futures::future::BoxFuture;

use super::*;
use crate::{
    desired::DesiredUser,
    live::{LiveCredential, Looks},
    model::{ClusterId, Converged, ObjectRef, Place, Record, Secret},
    ports::{Ask, Batch, Looked, Outcome},
};

const MECHANISM: ScramMechanism = ScramMechanism::Sha512;

fn mk_tried(denied: u32) -> LoginTry {
    LoginTry {
        at: Timestamp::UNIX_EPOCH,
        print: Fingerprint("a".into()),
        login: None,
        denied,
        unanswered: 0,
        iterations: Some(4096),
    }
}

/// A plane that lets everybody in, or nobody, or does not say, five seconds after it was asked, four at a time; it keeps who came.
struct Slow {
    answer: Option<bool>,
    came: Mutex<Vec<CompactString>>,
}

impl Slow {
    fn came(&self) -> Vec<CompactString> {
        std::mem::take(&mut self.came.lock().unwrap())
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
            self.came.lock().unwrap().extend(users);
            let silent = || Observed::Unknown("nobody answered".to_owned());
            vec![self.answer.map_or_else(silent, Observed::Known); logins.len()]
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
            tried: None,
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
    let mut desired = DesiredCluster::new(mk_cluster(), place.clone());
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

fn mk_cluster() -> ClusterName {
    ClusterName::new("c").unwrap()
}

/// The logins of a daemon that starts on the ledger in this folder.
fn mk_logins(folder: &tempfile::TempDir) -> Logins {
    let store = Store::open(&folder.path().join("ledger.db")).unwrap();
    Logins::kept(mk_cluster(), Arc::new(store))
}

/// Verifies once, and returns who came and who is held.
async fn pass(logins: &Logins, users: usize, ledger: &Ledger) -> (Vec<CompactString>, usize) {
    pass_as(logins, users, ledger, Some(false)).await
}

async fn pass_as(
    logins: &Logins,
    users: usize,
    ledger: &Ledger,
    answer: Option<bool>,
) -> (Vec<CompactString>, usize) {
    pass_with(logins, users, ledger, answer, "a password").await
}

async fn pass_with(
    logins: &Logins,
    users: usize,
    ledger: &Ledger,
    answer: Option<bool>,
    password: &str,
) -> (Vec<CompactString>, usize) {
    let secret = Secret::new(password.to_owned());
    let vault = Vault::fixed([(SecretName("app".into()), secret)].into(), [7; 32]);
    let app = SecretName("app".into());
    let secrets = Fingerprints::from([(app.clone(), vault.fingerprint(&app))]);
    let plane = Slow {
        answer,
        came: Mutex::default(),
    };
    let mut live = mk_live(users);
    let desired = mk_desired(users);
    logins
        .verify(&plane, &vault, &desired, ledger, &secrets, &mut live)
        .await;
    let users = live.users.known().unwrap();
    let held = users.values().filter_map(Observed::unknown);
    assert!(held.clone().all(|why| why == UNTRIED));
    (plane.came(), held.count())
}

#[test]
fn a_login_is_tried_at_most_every_ten_minutes_and_ever_less_often_when_refused() {
    let after = |tried: &LoginTry, minutes: i64, print: &str| {
        let now = Timestamp::from_second(minutes * 60).unwrap();
        is_due(tried, &Fingerprint(print.into()), 4096, now)
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
    assert!(after(&accepted, -1, "a"), "the clock was set back");
}

/// Trap 25: mechanism and iterations are all that Kafka tells of a credential, so others mean that somebody set it.
#[test]
fn a_credential_with_other_iterations_is_tried_at_once() {
    let due = |tried: &LoginTry, iterations| {
        is_due(
            tried,
            &Fingerprint("a".into()),
            iterations,
            Timestamp::UNIX_EPOCH,
        )
    };
    for denied in [0, 3] {
        assert!(!due(&mk_tried(denied), 4096));
        assert!(due(&mk_tried(denied), 8192));
    }
    let noted_before = LoginTry {
        iterations: None,
        ..mk_tried(0)
    };
    assert!(!due(&noted_before, 8192), "nobody knows what it had");
}

#[test]
fn a_login_that_nobody_answered_is_tried_soon_again_and_then_ever_less_often() {
    let waits = [
        (0, 0),
        (0, 1),
        (0, 2),
        (0, 3),
        (0, 4),
        (0, 6),
        (0, 99),
        (1, 1),
        (3, 9),
    ];
    let minutes = waits.map(|(denied, unanswered)| {
        let tried = LoginTry {
            unanswered,
            ..mk_tried(denied)
        };
        wait(&tried).as_secs() / 60
    });
    // whoever counts refusals to lock a user out goes on counting
    assert_eq!(minutes, [10, 0, 1, 2, 4, 10, 10, 10, 40]);
}

#[tokio::test(start_paused = true)]
async fn a_user_about_whom_nobody_answered_is_tried_again_by_the_next_pass() {
    let folder = tempfile::tempdir().unwrap();
    let (logins, ledger) = (mk_logins(&folder), mk_ledger(1));
    for (answer, came) in [(None, 1), (None, 1), (None, 0)] {
        assert_eq!(pass_as(&logins, 1, &ledger, answer).await.0.len(), came);
    }
    let tried = logins.remembered(&mk_desired(1)).unwrap();
    let unanswered: Vec<u32> = tried.values().map(|tried| tried.unanswered).collect();
    assert_eq!(unanswered, [2]);
    logins.forget([mk_user(0).as_str()].into_iter());
    for (answer, came) in [(None, 1), (Some(true), 1), (None, 0)] {
        assert_eq!(pass_as(&logins, 1, &ledger, answer).await.0.len(), came);
    }
}

#[tokio::test(start_paused = true)]
async fn many_users_are_taken_over_in_several_passes_and_held_until_they_were_tried() {
    let folder = tempfile::tempdir().unwrap();
    let (logins, ledger) = (mk_logins(&folder), Ledger::default());
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
    let folder = tempfile::tempdir().unwrap();
    let ledger = mk_ledger(40);
    let reads = Logins::read(mk_cluster(), None);
    let passed = pass(&reads, 40, &ledger).await;
    assert_eq!(
        (passed.0.len(), passed.1),
        (0, 0),
        "a plan tries none of them"
    );
    let passed = pass(&mk_logins(&folder), 40, &ledger).await;
    assert_eq!((passed.0.len(), passed.1), (16, 0));
}

#[tokio::test(start_paused = true)]
async fn neither_a_restart_nor_a_plan_tries_a_user_again_that_was_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (known, path) = (mk_ledger(3), folder.path().join("ledger.db"));
    for (ledger, users) in [(&Ledger::default(), 2), (&known, 3)] {
        let first = pass(&mk_logins(&folder), users, ledger).await.0;
        assert!(!first.is_empty());
        // three more runs of `apply`, and one of `plan`
        for _ in 0..3 {
            assert_eq!(pass(&mk_logins(&folder), users, ledger).await.0, [""; 0]);
        }
        let store = Store::open_read_only(&path).unwrap().unwrap();
        let reads = Logins::read(mk_cluster(), Some(Arc::new(store)));
        assert_eq!(pass(&reads, users, ledger).await.0, [""; 0]);
    }

    let logins = mk_logins(&folder);
    logins.forget(["user-001"].into_iter());
    drop(logins);
    // its password was set, so that what was refused is another one
    assert_eq!(pass(&mk_logins(&folder), 3, &known).await.0, ["user-001"]);
    let tried = mk_logins(&folder).remembered(&mk_desired(2)).unwrap();
    assert_eq!(tried.len(), 2, "of users that are gone nothing is kept");
    let denied = |(_, tried): (&_, &LoginTry)| matches!(tried.login, Some(Login::Denied(_)));
    assert!(tried.iter().all(denied));
}

/// A user that was held for a wrong secret is let go by a plan as soon as the secret is right; what would be refused again, or
/// is only on its way to Kafka, no plan tries.
#[tokio::test(start_paused = true)]
async fn a_plan_tries_a_user_that_it_knows_only_with_another_secret_than_was_refused() {
    let (ledger, corrected) = (mk_ledger(30), "a corrected password");
    for (answer, came) in [(false, 16), (true, 0)] {
        let folder = tempfile::tempdir().unwrap();
        let kept = mk_logins(&folder);
        for _ in 0..2 {
            pass_as(&kept, 30, &ledger, Some(answer)).await;
        }
        drop(kept);
        let path = folder.path().join("ledger.db");
        let store = Store::open_read_only(&path).unwrap().unwrap();
        let reads = Logins::read(mk_cluster(), Some(Arc::new(store)));
        assert_eq!(pass(&reads, 30, &ledger).await.0, [""; 0]);
        let passed = pass_with(&reads, 30, &ledger, Some(true), corrected).await;
        assert_eq!(
            (passed.0.len(), passed.1),
            (came, 0),
            "refused: {}",
            !answer
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_cannot_be_written_lets_nobody_be_tried() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    drop(mk_logins(&folder));
    let store = Arc::new(Store::open_read_only(&path).unwrap().unwrap());
    let passed = pass(&Logins::kept(mk_cluster(), store), 3, &Ledger::default()).await;
    assert_eq!((passed.0.len(), passed.1), (0, 3));
}
