//! What is measured, and in which order: parsing alone, growth from 1,000 to 5,000 topics, the bare creation, and then the
//! daemon from nothing to 10,000 topics with everything that is asked of it there.

use std::{collections::BTreeMap, path::Path, time::Duration};

use headgate::{
    desired as state,
    ledger::Store,
    live::{Live, Observed},
    model::{ClusterName, Kind, TopicName},
    plan,
    policy::Policies,
    ports::{Ask, KafkaPlane},
};
use tokio::time::{Instant, sleep};

use crate::{
    Failure, Options,
    daemon::Daemon,
    desired, estate,
    machine::Machine,
    placement, planes,
    repo::Repo,
    stage::Stage,
    table::{Figures, Growth, Phases, Reach, Row, say},
};

/// Passes that are measured, each beside a bare observation; the middle one counts.
pub(crate) const ROUNDS: usize = 7;

/// Times that the documents are parsed, that replicas are placed, and that a topic is added.
pub(crate) const REPEATS: usize = 5;

/// Pause between two questions over HTTP.
const ASKING: Duration = Duration::from_millis(5);

/// Runs everything that is wanted.
pub(crate) async fn all(options: &Options) -> Result<Figures, Failure> {
    let mut figures = Figures {
        topics: options.topics(),
        machine: Machine::read(),
        kafka: headgate::lab::KafkaVersion::NEWEST.to_string(),
        rows: Vec::new(),
        phases: Vec::new(),
        growth: Vec::new(),
    };
    if options.wants("parse") {
        say("parsing");
        figures.rows.push(parse(options.topics()));
    }
    if options.wants("placement") {
        say("placing");
        figures.rows.push(placement::row());
    }
    if options.wants("growth") {
        growth(options, &mut figures).await?;
    }
    let bare = match options.wants("create") {
        true => Some(bare_creation(options.topics()).await?),
        false => None,
    };
    if options.wants("planes") {
        figures.rows.extend(planes::rows(options).await?);
    }
    if options.wants("acls") {
        figures.rows.push(estate::acls(options).await?);
    }
    if options.wants("estate") {
        estate::whole(options, &mut figures).await?;
    }
    if ["create", "add", "pass", "memory", "http", "growth"]
        .iter()
        .any(|part| options.wants(part))
    {
        whole(options, bare, &mut figures).await?;
    }
    Ok(figures)
}

/// Parses and validates all documents, in this process.
fn parse(topics: usize) -> Row {
    let files = desired::source(topics);
    let once = || {
        let began = Instant::now();
        let loaded = state::load(&files);
        let took = began.elapsed();
        assert!(loaded.is_valid(), "{:?}", loaded.findings.first());
        took
    };
    let reach = Reach::Below(0.4);
    Row::new(
        "parse + validate the documents",
        median((0..REPEATS).map(|_| once()).collect()),
        None,
        reach,
    )
}

/// Creates all topics by bare requests, on brokers of their own.
async fn bare_creation(topics: usize) -> Result<Duration, Failure> {
    say("three fresh brokers: topics made by bare requests");
    let stage = Stage::up().await?;
    stage.create(desired::new_topics(topics)?).await
}

/// Lets one cluster grow, and measures at each size.
async fn growth(options: &Options, figures: &mut Figures) -> Result<(), Failure> {
    let sizes: &[usize] = match options.quick {
        true => &[200, 500],
        false => &[1_000, 2_000, 5_000],
    };
    say("three fresh brokers: growth");
    let stage = Stage::up().await?;
    let folder = tempfile::tempdir()?;
    let repo = Repo::make(&folder.path().join("repo"))?;
    let (mut daemon, mut commit) = (None, String::new());
    for &size in sizes {
        say(&format!("{size} topics"));
        (commit, _) = repo.commit(&desired::files(size))?;
        let daemon = match &daemon {
            Some(daemon) => daemon,
            None => daemon.insert(start(&stage, folder.path())?),
        };
        daemon.converged(&commit).await?;
        let quiet = Quiet::measure(&stage, daemon, size).await?;
        figures.growth.push(quiet.growth(size));
        daemon.resume()?;
    }
    match daemon {
        Some(daemon) => daemon.stop().await,
        None => Err(format!("no size was measured, {commit}").into()),
    }
}

