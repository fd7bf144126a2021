//! The figures as text: a table on stdout, and docs/BENCHMARKS.md from the same run.

use std::{fmt::Write as _, path::Path, time::Duration};

use headgate::report::Phase;

use crate::{Failure, machine::Machine, repo};

/// Everything that one run measured.
pub(crate) struct Figures {
    pub(crate) topics: usize,
    pub(crate) machine: Machine,
    pub(crate) kafka: String,
    pub(crate) rows: Vec<Row>,
    /// Of some work the seconds by phase.
    pub(crate) phases: Vec<(String, Phases)>,
    pub(crate) growth: Vec<Growth>,
}

/// Seconds by phase.
pub(crate) type Phases = Vec<(String, f64)>;

/// What is to be reached.
pub(crate) enum Reach {
    /// At most so many times the bare requests.
    Times(f64),
    /// At most so many times the bare requests and some seconds.
    TimesAnd(f64, f64),
    /// Below it, in the row's own unit.
    Below(f64),
    /// Nothing: it is told for what it says beside another row.
    Told,
}

/// One figure.
pub(crate) struct Row {
    what: String,
    unit: Unit,
    measured: f64,
    bare: Option<f64>,
    reach: Reach,
}

enum Unit {
    Seconds,
    Bytes,
}

/// The figures at one size.
pub(crate) struct Growth {
    pub(crate) topics: usize,
    pub(crate) bare: Duration,
    pub(crate) pass: Duration,
    pub(crate) plan: Duration,
    pub(crate) cpu: Duration,
}

impl Row {
    pub(crate) fn new(what: &str, took: Duration, bare: Option<Duration>, reach: Reach) -> Self {
        Self {
            what: what.to_owned(),
            unit: Unit::Seconds,
            measured: took.as_secs_f64(),
            bare: bare.map(|b| b.as_secs_f64()),
            reach,
        }
    }

    pub(crate) fn memory(what: &str, bytes: u64, below: Option<u64>) -> Self {
        Self {
            what: what.to_owned(),
            unit: Unit::Bytes,
            measured: bytes as f64,
            bare: None,
            reach: below.map_or(Reach::Told, |below| Reach::Below(below as f64)),
        }
    }

    fn figure(&self, value: f64) -> String {
        match self.unit {
            Unit::Bytes => format!("{:.0} MB", value / 1e6),
            Unit::Seconds if value < 0.1 => format!("{:.1} ms", value * 1e3),
            Unit::Seconds => format!("{value:.2} s"),
        }
    }

    /// The most that is allowed; `None` where the bare row is missing.
    fn limit(&self) -> Option<f64> {
        match self.reach {
            Reach::Times(times) => self.bare.map(|b| b * times),
            Reach::TimesAnd(times, more) => self.bare.map(|b| b * times + more),
            Reach::Below(limit) => Some(limit),
            Reach::Told => None,
        }
    }

    fn cells(&self) -> [String; 6] {
        let reach = match self.reach {
            Reach::Times(times) => format!("≤ {times} × bare"),
            Reach::TimesAnd(times, more) => format!("≤ {times} × bare + {more} s"),
            Reach::Below(limit) => format!("< {}", self.figure(limit)),
            Reach::Told => String::new(),
        };
        let verdict = match self.limit() {
            Some(limit) if self.measured <= limit => "ok",
            Some(_) => "MISSED",
            None => "",
        };
        [
            self.what.clone(),
            self.figure(self.measured),
            self.bare.map(|b| self.figure(b)).unwrap_or_default(),
            self.bare
                .map(|b| format!("{:.2}", self.measured / b))
                .unwrap_or_default(),
            reach,
            verdict.to_owned(),
        ]
    }
}

impl Figures {
    fn targets(&self) -> String {
        let head = ["", "measured", "bare", "ratio", "to reach", ""].map(str::to_owned);
        table(&head, self.rows.iter().map(|r| r.cells().to_vec()))
    }

