//! Asks plugins what they say against connectors' configs that are about to be written (daemon). Each may try out the system
//! that its config names, which takes what it takes: a pass waits for all of them together for a bounded time, and what was
//! said is remembered, so that the next pass asks about the others.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use compact_str::CompactString;
use futures::{StreamExt, stream};
use tokio::time::{Instant, timeout_at};

use super::clock;
use crate::{
    apply::{self, ConnectClusters},
    desired::DesiredCluster,
    live::{ConfigProblem, Live, Observed},
    model::{Kind, Ledger, Mode, Secret, SecretName, chain},
    plan::{self, Beyond, Change},
    secrets::Vault,
};

/// Plugins that are asked at once: each may try out the system that its config names.
const AT_ONCE: usize = 4;

/// How long a pass waits for all of them.
const WITHIN: Duration = Duration::from_secs(30);

/// What was said stands for so many times the time that it took: that a system is there again is noticed soon where asking
/// is cheap, and one that is slow is asked for a small part of the time.
const STANDS: u32 = 10;

type Said = Observed<Vec<ConfigProblem>>;

type Due = Vec<(CompactString, Change)>;

/// What plugins said.
#[derive(Default)]
pub(super) struct Checks(Mutex<BTreeMap<CompactString, Remembered>>);

/// What was said of a connector's config.
struct Remembered {
    /// The config, with fingerprints in the places of secrets.
    of: Change,
    said: Said,
    until: Instant,
}

impl Checks {
    /// Asks about the configs that are about to be written. Nothing is sent while Connect is only reported on: a config
    /// that is asked about goes to the workers, secrets included.
    pub(super) async fn check(
        &self,
        clusters: &ConnectClusters,
        vault: &Vault,
        desired: &DesiredCluster,
        ledger: &Ledger,
        live: &mut Live,
    ) {
        if live.connect.is_none() || desired.mode(Kind::Connector) != Mode::Enforce {
            return;
        }
        let due = plan::unchecked(desired, live, ledger, clock::now());
        let said = self.said(clusters, vault, due).await;
        if let Some(Observed::Known(connect)) = &mut live.connect {
            connect.checks = said;
        }
    }

    async fn said(
        &self,
        clusters: &ConnectClusters,
        vault: &Vault,
        due: Vec<(CompactString, Change)>,
    ) -> BTreeMap<CompactString, Said> {
        let (mut said, due) = self.remembered(due);
        let end = Instant::now() + WITHIN;
        let asked = due.into_iter().map(|(name, of)| async move {
            let began = Instant::now();
            if began >= end {
                return (name, None);
            }
            let said = timeout_at(end, ask(clusters, vault, &of)).await;
            let said = said.unwrap_or_else(|_| late());
            let until = Instant::now() + began.elapsed() * STANDS;
            (name, Some(Remembered { of, said, until }))
        });
        // collected first: the compiler does not see that a closure over borrowed planes is good for any
        let asked: Vec<_> = asked.collect();
        let mut asked = stream::iter(asked).buffer_unordered(AT_ONCE);
        while let Some((name, told)) = asked.next().await {
            let mut remembered = self.lock();
            if let Some(told) = told {
                remembered.insert(name.clone(), told);
            }
            let told = remembered.get(&name).map(|one| one.said.clone());
            said.insert(name, told.unwrap_or_else(late));
        }
        said
    }

