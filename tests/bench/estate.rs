//! A whole estate: topics, tens of thousands of ACLs and a thousand users under one daemon, and then connectors and subjects
//! beside them.

use std::{path::Path, process::Stdio, time::Duration};

use headgate::{
    kafka::bare,
    model::{Acl, AclOperation, AclParts, AclPattern, AclPermission, AclResource},
    ports::{Batch, KafkaPlane, Outcome},
};
use tokio::{
    process::Command,
    time::{Instant, sleep},
};

use crate::{
    Failure, Options,
    daemon::Daemon,
    desired::{self, CLUSTER},
    double::Double,
    measure::{REPEATS, ROUNDS, median, spent},
    planes::{self, Beside},
    repo::{Repo, write},
    stage::Stage,
    table::{Figures, Phases, Reach, Row, say},
};

/// Users of an estate; each has credentials and the same number of ACLs.
const USERS: usize = 1_000;

/// ACLs that a user has at most, so that a larger estate holds all of a smaller one.
const MOST: usize = 80;

/// The pause between two looks at what is not seen yet; Headgate's own first one.
const PAUSE: Duration = Duration::from_millis(20);

/// How many objects an estate has.
struct Size {
    topics: usize,
    users: usize,
    acls: usize,
}

impl Size {
    fn of(options: &Options, acls: usize) -> Self {
        let share = if options.quick { 10 } else { 1 };
        Self {
            topics: options.topics(),
            users: USERS / share,
            acls: acls / share,
        }
    }

    fn files(&self) -> Vec<(String, String)> {
        let mut files = desired::files(self.topics);
        files.extend((0..self.users).map(|user| self.user(user, 0)));
        files
    }

    /// The document of a user, with some ACLs more than its share.
    fn user(&self, user: usize, more: usize) -> (String, String) {
        let own = self.acls / self.users + more;
        let mut text = format!(
            "apiVersion: headgate.dev/v1\nkind: User\nmetadata: {{name: user-{user:04}}}\nspec:\n  scram: {{mechanism: \
             SCRAM-SHA-512, passwordFrom: {{secret: user-{user:04}}}}}\n  acls:\n"
        );
        for n in 0..own {
            let topic = desired::name((user * MOST + n) % self.topics.max(1));
            text.push_str(&format!(
                "    - {{resource: {{type: topic, name: {topic}}}, operations: [Read]}}\n"
            ));
        }
        (
            format!("desired-state/{CLUSTER}/users/user-{user:04}.yaml"),
            text,
        )
    }

    fn secrets(&self, folder: &Path) -> Result<(), Failure> {
        (0..self.users).try_for_each(|user| {
            let name = folder.join("secrets").join(format!("user-{user:04}"));
            write(&name, &format!("password of user {user}"))
        })
    }
}

/// Measures everything about an estate.
pub(crate) async fn whole(options: &Options, figures: &mut Figures) -> Result<(), Failure> {
    let size = Size::of(options, 50_000);
    say(&format!(
        "three fresh brokers: {} topics, {} ACLs, {} users",
        size.topics, size.acls, size.users
    ));
    let stage = Stage::up().await?;
    let folder = tempfile::tempdir()?;
    size.secrets(&folder.path().join("daemon"))?;
    let repo = Repo::make(&folder.path().join("repo"))?;
    let (commit, _) = repo.commit(&size.files())?;
    let daemon = Daemon::start(
        &stage,
        &folder.path().join("repo"),
        &folder.path().join("daemon"),
    )?;
    daemon.converged(&commit).await?;
    figures.rows.extend(quiet(&stage, &daemon, &size).await?);
    figures
        .rows
        .push(peak("the pass that made all of it", None, &daemon)?);
    daemon.stop().await?;
    let daemon = Daemon::start(
        &stage,
        &folder.path().join("repo"),
        &folder.path().join("daemon"),
    )?;
    for _ in 0..ROUNDS {
        daemon.next().await?;
    }
    figures
        .rows
        .push(peak("no-change passes", Some(150_000_000), &daemon)?);
    figures
        .rows
        .push(import(&stage, &daemon, folder.path(), &size).await?);
    daemon.stop().await?;
    figures
        .rows
        .extend(with_planes(options, &stage, folder.path(), &size).await?);
    let daemon = Daemon::start(
        &stage,
        &folder.path().join("repo"),
        &folder.path().join("daemon"),
    )?;
    daemon.converged(&commit).await?;
    figures
        .rows
        .push(one_more(options, &stage, &daemon, &repo).await?);
    daemon.stop().await
}

fn peak(of: &str, below: Option<u64>, daemon: &Daemon) -> Result<Row, Failure> {
    let (what, peak) = (
        format!("the same: peak memory (VmHWM), {of}"),
        daemon.peak_memory()?,
    );
    say(&format!("{what}: {} MB", peak / 1_000_000));
    Ok(Row::memory(&what, peak, below))
}

