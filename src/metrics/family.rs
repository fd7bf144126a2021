//! Families of series with closed label sets (rank 6): which label has which values, so that every combination that
//! is known beforehand can be started at 0, and forgotten when its cluster leaves.

use prometheus::{
    GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry,
    core::{MetricVec, MetricVecBuilder},
};

use crate::{
    model::{DriftClass, Gate, Kind, Plane, ResolvedBy, Risk, Verb},
    plan::End,
    report::{BrokerState, ConnectState, PartitionState, PassResult, Phase},
};

/// Prefix of every name.
const NAMESPACE: &str = "headgate";

/// A label. None but `Group` takes its values from objects, so the number of series does not depend on their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    /// Configured clusters.
    Cluster,
    /// The configured repository.
    Repo,
    /// A commit; one series at a time for each combination of the other labels.
    Revision,
    /// The version of this build.
    Version,
    Kind,
    Plane,
    Owner,
    Class,
    By,
    Risk,
    Action,
    Gate,
    /// Of an action.
    ActionResult,
    /// Of a pass.
    PassResult,
    /// Of a fetch.
    FetchResult,
    Phase,
    Stage,
    /// Why a revision was rejected.
    Reason,
    /// Of a broker.
    BrokerState,
    /// Of a partition.
    PartitionState,
    /// Groups that a document asks to be watched.
    Group,
    /// Connect clusters that `headgate.yaml` names.
    Connect,
    /// Of a connector or one of its tasks.
    ConnectState,
}

impl Label {
    fn name(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Repo => "repo",
            Self::Revision => "revision",
            Self::Version => "version",
            Self::Kind => "kind",
            Self::Plane => "plane",
            Self::Owner => "owner",
            Self::Class => "class",
            Self::By => "by",
            Self::Risk => "risk",
            Self::Action => "action",
            Self::Gate => "gate",
            Self::ActionResult | Self::PassResult | Self::FetchResult => "result",
            Self::Phase => "phase",
            Self::Stage => "stage",
            Self::Reason => "reason",
            Self::BrokerState | Self::PartitionState | Self::ConnectState => "state",
            Self::Group => "group",
            Self::Connect => "connect",
        }
    }

    /// Returns the values that are known beforehand; none for those that come with configuration or git.
    fn values(self) -> Vec<&'static str> {
        match self {
            Self::Cluster | Self::Repo | Self::Revision => Vec::new(),
            Self::Version | Self::Group | Self::Connect => Vec::new(),
            Self::Kind => Kind::ALL.iter().map(|w| w.as_str()).collect(),
            // the other planes come with the first look: at 0, one that a cluster does not have would read as unseen
            Self::Plane => vec![Plane::Kafka.as_str()],
            Self::Owner => vec!["managed", "unmanaged"],
            Self::Class => DriftClass::ALL.iter().map(|w| w.as_str()).collect(),
            Self::By => ResolvedBy::ALL.iter().map(|w| w.as_str()).collect(),
            Self::Risk => Risk::ALL.iter().map(|w| w.as_str()).collect(),
            Self::Action => Verb::ALL.iter().map(|w| w.as_str()).collect(),
            Self::Gate => Gate::ALL.iter().map(|w| w.as_str()).collect(),
            Self::ActionResult => End::LABELS.to_vec(),
            Self::PassResult => PassResult::LABELS.to_vec(),
            Self::FetchResult => vec!["ok", "error"],
            Self::Phase => Phase::ALL.iter().map(|p| p.as_str()).collect(),
            Self::Stage => vec!["seen", "attempted", "applied"],
            Self::BrokerState => BrokerState::ALL.iter().map(|s| s.as_str()).collect(),
            Self::ConnectState => ConnectState::ALL.iter().map(|s| s.as_str()).collect(),
            Self::PartitionState => PartitionState::ALL.iter().map(|s| s.as_str()).collect(),
            Self::Reason => vec!["invalid", Gate::NonFastForward.as_str()],
        }
    }
}

/// Makes and registers families, and starts or forgets their series.
pub(super) struct Families {
    pub(super) registry: Registry,
    all: Vec<Family>,
}

struct Family {
    labels: &'static [Label],
    /// Whether a series exists only while it has something to say.
    sparse: bool,
    series: Box<dyn Series>,
}