    /// Returns what was said of these configs and stands, and the others, those first that were asked about longest ago.
    /// What was said of other configs is forgotten.
    fn remembered(
        &self,
        due: Vec<(CompactString, Change)>,
    ) -> (BTreeMap<CompactString, Said>, Due) {
        let mut remembered = self.lock();
        let due: BTreeMap<CompactString, Change> = due.into_iter().collect();
        remembered.retain(|name, one| due.get(name) == Some(&one.of));
        let now = Instant::now();
        let (stand, mut due): (Due, Due) = due
            .into_iter()
            .partition(|(name, _)| remembered.get(name).is_some_and(|one| now < one.until));
        due.sort_by_key(|(name, _)| remembered.get(name).map(|one| one.until));
        let said = stand.into_iter().filter_map(|(name, _)| {
            let said = remembered.get(&name)?.said.clone();
            Some((name, said))
        });
        (said.collect(), due)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<CompactString, Remembered>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn late() -> Said {
    Observed::Unknown(format!(
        "plugins did not say within {WITHIN:?} what they think of all configs that are to be written; a later pass asks again"
    ))
}

async fn ask(clusters: &ConnectClusters, vault: &Vault, change: &Change) -> Said {
    let Some(Beyond::Connector { connect, name }) = change.beyond.as_deref() else {
        return Observed::Unknown("the plan does not say where it is".to_owned());
    };
    let Some(plane) = clusters.get(connect) else {
        return Observed::Unknown(format!("headgate.yaml names no Connect cluster {connect}"));
    };
    let mut secrets: BTreeMap<&SecretName, Secret<String>> = BTreeMap::new();
    for secret in change.set.iter().filter_map(|field| field.secret.as_ref()) {
        match vault.read(secret) {
            Ok(value) => drop(secrets.insert(secret, value)),
            Err(error) => return Observed::Unknown(chain(&error)),
        }
    }
    let config = apply::connector_config(change, |name| {
        let secret = secrets.get(name).cloned();
        secret.expect("every secret of the change was read")
    });
    plane.validate(name, &config).await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures::future::BoxFuture;

    use super::*;
    use crate::{
        live::{ConnectCluster, ConnectLive, ConnectLooked, ConnectSeen},
        model::{ClusterId, SourceFile},
        plan::SetField,
        ports::{Ask, ConnectPlane, ConnectWrite, ConnectorConfig, KafkaPlane, Outcome},
        sandbox::Sandbox,
    };

    /// A Connect cluster whose plugins find every config good, after the seconds that it says itself.
    #[derive(Default)]
    struct Plugins(Mutex<Vec<String>>);

    impl ConnectPlane for Plugins {
        fn observe(&self) -> BoxFuture<'_, Observed<ConnectSeen>> {
            unreachable!("configs are asked about")
        }

        fn look<'a>(&'a self, _: &'a [CompactString]) -> BoxFuture<'a, Observed<ConnectLooked>> {
            unreachable!("configs are asked about")
        }

        fn validate<'a>(
            &'a self,
            name: &'a str,
            config: &'a ConnectorConfig,
        ) -> BoxFuture<'a, Said> {
            let asked = &mut self.0.lock().expect("no test panics while it holds it");
            asked.push(name.to_owned());
            let seconds = config.values().next().map(|value| value.expose().parse());
            let seconds = Duration::from_secs(seconds.and_then(Result::ok).unwrap_or(0));
            Box::pin(async move {
                tokio::time::sleep(seconds).await;
                Observed::Known(Vec::new())
            })
        }

