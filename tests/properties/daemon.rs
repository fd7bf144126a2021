//! The daemon's own pass with its own ledger, dying at every moment there is.
#![allow(
    clippy::disallowed_methods,
    reason = "the test writes the desired state"
)]

use std::{path::Path, sync::Arc};

use headgate::{
    config::{self, Config},
    daemon::{self, ConnectPlanes, Planes, Source, Stop},
    desired::RunState,
    model::TopicName,
    ports::{ConnectPlane, NewTopic},
    report::{Cycle, PassResult},
    sandbox::{Connect, Registry, Sandbox},
};

use super::inputs::CLUSTER_ID;

/// Far more than a pass of so few stages has.
const MOMENTS: u64 = 100;

struct Site {
    folder: tempfile::TempDir,
    config: Config,
    sandbox: Arc<Sandbox>,
    workers: Arc<Connect>,
    registry: Arc<Registry>,
}

fn mk_site() -> Site {
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "source: {{repo: {0}, branch: main}}\n\
         clusters: {{sandbox: {{kafka: {{bootstrap: [\"sandbox:9092\"]}}, registry: {{url: \"http://sandbox\"}}, \
         connect: {{main: {{url: \"http://sandbox\"}}}}}}}}\n\
         ledger: {{path: {0}/ledger.db}}\n",
        folder.path().display()
    );
    let sandbox = Sandbox::new(CLUSTER_ID, 3);
    for name in ["grown", "old"] {
        let topic = NewTopic {
            name: TopicName::new(name).unwrap(),
            partitions: 2,
            replication_factor: 3,
            assignment: Vec::new(),
            config: Vec::new(),
        };
        sandbox.edit(|world| world.create(&topic)).unwrap();
    }
    let workers = sandbox.connect("main");
    workers.edit(|world| world.install("Copy"));
    Site {
        workers: Arc::new(workers),
        registry: Arc::new(sandbox.registry()),
        config: config::parse(&text, "headgate.yaml").unwrap(),
        sandbox: Arc::new(sandbox),
        folder,
    }
}

impl Site {
    /// Declares a topic that is to be made and one that is to grow, with a value each or none, and lets a third one go; and a
    /// connector and a subject, of which that decides how they are.
    fn declare(&self, retention: Option<&str>) {
        let config = retention.map_or_else(String::new, |r| format!("retention.ms: {r}"));
        let topics: Vec<String> = ["grown", "made"]
            .iter()
            .map(|name| {
                format!(
                    "---\napiVersion: headgate.dev/v1\nkind: Topic\nmetadata: {{name: {name}}}\n\
                     spec: {{partitions: 3, replicationFactor: 3, config: {{{config}}}}}\n"
                )
            })
            .collect();
        let cluster = format!(
            "apiVersion: headgate.dev/v1\nkind: Cluster\nmetadata: {{name: sandbox}}\n\
             spec:\n  clusterId: {CLUSTER_ID}\n  deletion:\n    allow:\n      \
             - {{kind: Topic, name: old, reason: done with, until: 9999-12-31}}\n"
        );
        let (state, level) = match retention {
            Some(_) => ("paused", ", compatibility: FULL"),
            None => ("running", ""),
        };
        let services = format!(
            "---\napiVersion: headgate.dev/v1\nkind: Connector\nmetadata: {{name: copy}}\n\
             spec: {{class: Copy, tasksMax: 1, state: {state}, config: {{}}}}\n\
             ---\napiVersion: headgate.dev/v1\nkind: Schema\nmetadata: {{name: made-value}}\n\
             spec: {{type: AVRO, schema: '\"string\"'{level}}}\n"
        );
        let folder = self.folder.path().join("desired-state");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(
            folder.join("all.yaml"),
            cluster + &topics.concat() + &services,
        )
        .unwrap();
    }

    /// Runs a pass as a process of its own; `None` when it died.
    async fn pass(&self) -> Option<Cycle> {
        let workers: Arc<dyn ConnectPlane> = self.workers.clone();
        let planes = Planes {
            kafka: self.sandbox.clone(),
            connect: [("main".into(), workers)].into(),
            registry: Some(self.registry.clone()),
        };
        let connect: ConnectPlanes = Arc::new(move |_, _| Ok(planes.clone()));
        let source = Source::Dir(Path::new(self.folder.path()).to_owned());
        let stop = Stop::new();
        let pass = daemon::apply(&self.config, &source, None, &connect, &stop);
        let done = tokio::select! {
            biased;
            done = pass => Some(done.unwrap().1.remove(0)),
            () = self.sandbox.crashed() => None,
        };
        self.sandbox.restart();
        done
    }

    /// Runs passes until one has nothing to do, which must be soon.
    async fn settled(&self) -> Cycle {
        for _ in 0..4 {
            let pass = self.pass().await.unwrap();
            if pass.results.is_empty() {
                return pass;
            }
        }
        panic!("four passes, and there is still something to do");
    }
}

#[tokio::test(start_paused = true)]
async fn a_daemon_that_dies_at_any_moment_finds_out_where_things_stand() {
    for moment in 0..MOMENTS {
        let site = mk_site();
        site.declare(Some("1000"));
        site.sandbox.crash_at(moment);
        let died = site.pass().await.is_none();
        site.sandbox.calm();
        // git takes the value back before any pass has come to its end
        site.declare(None);
        let last = site.settled().await;
        assert_eq!(last.result, PassResult::Ok, "moment {moment}");
        let world = site.sandbox.world();
        for name in ["grown", "made"] {
            let topic = world.topic(name).unwrap();
            assert_eq!(topic.partitions.len(), 3, "{name}, moment {moment}");
            assert_eq!(topic.config, [], "{name}, moment {moment}");
        }
        assert!(world.topic("old").is_none());
        let workers = site.workers.world();
        assert_eq!(
            workers.connectors()["copy"].state,
            RunState::Running,
            "moment {moment}"
        );
        let registry = site.registry.world();
        assert_eq!(
            registry.subjects()["made-value"].level,
            None,
            "moment {moment}"
        );
        if !died {
            assert!(moment > 15, "a pass has more moments than {moment}");
            return;
        }
    }
    panic!("a pass has fewer moments than {MOMENTS}");
}