fn start(stage: &Stage, folder: &Path) -> Result<Daemon, Failure> {
    Daemon::start(stage, &folder.join("repo"), &folder.join("daemon"))
}

/// Everything that is measured on all topics, with one daemon.
async fn whole(
    options: &Options,
    bare: Option<Duration>,
    figures: &mut Figures,
) -> Result<(), Failure> {
    let topics = options.topics();
    say("three fresh brokers: topics made by the daemon");
    let stage = Stage::up().await?;
    let folder = tempfile::tempdir()?;
    let repo = Repo::make(&folder.path().join("repo"))?;
    let (commit, _) = repo.commit(&desired::files(topics))?;
    let began = Instant::now();
    let daemon = start(&stage, folder.path())?;
    let took = daemon.converged(&commit).await?.duration_since(began);
    figures
        .phases
        .push(("nothing to converged".to_owned(), daemon.phases().await?));
    if let Some(bare) = bare {
        figures.rows.push(Row::new(
            "from nothing to converged",
            took,
            Some(bare),
            Reach::Times(1.5),
        ));
    }
    let quiet = Quiet::measure(&stage, &daemon, topics).await?;
    let mut there = topics;
    if options.wants("add") {
        let (row, phases) = add(&stage, &daemon, &repo, &mut there, quiet.bare).await?;
        figures.rows.push(row);
        figures.phases.push(("one topic added".to_owned(), phases));
    }
    if options.wants("pass") {
        figures.rows.extend(quiet.rows());
        figures.rows.push(plan_alone(&stage, &daemon, there).await?);
    }
    if options.wants("http") {
        figures.rows.extend(http(&daemon).await?);
    }
    if options.wants("memory") {
        figures.rows.push(Row::memory(
            "daemon's peak memory (VmHWM) in all of this",
            daemon.peak_memory()?,
            Some(100_000_000),
        ));
        figures.rows.push(Row::new(
            "daemon's own CPU for a no-change pass",
            quiet.cpu,
            None,
            Reach::Below(0.7),
        ));
    }
    figures.growth.push(quiet.growth(topics));
    figures
        .phases
        .push(("no-change pass".to_owned(), quiet.phases));
    daemon.stop().await
}

/// Passes without a change, each beside a bare observation.
struct Quiet {
    bare: Duration,
    pass: Duration,
    cpu: Duration,
    plan: Duration,
    phases: Phases,
}

impl Quiet {
    async fn measure(stage: &Stage, daemon: &Daemon, topics: usize) -> Result<Self, Failure> {
        daemon.settle().await?;
        stage.rest().await?;
        // once unmeasured: the brokers' JVM has not compiled what answers, and the pass is the first one after a rest
        stage.observe(topics).await?;
        daemon.pass().await?;
        daemon.resume()?;
        let before = daemon.phases().await?;
        daemon.settle().await?;
        let mut bare = Vec::new();
        let mut passes = Vec::new();
        for _ in 0..ROUNDS {
            bare.push(stage.observe(topics).await?);
            passes.push(daemon.pass().await?);
        }
        daemon.resume()?;
        let after = daemon.phases().await?;
        // settle's pass is among them
        let phases = spent(&before, after, ROUNDS + 1);
        let plan = phases.iter().find(|(phase, _)| phase == "plan");
        Ok(Self {
            bare: median(bare),
            cpu: median(passes.iter().map(|p| p.cpu).collect()),
            pass: median(passes.into_iter().map(|p| p.took).collect()),
            plan: Duration::from_secs_f64(plan.map_or(0.0, |(_, seconds)| *seconds)),
            phases,
        })
    }

    fn rows(&self) -> [Row; 2] {
        [
            Row::new(
                "no-change pass",
                self.pass,
                Some(self.bare),
                Reach::Times(1.2),
            ),
            Row::new("of which plan()", self.plan, None, Reach::Below(0.05)),
        ]
    }

    fn growth(&self, topics: usize) -> Growth {
        Growth {
            topics,
            bare: self.bare,
            pass: self.pass,
            plan: self.plan,
            cpu: self.cpu,
        }
    }
}