/// Passes without a change, each beside a bare observation.
async fn quiet(stage: &Stage, daemon: &Daemon, size: &Size) -> Result<[Row; 2], Failure> {
    daemon.settle().await?;
    stage.rest().await?;
    observe(stage, size).await?;
    daemon.pass().await?;
    daemon.resume()?;
    let before = daemon.phases().await?;
    daemon.settle().await?;
    let (mut bare, mut passes) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare.push(observe(stage, size).await?);
        passes.push(daemon.pass().await?.took);
    }
    daemon.resume()?;
    let phases = spent(&before, daemon.phases().await?, ROUNDS + 1);
    let plan = phases.iter().find(|(phase, _)| phase == "plan");
    let plan = Duration::from_secs_f64(plan.map_or(0.0, |(_, seconds)| *seconds));
    let what = format!(
        "no-change pass: {} topics, {} ACLs, {} users",
        size.topics, size.acls, size.users
    );
    Ok([
        Row::new(&what, median(passes), Some(median(bare)), Reach::Times(1.2)),
        Row::new("the same: of which plan()", plan, None, Reach::Below(0.1)),
    ])
}

async fn observe(stage: &Stage, size: &Size) -> Result<Duration, Failure> {
    let began = Instant::now();
    let listed = bare::read_estate(&stage.client).await?;
    let took = began.elapsed();
    match listed == (size.topics, size.acls) {
        true => Ok(took),
        false => Err(format!("the broker lists {listed:?} topics and ACLs").into()),
    }
}

/// The same estate with connectors and subjects beside it: planes are observed side by side, so that a pass takes what the
/// slowest of them does. The daemon's folder is copied, as ledger and documents stay without them for what comes after.
async fn with_planes(
    options: &Options,
    stage: &Stage,
    folder: &Path,
    size: &Size,
) -> Result<Vec<Row>, Failure> {
    let beside = Beside::of(options);
    say(&format!(
        "the same with {} connectors and {} subjects",
        beside.connectors, beside.subjects
    ));
    let (at, repo) = (folder.join("whole"), folder.join("whole-repo"));
    size.secrets(&at)?;
    // the key of its fingerprints beside it, and a log where the daemon's end left one
    for file in std::fs::read_dir(folder.join("daemon"))? {
        let file = file?;
        if file.file_name().to_string_lossy().starts_with("ledger.db") {
            std::fs::copy(file.path(), at.join(file.file_name()))?;
        }
    }
    let mut files = size.files();
    files.extend(beside.files());
    let (commit, _) = Repo::make(&repo)?.commit(&files)?;
    let connect = Double::connect(beside.connectors, stage.kafka.cluster_id()).await?;
    let registry = Double::registry(beside.subjects).await?;
    let yaml = planes::connect_yaml(&connect) + &planes::registry_yaml(&registry);
    let daemon = Daemon::start_with(stage, &repo, &at, &yaml)?;
    daemon.converged(&commit).await?;
    daemon.settle().await?;
    stage.rest().await?;
    daemon.resume()?;
    daemon.next().await?;
    let before = daemon.observations().await?;
    let mut passes = Duration::ZERO;
    for _ in 0..ROUNDS {
        passes += daemon.next().await?;
    }
    let each = means(&before, daemon.observations().await?);
    if each.len() != 3 {
        return Err(format!("not all planes were observed: {each:?}").into());
    }
    let slowest = each.iter().map(|(_, took)| *took).max();
    let what = format!(
        "whole estate, no-change pass: with {} connectors, {} subjects; bare: the slowest plane's observation",
        beside.connectors, beside.subjects
    );
    let pass = passes / u32::try_from(ROUNDS)?;
    let mut rows = vec![Row::new(&what, pass, slowest, Reach::Times(1.1))];
    rows.extend(each.iter().map(|(plane, took)| {
        let what = format!("the same: of which observing {plane}");
        Row::new(&what, *took, None, Reach::Told)
    }));
    rows.push(peak("whole estate", Some(200_000_000), &daemon)?);
    daemon.stop().await?;
    Ok(rows)
}

/// Returns what each plane's observation took on average since `before`, from counts and sums.
fn means(before: &[Phases; 2], after: [Phases; 2]) -> Vec<(String, Duration)> {
    let [counts, sums] = after;
    let since = |before: &Phases, plane: &str, now: f64| {
        let was = before.iter().find(|(p, _)| p == plane);
        now - was.map_or(0.0, |(_, n)| *n)
    };
    let each = counts.into_iter().zip(sums);
    let each = each.map(|((plane, count), (_, sum))| {
        let count = since(&before[0], &plane, count).max(1.0);
        let took = since(&before[1], &plane, sum) / count;
        (plane, Duration::from_secs_f64(took.max(0.0)))
    });
    each.collect()
}