        fn write(&self, _: ConnectWrite) -> BoxFuture<'_, Outcome> {
            unreachable!("configs are asked about")
        }
    }

    #[derive(Default)]
    struct Bench {
        plugins: Arc<Plugins>,
        checks: Checks,
    }

    impl Bench {
        fn clusters(&self) -> ConnectClusters {
            let plugins: Arc<dyn ConnectPlane> = Arc::clone(&self.plugins) as _;
            [("main".into(), plugins)].into()
        }

        /// Asks about configs whose plugins take so many seconds, and returns what is known after how many.
        async fn known(&self, due: &[(&str, u64)]) -> (String, u64) {
            let began = Instant::now();
            let due = due
                .iter()
                .map(|(name, seconds)| ((*name).into(), mk_change(name, *seconds)));
            let (clusters, due) = (self.clusters(), due.collect());
            let said = self.checks.said(&clusters, &Vault::none(), due).await;
            let known = said.iter().filter(|(_, said)| said.known().is_some());
            let known: Vec<&str> = known.map(|(name, _)| name.as_str()).collect();
            (known.join(" "), began.elapsed().as_secs())
        }

        fn asked(&self) -> String {
            let mut asked = self
                .plugins
                .0
                .lock()
                .expect("no test panics while it holds it");
            std::mem::take(&mut *asked).join(" ")
        }
    }

    fn mk_change(name: &str, seconds: u64) -> Change {
        Change {
            set: vec![SetField {
                path: "config.seconds".into(),
                from: None,
                to: seconds.to_string().into(),
                secret: None,
            }],
            beyond: Some(Box::new(Beyond::Connector {
                connect: "main".into(),
                name: name.into(),
            })),
            ..Change::default()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_pass_waits_for_slow_plugins_for_a_bounded_time_and_the_next_asks_the_others() {
        let bench = Bench::default();
        let due = ["a", "b", "c", "d", "e", "f", "g", "h", "i"].map(|name| (name, 28));
        assert_eq!(bench.known(&due).await, ("a b c d".to_owned(), 30));
        assert_eq!(bench.asked(), "a b c d e f g h");
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(bench.known(&due).await.1, 30);
        assert_eq!(bench.asked(), "i e f g h");
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(
            bench.known(&due).await,
            ("a b c d e f g h i".to_owned(), 28)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn plugins_that_never_answer_keep_no_other_from_being_asked() {
        let bench = Bench::default();
        let due = [("a", 999), ("b", 999), ("c", 999), ("d", 999), ("e", 1)];
        assert_eq!(bench.known(&due).await, (String::new(), 30));
        assert_eq!(bench.known(&due).await, ("e".to_owned(), 1));
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_said_stands_for_a_while_and_for_that_config() {
        let bench = Bench::default();
        for (config, pause, asked) in [(2, 10, "a"), (2, 15, ""), (2, 1, "a"), (3, 1, "a")] {
            bench.known(&[("a", config)]).await;
            assert_eq!(bench.asked(), asked);
            tokio::time::sleep(Duration::from_secs(pause)).await;
        }
        bench.known(&[]).await;
        bench.known(&[("a", 3)]).await;
        assert_eq!(
            bench.asked(),
            "a",
            "what was written in between may have failed"
        );
    }

    /// Checks a declared connector that is not there yet.
    async fn asked_in(mode: &str) -> String {
        let text = format!(
            "apiVersion: headgate.dev/v1\nkind: Cluster\nmetadata: {{name: c}}\nspec: {{modes: {{Connector: {mode}}}}}\n---\n\
             apiVersion: headgate.dev/v1\nkind: Connector\nmetadata: {{name: a}}\nspec: {{connect: main, class: C}}\n"
        );
        let loaded = crate::desired::load(&[SourceFile {
            path: "c/c.yaml".into(),
            bytes: text.into_bytes(),
        }]);
        let mut clusters = loaded.desired.clusters.values();
        let desired = clusters.next().expect("it is declared");
        let id = ClusterId("k".into());
        let seen = ConnectSeen {
            cluster: ConnectCluster {
                version: "4.3.1".into(),
                kafka_cluster_id: id.clone(),
            },
            connectors: BTreeMap::new(),
        };
        let seen = [("main".into(), Observed::Known(seen))].into();
        let connect = ConnectLive::gather(seen, Some(&id), std::iter::empty());
        let mut live = Live {
            observed_at: clock::now(),
            kafka: Sandbox::new("k", 3).observe(&Ask::default()).await,
            registry: None,
            connect: Some(Observed::Known(connect)),
            secrets: BTreeMap::new(),
        };
        let bench = Bench::default();
        let (clusters, vault, ledger) = (bench.clusters(), Vault::none(), Ledger::default());
        let checking = bench
            .checks
            .check(&clusters, &vault, desired, &ledger, &mut live);
        checking.await;
        bench.asked()
    }

    /// A config that is asked about goes to the workers, with its secrets: not while git only looks.
    #[tokio::test(start_paused = true)]
    async fn nothing_is_sent_to_workers_that_are_only_reported_on() {
        assert_eq!(asked_in("enforce").await, "a");
        assert_eq!(asked_in("report").await, "");
    }
}