trait Series: Send + Sync {
    fn start(&self, values: &[&str]);
    fn forget(&self, values: &[&str]);
}

impl<T: MetricVecBuilder> Series for MetricVec<T> {
    fn start(&self, values: &[&str]) {
        self.with_label_values(values);
    }

    fn forget(&self, values: &[&str]) {
        // a series that never was is as gone as it should be
        let _ = self.remove_label_values(values);
    }
}

impl Families {
    pub(super) fn new() -> Self {
        Self {
            registry: Registry::new(),
            all: Vec::new(),
        }
    }

    pub(super) fn counter(
        &mut self,
        name: &str,
        labels: &'static [Label],
        help: &str,
    ) -> IntCounterVec {
        let made = IntCounterVec::new(opts(name, help), &names(labels));
        self.add(made, labels, false)
    }

    pub(super) fn gauge(&mut self, name: &str, labels: &'static [Label], help: &str) -> GaugeVec {
        let made = GaugeVec::new(opts(name, help), &names(labels));
        self.add(made, labels, false)
    }

    /// Makes a gauge whose series are absent while there is nothing to say.
    pub(super) fn sparse_gauge(
        &mut self,
        name: &str,
        labels: &'static [Label],
        help: &str,
    ) -> GaugeVec {
        let made = GaugeVec::new(opts(name, help), &names(labels));
        self.add(made, labels, true)
    }

    pub(super) fn histogram(
        &mut self,
        name: &str,
        labels: &'static [Label],
        buckets: &[f64],
        help: &str,
    ) -> HistogramVec {
        let opts = HistogramOpts::from(opts(name, help)).buckets(buckets.to_vec());
        let made = HistogramVec::new(opts, &names(labels));
        self.add(made, labels, false)
    }

    fn add<T: MetricVecBuilder + 'static>(
        &mut self,
        made: prometheus::Result<MetricVec<T>>,
        labels: &'static [Label],
        sparse: bool,
    ) -> MetricVec<T> {
        let made = made.expect("names, labels and help are constants that a test has seen");
        self.registry
            .register(Box::new(made.clone()))
            .expect("no name is registered twice");
        self.all.push(Family {
            labels,
            sparse,
            series: Box::new(made.clone()),
        });
        made
    }

    /// Starts the series that need neither cluster nor repository.
    pub(super) fn start_unscoped(&self) {
        let unscoped =
            |f: &&Family| !f.labels.contains(&Label::Cluster) && !f.labels.contains(&Label::Repo);
        for family in self.all.iter().filter(unscoped) {
            for values in combinations(family.labels, None) {
                family.series.start(&values);
            }
        }
    }

    /// Starts every series of one cluster or repository at 0.
    pub(super) fn start(&self, scope: Label, value: &str) {
        let scoped = self.all.iter().filter(|f| f.labels.contains(&scope));
        for family in scoped.filter(|f| !f.sparse) {
            for values in combinations(family.labels, Some((scope, value))) {
                family.series.start(&values);
            }
        }
    }

    /// Removes every series of one cluster or repository.
    pub(super) fn forget(&self, scope: Label, value: &str) {
        for family in self.all.iter().filter(|f| f.labels.contains(&scope)) {
            for values in combinations(family.labels, Some((scope, value))) {
                family.series.forget(&values);
            }
        }
    }
}

fn opts(name: &str, help: &str) -> Opts {
    Opts::new(name, help).namespace(NAMESPACE)
}

fn names(labels: &[Label]) -> Vec<&'static str> {
    labels.iter().map(|l| l.name()).collect()
}

/// Returns every combination of the labels' known values, with one label fixed; none when another is not known.
fn combinations<'a>(labels: &[Label], fixed: Option<(Label, &'a str)>) -> Vec<Vec<&'a str>> {
    let mut combinations = vec![Vec::new()];
    for label in labels {
        let values = match fixed {
            Some((scope, value)) if scope == *label => vec![value],
            _ => label.values(),
        };
        let longer =
            |before: &Vec<&'a str>, value: &&'a str| [before.as_slice(), &[*value]].concat();
        combinations = combinations
            .iter()
            .flat_map(|before| values.iter().map(move |value| longer(before, value)))
            .collect();
    }
    combinations
}
