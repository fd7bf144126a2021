//! ACLs and passwords: in which order, how many at a time, and what a secret is compared with.

use std::time::Duration;

use headgate::{
    live::LiveUser,
    model::{Acl, Kind, ScramMechanism, Secret, SecretName},
    ports::{Refusal, RefusalClass},
    sandbox::Fault,
};
use tokio::time::Instant;

use super::*;

const SHA_256: ScramMechanism = ScramMechanism::Sha256;
const SHA_512: ScramMechanism = ScramMechanism::Sha512;

fn mk_acl(verb: Verb, name: &str) -> Action {
    mk_of(Kind::Acl, name, verb, Vec::new(), Vec::new())
}

fn acl(name: &str) -> Acl {
    Acl::parse(name).unwrap()
}

/// A bench whose vault holds the passwords `old` and `new`, each as the secret of its name.
fn mk_safe() -> Bench {
    let secret = |name: &str| (SecretName(name.into()), Secret::new(format!("pass-{name}")));
    Bench {
        vault: Vault::fixed(["old", "new"].map(secret).into(), [1; 32]),
        ..mk_bench()
    }
}

/// A field that sets a password from a secret.
fn mk_password(bench: &Bench, mechanism: ScramMechanism, secret: &str) -> SetField {
    let name = SecretName(secret.into());
    let print = bench.vault.fingerprint(&name);
    SetField {
        path: format!("scram.{mechanism}.password").into(),
        from: None,
        to: print.known().map_or("none".into(), |print| print.0.clone()),
        secret: Some(name),
    }
}

fn mk_user(verb: Verb, set: Vec<SetField>, reset: Vec<ResetField>) -> Action {
    mk_of(Kind::User, "app", verb, set, reset)
}

fn mk_gone(mechanism: ScramMechanism) -> Vec<ResetField> {
    let field = |what: &str| ResetField {
        path: format!("scram.{mechanism}.{what}").into(),
        from: None,
    };
    ["iterations", "password"].map(field).into()
}

fn credential(mechanism: ScramMechanism, iterations: u32, secret: &str) -> Credential {
    Credential {
        user: "app".into(),
        mechanism,
        iterations,
        password: Secret::new(format!("pass-{secret}")),
    }
}

/// A user who has the old password already.
fn let_in(bench: &Bench, mechanism: ScramMechanism, iterations: u32) {
    let old = credential(mechanism, iterations, "old");
    bench.sandbox.edit(|w| w.set_password(&old)).unwrap();
}

fn lets_in(bench: &Bench, mechanism: ScramMechanism, secret: &str) -> bool {
    let world = bench.sandbox.world();
    world.lets_in(&credential(mechanism, 0, secret))
}

/// Trap 23: access is widened before it is narrowed, and a new DENY comes behind everything that allows.
#[tokio::test(start_paused = true)]
async fn acls_are_made_before_they_go_and_a_deny_is_the_last_that_is_made() {
    let bench = mk_bench();
    let topic = make(&bench, "t", &[]);
    let (old, deny, allow) = (
        "User:a allow All topic:literal:t",
        "User:a deny Write topic:literal:t",
        "User:a allow Read topic:literal:t",
    );
    bench.sandbox.edit(|w| w.permit(&acl(old))).unwrap();
    let ends = bench
        .ends(vec![
            mk_delete("t", topic),
            mk_acl(Verb::Delete, old),
            mk_acl(Verb::Create, deny),
            mk_acl(Verb::Create, allow),
        ])
        .await;
    assert_eq!(ends, vec![End::Ok; 4]);
    let name = TopicName::new("t").unwrap();
    assert_eq!(
        bench.writes(),
        [
            Batch::CreateAcls(vec![acl(allow)]),
            Batch::CreateAcls(vec![acl(deny)]),
            Batch::DeleteAcls(vec![acl(old)]),
            Batch::DeleteTopics(vec![(name, topic)]),
        ]
    );
    assert_eq!(*bench.sandbox.world().acls(), [deny, allow].map(acl).into());
}

/// Trap 23: an ACL that changes is another one; when that is refused, what it was to replace is all that is left.
#[tokio::test(start_paused = true)]
async fn an_acl_stays_whose_replacement_was_refused() {
    let mut bench = mk_bench();
    let (old, new) = (
        "User:a allow Read topic:literal:t",
        "User:a allow Read topic:literal:u",
    );
    let others = "User:b allow Read topic:literal:t";
    for name in [old, others] {
        bench.sandbox.edit(|w| w.permit(&acl(name))).unwrap();
    }
    bench.on_write = Some(Box::new(|_, batch| match batch {
        Batch::CreateAcls(_) => Some(vec![Outcome::Refused(Refusal {
            class: RefusalClass::Final,
            code: "INVALID_REQUEST".into(),
            message: String::new(),
        })]),
        _ => None,
    }));
    let ends = bench
        .ends(vec![
            mk_acl(Verb::Create, new),
            mk_acl(Verb::Delete, old),
            mk_acl(Verb::Delete, others),
        ])
        .await;
    let kept = format!("its replacement was not made: {new}; the next pass tries again");
    assert_eq!(
        ends,
        [
            End::Error("INVALID_REQUEST".into()),
            End::NotTried(kept),
            End::Ok
        ]
    );
    assert_eq!(*bench.sandbox.world().acls(), [acl(old)].into());
}

