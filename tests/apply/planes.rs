//! Connect and the registry: one write after the other, and what one that fails means for those behind it.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use compact_str::CompactString;
use headgate::{
    live::{
        ConfigProblem, ConnectCluster, ConnectLooked, ConnectSeen, LiveSubject, Newest,
        RegistryLive, RegistryLooked, SchemaText,
    },
    model::ClusterId,
    plan::Beyond,
    ports::{
        ConnectPlane, ConnectWrite, ConnectorConfig, Refusal, RefusalClass, RegistryPlane,
        RegistryWrite, Wanted,
    },
};
use tokio::time::Instant;

use super::*;
use crate::support::connector::running;

/// Says what becomes of the deletion of a name, by what is there.
type Deletes = dyn Fn(&BTreeSet<CompactString>, &str) -> Outcome + Send + Sync;

/// A service that holds names, and says itself what becomes of the deletion of one.
struct Service {
    there: Mutex<BTreeSet<CompactString>>,
    asked: Mutex<Vec<String>>,
    /// Looks get no answer.
    is_silent: bool,
    delete: Box<Deletes>,
}

fn mk_service(
    names: &[&str],
    delete: impl Fn(&BTreeSet<CompactString>, &str) -> Outcome + Send + Sync + 'static,
) -> Service {
    Service {
        there: Mutex::new(names.iter().map(|name| (*name).into()).collect()),
        asked: Mutex::default(),
        is_silent: false,
        delete: Box::new(delete),
    }
}

impl Service {
    fn delete(&self, name: &str) -> Outcome {
        self.asked.lock().unwrap().push(name.to_owned());
        let mut there = self.there.lock().unwrap();
        let outcome = (self.delete)(&there, name);
        if outcome == Outcome::Applied {
            there.remove(name);
        }
        outcome
    }

    fn has(&self, name: &str) -> bool {
        self.there.lock().unwrap().contains(name)
    }

    fn asked(&self) -> String {
        self.asked.lock().unwrap().join(" ")
    }
}

impl ConnectPlane for Service {
    fn observe(&self) -> BoxFuture<'_, Observed<ConnectSeen>> {
        unreachable!("a run looks")
    }

    fn look<'a>(&'a self, names: &'a [CompactString]) -> BoxFuture<'a, Observed<ConnectLooked>> {
        let seen =
            |name: &CompactString| Observed::Known(self.has(name).then(|| running(name, &[])));
        let looked = ConnectLooked {
            cluster: ConnectCluster {
                version: "4.3.1".into(),
                kafka_cluster_id: ClusterId("sandbox-cluster".into()),
            },
            connectors: names
                .iter()
                .map(|name| (name.clone(), seen(name)))
                .collect(),
        };
        Box::pin(async {
            if self.is_silent {
                tokio::time::sleep(Duration::from_secs(30)).await;
                return Observed::Unknown("no whole answer within 30s".to_owned());
            }
            Observed::Known(looked)
        })
    }

    fn validate<'a>(
        &'a self,
        _: &'a str,
        _: &'a ConnectorConfig,
    ) -> BoxFuture<'a, Observed<Vec<ConfigProblem>>> {
        unreachable!("a run writes")
    }

    fn write(&self, write: ConnectWrite) -> BoxFuture<'_, Outcome> {
        let outcome = self.delete(write.name());
        Box::pin(async { outcome })
    }
}

impl RegistryPlane for Service {
    fn observe<'a>(&'a self, _: &'a Wanted<'a>) -> BoxFuture<'a, Observed<RegistryLive>> {
        unreachable!("a run looks")
    }

    fn look<'a>(
        &'a self,
        _: &'a Wanted<'a>,
        subjects: &'a [CompactString],
    ) -> BoxFuture<'a, RegistryLooked> {
        let seen = |name: &CompactString| {
            let there = self.has(name).then(LiveSubject::default);
            (name.clone(), Observed::Known(there))
        };
        let looked = RegistryLooked {
            compatibility: Observed::Known("BACKWARD".into()),
            subjects: subjects.iter().map(seen).collect(),
        };
        Box::pin(async { looked })
    }

    fn texts<'a>(
        &'a self,
        _: &'a [CompactString],
    ) -> BoxFuture<'a, BTreeMap<CompactString, Observed<SchemaText>>> {
        unreachable!("a run looks")
    }

    fn newest<'a>(
        &'a self,
        _: &'a [CompactString],
    ) -> BoxFuture<'a, BTreeMap<CompactString, Newest>> {
        unreachable!("a run looks")
    }

    fn write(&self, write: RegistryWrite) -> BoxFuture<'_, Outcome> {
        let outcome = self.delete(write.subject().unwrap());
        Box::pin(async { outcome })
    }
}

