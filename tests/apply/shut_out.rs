//! The first ACL on the cluster, which may take from Headgate the right to make any: none is made while one that lets Headgate
//! in was due and was not made.

use headgate::{
    model::Acl,
    ports::{Refusal, RefusalClass},
};

use super::*;

const OWN: &str = "User:headgate allow Alter cluster:literal:kafka-cluster";
const OTHER: &str = "User:app allow Describe cluster:literal:kafka-cluster";
const DENY: &str = "User:app deny Alter cluster:literal:kafka-cluster";
const TOPIC: &str = "User:app allow Read topic:literal:t";

fn acl(name: &str) -> Acl {
    Acl::parse(name).unwrap()
}

/// Makes all four, one a request, on a cluster where ACLs say what Headgate may do, and returns the words for how each ended.
async fn ends_after(bench: &mut Bench, own: Option<Outcome>) -> [&'static str; 4] {
    bench.limits.records = 1;
    bench.on_write = own.map(|outcome| -> Hook<Batch, Vec<Outcome>> {
        Box::new(move |_, batch| match batch {
            Batch::CreateAcls(acls) if *acls == [acl(OWN)] => Some(vec![outcome.clone()]),
            _ => None,
        })
    });
    let ask = Ask {
        kinds: [Kind::Acl].into(),
        ..Ask::default()
    };
    let Observed::Known(mut live) = bench.sandbox.observe(&ask).await else {
        panic!("the sandbox shows all");
    };
    live.super_user = false;
    let actions = [OWN, OTHER, TOPIC, DENY]
        .map(|name| mk_of(Kind::Acl, name, Verb::Create, Vec::new(), Vec::new()));
    let plan = mk_plan(actions.into());
    let applied = apply(bench.on(&plan, &live), bench.stop.subscribe()).await;
    let ends = ends(&applied);
    let told = ends.iter().filter_map(End::message);
    let told: Vec<&str> = told.filter(|why| why.contains(OWN)).collect();
    let not_tried = ends.iter().filter(|end| end.label() == "not_tried");
    assert_eq!(told.len(), not_tried.count(), "{ends:?}");
    [0, 1, 2, 3].map(|at| ends[at].label())
}

#[tokio::test(start_paused = true)]
async fn no_acl_on_the_cluster_comes_behind_one_that_should_let_headgate_in_and_failed() {
    let refused = Outcome::Refused(Refusal {
        class: RefusalClass::Transient,
        code: "NOT_CONTROLLER".into(),
        message: String::new(),
    });
    let lost = Outcome::Unknown("the connection broke".into());
    for (own, end) in [(refused, "error"), (lost, "indeterminate")] {
        let mut bench = mk_bench();
        let ends = ends_after(&mut bench, Some(own.clone())).await;
        assert_eq!(ends, [end, "not_tried", "ok", "not_tried"]);
        assert_eq!(*bench.sandbox.world().acls(), [acl(TOPIC)].into());

        // it is not the first that stands there
        let mut bench = mk_bench();
        let first = acl("User:b allow Describe cluster:literal:kafka-cluster");
        bench.sandbox.edit(|w| w.permit(&first)).unwrap();
        assert_eq!(
            ends_after(&mut bench, Some(own)).await,
            [end, "ok", "ok", "ok"]
        );
    }
    let mut bench = mk_bench();
    assert_eq!(ends_after(&mut bench, None).await, ["ok"; 4]);
}