#[tokio::test(start_paused = true)]
async fn nobodys_acl_goes_while_that_of_everybody_is_missing() {
    let mut bench = mk_bench();
    let old = "User:a allow Read topic:literal:t";
    bench.sandbox.edit(|w| w.permit(&acl(old))).unwrap();
    bench.on_write = Some(Box::new(|_, batch| {
        let lost = || Outcome::Unknown("lost".to_owned());
        matches!(batch, Batch::CreateAcls(_)).then(|| vec![lost()])
    }));
    let ends = bench
        .ends(vec![
            mk_acl(Verb::Create, "User:* allow Read topic:literal:t"),
            mk_acl(Verb::Delete, old),
        ])
        .await;
    assert_eq!(ends[1].label(), "not_tried", "{ends:?}");
    assert_eq!(*bench.sandbox.world().acls(), [acl(old)].into());
}

/// Trap 21: CreateAcls and DeleteAcls succeed whatever was there, so only a look tells what is to be done.
#[tokio::test(start_paused = true)]
async fn an_acl_that_is_as_wanted_is_not_sent() {
    let bench = mk_bench();
    let name = "User:a allow Read topic:literal:t";
    bench.sandbox.edit(|w| w.permit(&acl(name))).unwrap();
    let ends = bench
        .ends(vec![
            mk_acl(Verb::Create, name),
            mk_acl(Verb::Delete, "User:a allow Read topic:literal:u"),
        ])
        .await;
    assert_eq!(ends, vec![End::AlreadyDone; 2]);
    assert_eq!(bench.writes(), []);
}

#[tokio::test(start_paused = true)]
async fn acls_are_deleted_a_few_at_a_time_and_the_controller_gets_its_breath() {
    let bench = mk_bench();
    let names: Vec<String> = (0..120)
        .map(|n| format!("User:a allow Read topic:literal:t-{n}"))
        .collect();
    for name in &names {
        bench.sandbox.edit(|w| w.permit(&acl(name))).unwrap();
    }
    let began = Instant::now();
    let actions = names.iter().map(|name| mk_acl(Verb::Delete, name));
    let ends = bench.ends(actions.collect()).await;
    assert_eq!(ends, vec![End::Ok; 120]);
    let sizes: Vec<usize> = bench.writes().iter().map(Batch::len).collect();
    assert_eq!(sizes, [50, 50, 20]);
    assert_eq!(began.elapsed(), Duration::from_millis(200));
    assert!(bench.sandbox.world().acls().is_empty());
    let looks: Vec<usize> = bench.looks.lock().unwrap().iter().map(Vec::len).collect();
    assert_eq!(looks, [120, 120], "each look may list all ACLs there are");
}