/// Deletes all of some kind, in so many at once, and returns how that ended.
async fn deleted(kind: Kind, names: &[&str], service: &Arc<Service>, at_once: usize) -> Vec<End> {
    let mut bench = mk_bench();
    bench.limits.rest = at_once;
    let Observed::Known(kafka) = bench.sandbox.observe(&Ask::default()).await else {
        panic!("the sandbox does not answer");
    };
    let delete = |name: &&str| {
        let mut action = mk_of(kind, name, Verb::Delete, Vec::new(), Vec::new());
        if kind == Kind::Connector {
            action.change.beyond = Some(Box::new(Beyond::Connector {
                connect: "main".into(),
                name: (*name).into(),
            }));
        }
        action
    };
    let plan = mk_plan(names.iter().map(delete).collect());
    let connect = Arc::clone(service) as Arc<dyn ConnectPlane>;
    let connect = [("main".into(), connect)].into();
    let on = On {
        planes: Planes {
            kafka: &bench,
            connect: &connect,
            registry: Some(service.as_ref()),
        },
        ..bench.on(&plan, &kafka)
    };
    ends(&apply(on, bench.stop.subscribe()).await)
}

fn refused(class: RefusalClass, code: &str) -> Outcome {
    Outcome::Refused(Refusal {
        class,
        code: code.into(),
        message: "it says why".to_owned(),
    })
}

/// Trap 33: a worker's 500 says something of one connector, and nothing of those behind it.
#[tokio::test(start_paused = true)]
async fn a_connector_that_connect_fails_at_holds_up_no_other() {
    let names = ["a", "b-poison", "c", "d"];
    let service = mk_service(&names, |_, name| match name {
        "b-poison" => Outcome::Unclear("HTTP 500: boom".to_owned()),
        _ => Outcome::Applied,
    });
    let service = Arc::new(service);
    let ends = deleted(Kind::Connector, &names, &service, 50).await;
    assert_eq!(service.asked(), "a b-poison c d");
    assert!(matches!(&ends[1], End::Indeterminate(why) if why.contains("HTTP 500: boom")));
    for n in [0, 2, 3] {
        assert_eq!(ends[n], End::Ok);
    }
}

/// Each attempt would wait as long as the first: however many batches there are, a run waits once.
#[tokio::test(start_paused = true)]
async fn a_service_that_is_silent_is_asked_once_a_run() {
    for silence in [
        || Outcome::Unknown("no whole answer within 95s".to_owned()),
        || refused(RefusalClass::Unreached, "unreachable"),
    ] {
        for kind in [Kind::Connector, Kind::Schema] {
            let names = ["a", "b", "c"];
            let service = Arc::new(mk_service(&names, move |_, _| silence()));
            let ends = deleted(kind, &names, &service, 1).await;
            assert_eq!(service.asked(), "a");
            let told = format!("{:?}", ends[2]);
            assert!(told.contains("did not answer before"), "{told}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_silent_when_it_is_looked_at_is_looked_at_once_a_run() {
    let names = ["a", "b", "c"];
    let mut service = mk_service(&names, |_, _| Outcome::Applied);
    service.is_silent = true;
    let service = Arc::new(service);
    let began = Instant::now();
    let ends = deleted(Kind::Connector, &names, &service, 1).await;
    assert_eq!(
        (service.asked(), began.elapsed().as_secs()),
        (String::new(), 30)
    );
    assert!(
        ends.iter()
            .all(|end| matches!(end, End::NotTried(why) if why.contains("30s"))),
        "{ends:?}"
    );
}

/// Subjects are deleted whose schemas refer to each other, in whatever order they come.
#[tokio::test(start_paused = true)]
async fn a_subject_that_is_referred_to_goes_behind_those_that_refer_to_it() {
    // each refers to the one before
    let names = ["s0", "s1", "s2"];
    for at_once in [1, 50] {
        let service = mk_service(&names, |there, name| {
            let next = there.iter().skip_while(|other| *other != name).nth(1);
            match next {
                Some(_) => refused(RefusalClass::ReferredTo, "REFERRED_TO"),
                None => Outcome::Applied,
            }
        });
        let service = Arc::new(service);
        let ends = deleted(Kind::Schema, &names, &service, at_once).await;
        assert_eq!(ends, [End::Ok, End::Ok, End::Ok]);
        assert_eq!(service.asked(), "s0 s1 s2 s0 s1 s0");
    }
}

#[tokio::test(start_paused = true)]
async fn a_subject_that_stays_referred_to_is_tried_no_more_than_others_go() {
    let names = ["base", "other"];
    let service = mk_service(&names, |_, name| match name {
        "base" => refused(RefusalClass::ReferredTo, "REFERRED_TO"),
        _ => Outcome::Applied,
    });
    let service = Arc::new(service);
    let ends = deleted(Kind::Schema, &names, &service, 50).await;
    assert_eq!(service.asked(), "base other base");
    let told = "REFERRED_TO: it says why".to_owned();
    assert_eq!(ends, [End::Error(told), End::Ok]);
}