/// Adds topics one by one: from the commit to seeing it in place.
async fn add(
    stage: &Stage,
    daemon: &Daemon,
    repo: &Repo,
    there: &mut usize,
    bare: Duration,
) -> Result<(Row, Phases), Failure> {
    let (mut times, mut phases) = (Vec::new(), Vec::new());
    for _ in 0..REPEATS {
        // right behind a pass, so that the commit and not the timer begins the next one
        daemon.next().await?;
        let before = daemon.phases().await?;
        let (commit, began) = repo.commit(&[desired::file_up_to(*there)])?;
        times.push(daemon.converged(&commit).await?.duration_since(began));
        phases = spent(&before, daemon.phases().await?, 1);
        *there += 1;
    }
    daemon.settle().await?;
    stage.observe(*there).await?;
    let row = Row::new(
        "one topic added: commit to converged",
        median(times),
        Some(bare),
        Reach::TimesAnd(1.5, 1.0),
    );
    Ok((row, phases))
}

/// Plans in this process, from an observation, the documents and the daemon's own ledger.
async fn plan_alone(stage: &Stage, daemon: &Daemon, topics: usize) -> Result<Row, Failure> {
    let loaded = state::load(&desired::source(topics));
    let desired = loaded
        .desired
        .clusters
        .values()
        .next()
        .ok_or("the documents declare no cluster")?;
    let store = Store::open_read_only(&daemon.ledger)?.ok_or("the daemon has no ledger")?;
    let ledger = store.load(&ClusterName::new(desired::CLUSTER)?)?;
    let names: Vec<TopicName> = desired.topics.keys().cloned().collect();
    let ask = Ask {
        kinds: [Kind::Topic].into(),
        topics: names,
        ..Ask::default()
    };
    let kafka: Observed<_> = stage.client.observe(&ask).await;
    let policies = Policies::default();
    let observed_at = headgate::daemon::clock::now();
    let live = Live {
        observed_at,
        kafka,
        registry: None,
        connect: None,
        secrets: BTreeMap::new(),
    };
    let once = || {
        let began = Instant::now();
        let planned = plan::plan(desired, &live, &ledger, &policies, observed_at);
        let took = began.elapsed();
        assert!(planned.actions.is_empty() && planned.drift.is_empty());
        took
    };
    Ok(Row::new(
        "plan() alone, in this process",
        median((0..REPEATS).map(|_| once()).collect()),
        None,
        Reach::Below(0.05),
    ))
}

/// Asks for pages while passes run.
async fn http(daemon: &Daemon) -> Result<Vec<Row>, Failure> {
    let pages = [
        ("status", "/api/v1/status".to_owned()),
        (
            "100 topics",
            format!("/api/v1/clusters/{}/topics", desired::CLUSTER),
        ),
        (
            "1,000 topics",
            format!("/api/v1/clusters/{}/topics?limit=1000", desired::CLUSTER),
        ),
    ];
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        daemon.settle().await?;
        daemon.resume()?;
        let passing = daemon.next();
        let asking = async {
            loop {
                for ((_, path), times) in pages.iter().zip(&mut times) {
                    let began = Instant::now();
                    daemon.get(path).await?;
                    times.push(began.elapsed());
                    sleep(ASKING).await;
                }
            }
        };
        tokio::select! {
            passed = passing => { passed?; }
            failed = asking => { return failed; }
        }
    }
    let row = |((what, _), times): (&(&str, String), Vec<Duration>)| {
        let what = format!("HTTP during a pass: {what}, p99 of {}", times.len());
        Row::new(&what, percentile(times, 99), None, Reach::Below(0.05))
    };
    Ok(pages.iter().zip(times).map(row).collect())
}

/// Returns what each phase took since `before`, by pass.
pub(crate) fn spent(before: &[(String, f64)], after: Phases, passes: usize) -> Phases {
    let since = |(phase, seconds): (String, f64)| {
        let was = before.iter().find(|(p, _)| *p == phase);
        let seconds = (seconds - was.map_or(0.0, |(_, s)| *s)) / passes as f64;
        (phase, seconds)
    };
    after.into_iter().map(since).collect()
}

pub(crate) fn median(times: Vec<Duration>) -> Duration {
    percentile(times, 50)
}

fn percentile(mut times: Vec<Duration>, percent: usize) -> Duration {
    times.sort_unstable();
    let last = times.len().saturating_sub(1);
    times
        .get(last.min(times.len() * percent / 100))
        .copied()
        .unwrap_or_default()
}