    fn growth(&self) -> String {
        let ms = |d: Duration| format!("{:.1} ms", d.as_secs_f64() * 1e3);
        let head = [
            "topics",
            "bare observation",
            "no-change pass",
            "ratio",
            "planning",
            "CPU",
        ];
        let row = |g: &Growth| {
            let ratio = g.pass.as_secs_f64() / g.bare.as_secs_f64();
            vec![
                g.topics.to_string(),
                ms(g.bare),
                ms(g.pass),
                format!("{ratio:.2}"),
                ms(g.plan),
                ms(g.cpu),
            ]
        };
        table(&head.map(str::to_owned), self.growth.iter().map(row))
    }

    fn phases(&self) -> String {
        let names = Phase::ALL.map(Phase::as_str);
        let mut head = vec!["seconds".to_owned()];
        head.extend(names.map(str::to_owned));
        let row = |(work, phases): &(String, Phases)| {
            let mut cells = vec![work.clone()];
            cells.extend(names.iter().map(|name| {
                let found = phases.iter().find(|(n, _)| n == name);
                found.map_or(String::new(), |(_, s)| format!("{s:.3}"))
            }));
            cells
        };
        table(&head, self.phases.iter().map(row))
    }

    fn all(&self) -> String {
        let mut text = format!(
            "{} topics × 3 partitions × 3 keys, replication factor 1; Apache Kafka {} on three brokers, data in memory if \
             there is room.\n{}\n\n{}",
            self.topics,
            self.kafka,
            self.machine,
            self.targets()
        );
        if !self.growth.is_empty() {
            let _ = write!(text, "\n## Growth\n\n{}", self.growth());
        }
        if !self.phases.is_empty() {
            let _ = write!(
                text,
                "\n## Where the time goes (`headgate_reconcile_phase_duration_seconds`)\n\n{}",
                self.phases()
            );
        }
        text
    }
}

/// Aligns cells under a head, as Markdown does it.
fn table(head: &[String], rows: impl Iterator<Item = Vec<String>>) -> String {
    let rows: Vec<Vec<String>> = std::iter::once(head.to_vec()).chain(rows).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        for (column, cell) in row.iter().enumerate() {
            let _ = write!(text, "| {cell:<0$} ", width(column));
        }
        text.push_str("|\n");
        if index == 0 {
            for column in 0..row.len() {
                let _ = write!(text, "|{}", "-".repeat(width(column) + 2));
            }
            text.push_str("|\n");
        }
    }
    text
}

/// Prints the tables.
pub(crate) fn print(figures: &Figures) {
    #[expect(clippy::print_stdout, reason = "the table is what a bench is for")]
    {
        println!("{}", figures.all());
    }
}

/// Tells a person what goes on.
#[expect(clippy::print_stderr, reason = "a bench runs for minutes")]
pub(crate) fn say(what: &str) {
    eprintln!("{what}");
}

/// What stands above the figures in the file.
const HEAD: &str = "# Figures

Written by `BENCH_WRITE=1 make bench`. \"Bare\" is the same requests sent by the same client in the same run, the answers
decoded and thrown away: machines differ, so speed is told as a ratio. Passes and bare observations take turns, the daemon
is halted while the bare requests run, and the middle one of several counts. A load of the machine by others makes ratios
worse than they are. Connect and the registry are doubles that take 40 ms for the list of connectors and 3 ms for each answer
about a subject; a whole estate is 10,000 topics, 50,000 ACLs and 1,000 users with connectors and subjects beside them.

";

/// Writes docs/BENCHMARKS.md.
pub(crate) fn write(figures: &Figures) -> Result<(), Failure> {
    #[expect(clippy::disallowed_methods, reason = "the file tells the day")]
    let date = jiff::Timestamp::now().strftime("%Y-%m-%d");
    let text = format!("{HEAD}Measured on {date}: {}", figures.all());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/BENCHMARKS.md");
    repo::write(&path, &text)
}