/// Brings the ACLs to 80,000, and adds one at a time: from the commit to seeing it in place.
async fn one_more(
    options: &Options,
    stage: &Stage,
    daemon: &Daemon,
    repo: &Repo,
) -> Result<Row, Failure> {
    let mut size = Size::of(options, 80_000);
    let (commit, _) = repo.commit(&size.files())?;
    daemon.converged(&commit).await?;
    daemon.settle().await?;
    stage.rest().await?;
    observe(stage, &size).await?;
    let bare = observe(stage, &size).await?;
    daemon.resume()?;
    let mut times = Vec::new();
    for user in 0..REPEATS {
        // right behind a pass, so that the commit and not the timer begins the next one
        daemon.next().await?;
        let before = size.acls;
        let (path, text) = size.user(user, 0);
        let more =
            format!("{text}    - {{resource: {{type: group, name: more}}, operations: [Read]}}\n");
        let (commit, began) = repo.commit(&[(path, more)])?;
        times.push(daemon.converged(&commit).await?.duration_since(began));
        size.acls = before;
    }
    let what = format!("one ACL added to {}: commit to converged", size.acls);
    let reach = Reach::TimesAnd(1.5, 1.0);
    Ok(Row::new(&what, median(times), Some(bare), reach))
}

/// ACLs from nothing, bare and by the daemon, each time on brokers that hold nothing else.
pub(crate) async fn acls(options: &Options) -> Result<Row, Failure> {
    let count = if options.quick { 500 } else { 5_000 };
    let (mut bare, mut times) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        say(&format!(
            "three fresh brokers: {count} ACLs from nothing, {round} of {ROUNDS}"
        ));
        let (one, took) = from_nothing(count).await?;
        bare.push(one);
        times.push(took);
    }
    let what = format!("{count} ACLs from nothing: commit to converged");
    let reach = Reach::Times(1.5);
    Ok(Row::new(&what, median(times), Some(median(bare)), reach))
}

/// Makes ACLs bare, and as many by the daemon; returns how long each took.
async fn from_nothing(count: usize) -> Result<(Duration, Duration), Failure> {
    let stage = Stage::up().await?;
    let acls = |principal: &str| -> Vec<Acl> {
        let one = |n: usize| {
            Acl::new(&AclParts {
                principal,
                host: "*",
                permission: AclPermission::ALLOW,
                operation: AclOperation::READ,
                resource: AclResource::TOPIC,
                pattern: AclPattern::LITERAL,
                name: &desired::name(n),
            })
        };
        (0..count).map(one).collect()
    };
    let began = Instant::now();
    bare::read_acls(&stage.client).await?;
    let outcomes = stage
        .client
        .write(Batch::CreateAcls(acls("User:bare")))
        .await;
    if let Some(other) = outcomes.iter().find(|o| **o != Outcome::Applied) {
        return Err(format!("an ACL was not made: {other:?}").into());
    }
    while bare::read_acls(&stage.client).await? < count {
        sleep(PAUSE).await;
    }
    let bare = began.elapsed();
    let folder = tempfile::tempdir()?;
    let repo = Repo::make(&folder.path().join("repo"))?;
    let (commit, _) = repo.commit(&desired::files(0))?;
    let daemon = Daemon::start(
        &stage,
        &folder.path().join("repo"),
        &folder.path().join("daemon"),
    )?;
    daemon.converged(&commit).await?;
    let mut text = "apiVersion: headgate.dev/v1\nkind: Acl\nmetadata: {name: all}\nspec:\n  principal: User:all\n  acls:\n".to_owned();
    for n in 0..count {
        let topic = desired::name(n);
        text.push_str(&format!(
            "    - {{resource: {{type: topic, name: {topic}}}, operations: [Read]}}\n"
        ));
    }
    daemon.next().await?;
    let (commit, began) = repo.commit(&[(format!("desired-state/{CLUSTER}/acls.yaml"), text)])?;
    let took = daemon.converged(&commit).await?.duration_since(began);
    daemon.stop().await?;
    Ok((bare, took))
}

/// Writes the estate as documents, by the command that people use.
async fn import(
    stage: &Stage,
    daemon: &Daemon,
    folder: &Path,
    size: &Size,
) -> Result<Row, Failure> {
    daemon.settle().await?;
    stage.rest().await?;
    let (mut bare, mut times) = (Vec::new(), Vec::new());
    for n in 0..REPEATS {
        bare.push(observe(stage, size).await?);
        let began = Instant::now();
        let done = Command::new(env!("CARGO_BIN_EXE_headgate"))
            .args(["import", "--cluster", CLUSTER, "--config"])
            .arg(folder.join("daemon/headgate.yaml"))
            .arg("-o")
            .arg(folder.join(format!("import-{n}")))
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .status()
            .await?;
        times.push(began.elapsed());
        if !done.success() {
            return Err(format!("import ended with {done}").into());
        }
    }
    daemon.resume()?;
    let what = format!("import of {} topics and {} ACLs", size.topics, size.acls);
    let reach = Reach::TimesAnd(1.5, 2.0);
    Ok(Row::new(&what, median(times), Some(median(bare)), reach))
}