/// Trap 24: who may not look at ACLs does not know that there are none.
#[tokio::test(start_paused = true)]
async fn what_may_not_be_looked_at_is_not_written() {
    let bench = mk_bench();
    bench.sandbox.edit(|w| w.close(Kind::Acl, true));
    let name = "User:a allow Read topic:literal:t";
    let ends = bench
        .ends(vec![mk_acl(Verb::Create, name), mk_create("t", &[])])
        .await;
    assert!(
        matches!(&ends[0], End::NotTried(why) if why.contains("CLUSTER_AUTHORIZATION_FAILED")),
        "{ends:?}"
    );
    assert_eq!(ends[1], End::Ok);
    assert!(bench.sandbox.world().acls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_new_user_gets_all_passwords_and_nobody_reads_them() {
    let bench = mk_safe();
    let action = mk_user(
        Verb::Create,
        vec![
            mk_password(&bench, SHA_256, "old"),
            mk_field("scram.SCRAM-SHA-512.iterations", None, "8192"),
            mk_password(&bench, SHA_512, "new"),
        ],
        Vec::new(),
    );
    let applied = bench.apply(vec![action]).await;
    assert_eq!(ends(&applied), [End::Ok]);
    assert!(lets_in(&bench, SHA_256, "old") && lets_in(&bench, SHA_512, "new"));
    let rounds = |user: &LiveUser, m| user.credential(m).map(|c| c.iterations);
    let user = bench.sandbox.world().user("app").unwrap();
    assert_eq!(rounds(&user, SHA_256), Some(4096));
    assert_eq!(rounds(&user, SHA_512), Some(8192));
    let told = format!("{applied:?} {:?} {:?}", bench.writes(), bench.notes);
    assert!(!told.contains("pass-"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_changed_since_the_plan_was_made_is_not_written() {
    let bench = mk_safe();
    let field = SetField {
        to: "0123".into(),
        ..mk_password(&bench, SHA_256, "new")
    };
    let ends = bench
        .ends(vec![mk_user(Verb::Create, vec![field], Vec::new())])
        .await;
    assert_eq!(
        ends,
        [End::PreconditionFailed(
            "the secret new changed since the plan was made".into()
        )]
    );
    assert_eq!(bench.writes(), []);
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_cannot_be_read_holds_back_what_takes_it_and_nothing_else() {
    let bench = mk_safe();
    let field = mk_password(&bench, SHA_256, "absent");
    let ends = bench
        .ends(vec![
            mk_user(Verb::Create, vec![field], Vec::new()),
            mk_acl(Verb::Create, "User:app allow Read topic:literal:t"),
        ])
        .await;
    assert!(
        matches!(&ends[0], End::NotTried(why) if why.contains("absent")),
        "{ends:?}"
    );
    assert_eq!(ends[1], End::Ok);
}

/// Trap 25: Kafka tells nothing of a password, so one that is there may be any.
#[tokio::test(start_paused = true)]
async fn a_password_is_set_although_one_is_there_and_the_iterations_stay() {
    let bench = mk_safe();
    let_in(&bench, SHA_256, 8192);
    let field = mk_password(&bench, SHA_256, "new");
    let ends = bench
        .ends(vec![mk_user(Verb::Update, vec![field], Vec::new())])
        .await;
    assert_eq!(ends, [End::Ok]);
    assert!(lets_in(&bench, SHA_256, "new"));
    let set = Batch::SetCredentials(vec![credential(SHA_256, 8192, "new")]);
    assert_eq!(bench.writes(), [set]);
}

#[tokio::test(start_paused = true)]
async fn a_password_whose_answer_is_lost_is_not_taken_for_set() {
    for fault in [Fault::AnswerLost, Fault::RequestLost] {
        let bench = mk_safe();
        let_in(&bench, SHA_256, 4096);
        bench.sandbox.inject(fault);
        let field = mk_password(&bench, SHA_256, "new");
        let applied = bench
            .apply(vec![mk_user(Verb::Update, vec![field], Vec::new())])
            .await;
        assert_eq!(ends(&applied)[0].label(), "indeterminate", "{fault:?}");
        assert_eq!(applied.unsettled.len(), 1);
    }
}

/// Trap 26: one mechanism is set in one request and the other one goes in a later one.
#[tokio::test(start_paused = true)]
async fn a_mechanism_goes_once_the_other_one_is_there() {
    let bench = mk_safe();
    let_in(&bench, SHA_256, 4096);
    let set = vec![mk_password(&bench, SHA_512, "new")];
    let action = mk_user(Verb::Update, set, mk_gone(SHA_256));
    assert_eq!(bench.ends(vec![action]).await, [End::Ok]);
    assert_eq!(
        bench.writes(),
        [
            Batch::SetCredentials(vec![credential(SHA_512, 4096, "new")]),
            Batch::DeleteCredentials(vec![("app".into(), SHA_256)]),
        ]
    );
    assert!(!lets_in(&bench, SHA_256, "old") && lets_in(&bench, SHA_512, "new"));
}

/// Trap 27: deleting a credential that is not there is a success.
#[tokio::test(start_paused = true)]
async fn a_credential_that_went_meanwhile_is_deleted() {
    let mut bench = mk_safe();
    let_in(&bench, SHA_256, 4096);
    bench.on_write = Some(Box::new(|bench, _| {
        bench
            .sandbox
            .edit(|w| w.drop_password("app", SHA_256))
            .unwrap();
        None
    }));
    let action = mk_user(Verb::Delete, Vec::new(), mk_gone(SHA_256));
    assert_eq!(bench.ends(vec![action]).await, [End::AlreadyDone]);
}

/// Trap 3: a user whose second credential is refused is not done.
#[tokio::test(start_paused = true)]
async fn a_user_of_whom_one_credential_is_refused_is_an_error_and_its_acl_is_made() {
    let bench = mk_safe();
    let action = mk_user(
        Verb::Create,
        vec![
            mk_password(&bench, SHA_256, "old"),
            mk_field("scram.SCRAM-SHA-512.iterations", None, "20000"),
            mk_password(&bench, SHA_512, "new"),
        ],
        Vec::new(),
    );
    let ends = bench
        .ends(vec![
            action,
            mk_acl(Verb::Create, "User:app allow Read topic:literal:t"),
        ])
        .await;
    assert!(
        matches!(&ends[0], End::Error(why) if why.contains("Too many iterations")),
        "{ends:?}"
    );
    assert_eq!(ends[1], End::Ok);
    assert!(lets_in(&bench, SHA_256, "old"));
}
