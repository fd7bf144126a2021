//! Makes requests out of changes: how many metadata records each costs, and what is sent (apply stage, pure).

use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;

use super::{moves, planes::Writes, rest, stage::Stage, step::Step};
use crate::{
    desired::ResetTo,
    live::LiveObject,
    model::{
        Acl, ConfigKey, Plane, QuotaEntity, ScramMechanism, Secret, SecretName, TopicName,
        config_key,
    },
    plan::{Action, KeyTypes, SetField},
    ports::{
        Batch, Credential, KeyChange, MorePartitions, NewTopic, NewValue, OffsetReset, Outcome,
        RefusalClass,
    },
};

/// Records that a deletion is taken to cost: one for the topic and one for each config key on it, which the plan does
/// not hold; topics rarely have more than a handful.
const DELETION: usize = 10;
/// What setting a credential is taken to cost: one record, and a password salted and hashed thousands of times on this
/// side, which takes milliseconds.
const CREDENTIAL: usize = 10;
/// What setting a group's offsets is taken to cost: it makes no metadata record, and a request or two a group.
const OFFSETS: usize = 100;

/// How an item ends of which a request holds no part.
pub(super) const NO_PART: &str = "nothing can be sent for it: the plan's change of it is none that Kafka has a request for; \
     it is the same in each pass, so please report it as an error of Headgate";

/// Returns how many metadata records an action costs in a stage.
pub(super) fn records(stage: Stage, action: &Action) -> usize {
    let fields = stage.set(action).count() + stage.reset(action).count();
    match stage {
        Stage::CreateTopics => 1 + partitions(action) as usize + action.change.config().count(),
        Stage::Grow => stage.set(action).map(added).sum(),
        Stage::Configs | Stage::Quotas | Stage::DropQuotas | Stage::DropConfigs => fields,
        Stage::Credentials | Stage::DropCredentials => CREDENTIAL * fields,
        Stage::Allow | Stage::Deny | Stage::DropAcls => 1,
        Stage::Reassign => 2 * action.change.moves.len(),
        Stage::Elect => action.change.elect.len(),
        Stage::Offsets => OFFSETS,
        Stage::Schemas
        | Stage::Rest
        | Stage::ConnectorOffsets
        | Stage::Connectors
        | Stage::Resume
        | Stage::DropConnectors
        | Stage::DropSubjects => 1,
        Stage::DeleteTopics => DELETION,
    }
}

/// How many partitions a field that sets their number adds.
fn added(field: &SetField) -> usize {
    let number = |text: Option<&str>| text.and_then(|n| n.parse::<usize>().ok()).unwrap_or(0);
    number(Some(&field.to)).saturating_sub(number(field.from.as_deref()))
}

fn partitions(action: &Action) -> u32 {
    let count = action.change.value("partitions");
    count.and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// Splits items into runs whose costs add up to at most `limit`; an item that alone costs more stands alone.
pub(super) fn chunks(
    items: impl IntoIterator<Item = (usize, usize)>,
    limit: usize,
) -> Vec<Vec<usize>> {
    let mut chunks: Vec<Vec<usize>> = Vec::new();
    let mut spent = 0;
    for (item, cost) in items {
        match chunks.last_mut() {
            Some(chunk) if spent + cost <= limit => {
                chunk.push(item);
                spent += cost;
            }
            _ => {
                chunks.push(vec![item]);
                spent = cost;
            }
        }
    }
    chunks
}

/// An item that may be sent: its place in the run, what was seen of its object a moment ago, and the secrets it takes.
pub(super) struct Ready<'a> {
    pub(super) task: usize,
    pub(super) action: &'a Action,
    pub(super) seen: Option<LiveObject>,
    pub(super) secrets: BTreeMap<SecretName, Secret<String>>,
}

/// A request, and whose its parts are: a user has a part for each mechanism.
pub(super) struct Request {
    pub(super) writes: Writes,
    pub(super) parts: Parts,
}

/// The item of the run that each part of a request is of.
pub(super) struct Parts(Vec<usize>);

impl Request {
    /// Makes the request of a stage.
    pub(super) fn new(stage: Stage, items: &[Ready<'_>], types: KeyTypes<'_>) -> Self {
        let mut parts = Vec::with_capacity(items.len());
        let maker = Maker {
            stage,
            items,
            types,
            parts: &mut parts,
        };
        Self {
            writes: maker.writes(),
            parts: Parts(parts),
        }
    }
}

impl Parts {
    /// Returns the items for which anything is sent.
    pub(super) fn items(&self) -> BTreeSet<usize> {
        self.0.iter().copied().collect()
    }

    /// Returns the outcome of each item: that of its worst part. One that may have happened is worse than one that did
    /// not, since only a look can tell of it.
    pub(super) fn outcomes(&self, items: &[usize], answers: Vec<Outcome>) -> Vec<Outcome> {
        let worse = |outcome: &Outcome| match outcome {
            Outcome::Applied => 0,
            Outcome::Refused(refusal) if refusal.class == RefusalClass::AlreadyThere => 1,
            Outcome::Throttled(_) => 2,
            Outcome::Refused(_) => 3,
            Outcome::Unclear(_) => 4,
            Outcome::Unknown(_) => 5,
        };
        let unanswered = || Outcome::Unknown("no answer came for it".to_owned());
        let mut worst: BTreeMap<usize, Outcome> = BTreeMap::new();
        let answers = answers
            .into_iter()
            .chain(std::iter::repeat_with(unanswered));
        for (item, answer) in self.0.iter().copied().zip(answers) {
            match worst.get_mut(&item) {
                Some(known) if worse(known) >= worse(&answer) => {}
                Some(known) => *known = answer,
                None => drop(worst.insert(item, answer)),
            }
        }
        let of = |item: &usize| worst.remove(item).unwrap_or_else(unanswered);
        items.iter().map(of).collect()
    }
}

/// Makes one batch, and keeps account of whose its parts are.
struct Maker<'a, 'b> {
    stage: Stage,
    items: &'a [Ready<'a>],
    types: KeyTypes<'a>,
    parts: &'b mut Vec<usize>,
}

impl Maker<'_, '_> {
    fn writes(self) -> Writes {
        match self.stage.plane() {
            Plane::Kafka => Writes::Kafka(self.batch()),
            Plane::Connect => Writes::Connect(self.each(|m, i| rest::connector(m.stage, i))),
            Plane::Registry => Writes::Registry(self.each(|m, i| rest::subject(m.stage, i))),
        }
    }

    fn batch(self) -> Batch {
        match self.stage {
            Stage::CreateTopics => Batch::CreateTopics(self.each(|m, i| [m.new_topic(i)])),
            Stage::Grow => Batch::AddPartitions(self.each(|m, i| [m.more_partitions(i)])),
            Stage::Configs | Stage::DropConfigs => {
                Batch::AlterConfigs(self.each(|m, i| [(i.action.object.clone(), m.alterations(i))]))
            }
            Stage::Reassign => Batch::Reassign(self.each(|_, i| moves::reassignments(i.action))),
            Stage::Elect => Batch::ElectLeaders(self.each(|_, i| moves::elections(i.action))),
            Stage::Quotas | Stage::DropQuotas => Batch::AlterQuotas(self.each(|m, i| {
                let entity = QuotaEntity::parse(&i.action.object.name)?;
                Some((entity, m.limits(i)))
            })),
            Stage::Credentials => Batch::SetCredentials(self.each(Self::credentials)),
            Stage::DropCredentials => Batch::DeleteCredentials(self.each(Self::dropped)),
            Stage::Allow | Stage::Deny => Batch::CreateAcls(self.each(|_, i| acl(i))),
            Stage::DropAcls => Batch::DeleteAcls(self.each(|_, i| acl(i))),
            Stage::Offsets => Batch::SetOffsets(self.each(|_, i| offsets(i))),
            Stage::Schemas
            | Stage::Rest
            | Stage::ConnectorOffsets
            | Stage::Connectors
            | Stage::Resume
            | Stage::DropConnectors
            | Stage::DropSubjects => unreachable!("other planes take no batch of Kafka's"),
            Stage::DeleteTopics => {
                Batch::DeleteTopics(self.each(|_, i| Some((topic(i), i.action.change.id?))))
            }
        }
    }

    /// Makes the parts of each item.
    fn each<T, P: IntoIterator<Item = T>>(self, make: impl Fn(&Self, &Ready<'_>) -> P) -> Vec<T> {
        let mut batch = Vec::with_capacity(self.items.len());
        for item in self.items {
            let before = batch.len();
            batch.extend(make(&self, item));
            let made = batch.len() - before;
            self.parts.extend(std::iter::repeat_n(item.task, made));
        }
        batch
    }

    fn step<'i>(&'i self, item: &'i Ready<'_>) -> Step<'i> {
        Step {
            stage: self.stage,
            action: item.action,
            types: self.types,
        }
    }

    fn new_topic(&self, item: &Ready<'_>) -> NewTopic {
        let change = &item.action.change;
        let factor = change.value("replicationFactor");
        NewTopic {
            name: topic(item),
            partitions: partitions(item.action),
            replication_factor: factor.and_then(|n| n.parse().ok()).unwrap_or(0),
            assignment: change.assignment.clone(),
            config: change
                .config()
                .map(|(key, field)| (key, field.to.clone()))
                .collect(),
        }
    }

    fn more_partitions(&self, item: &Ready<'_>) -> MorePartitions {
        MorePartitions {
            name: topic(item),
            count: partitions(item.action),
            assignment: item.action.change.assignment.clone(),
        }
    }

    /// Returns what is still to be written into an object's configs, by what was seen.
    fn alterations(&self, item: &Ready<'_>) -> Vec<KeyChange> {
        let seen = item.seen.as_ref().map(LiveObject::as_ref);
        let set = self.step(item).left_to_set(seen);
        let set = set.into_iter().map(|field| {
            let value = match field.secret.as_ref() {
                Some(name) => NewValue::Secret(item.secret(name)),
                None => NewValue::Open(field.to.clone()),
            };
            (key(&field.path), Some(value))
        });
        let reset = self.step(item).left_to_reset(seen);
        let reset = reset.into_iter().map(|field| (key(&field.path), None));
        set.chain(reset).collect()
    }

    /// Returns what is still to be written into a quota, by what was seen.
    fn limits(&self, item: &Ready<'_>) -> Vec<(CompactString, Option<f64>)> {
        let seen = item.seen.as_ref().map(LiveObject::as_ref);
        let name = |path: &CompactString| CompactString::from(key(path).as_str());
        let set = self.step(item).left_to_set(seen);
        // a plan holds numbers only; Kafka refuses what is none
        let number = |text: &str| text.parse().unwrap_or(f64::NAN);
        let set = set
            .into_iter()
            .map(|field| (name(&field.path), Some(number(&field.to))));
        let reset = self.step(item).left_to_reset(seen);
        let reset = reset.into_iter().map(|field| (name(&field.path), None));
        set.chain(reset).collect()
    }

    /// Returns the credentials of which anything is still to be set. The iterations stay as they are when git says
    /// nothing about them.
    fn credentials(&self, item: &Ready<'_>) -> Vec<Credential> {
        let seen = item.seen.as_ref().map(LiveObject::as_ref);
        let left = self.step(item).left_to_set(seen);
        let each = ScramMechanism::ALL.iter().copied().filter_map(|mechanism| {
            let path = |what: &str| format!("scram.{mechanism}.{what}");
            let (rounds, password) = (path("iterations"), path("password"));
            left.iter()
                .find(|field| field.path == rounds || field.path == password)?;
            let set = &item.action.change.set;
            let secret = set.iter().find(|field| field.path == password)?;
            let declared = item.action.change.value(&rounds).map(str::to_owned);
            let live = seen.and_then(|user| user.field(&rounds));
            let live = live.and_then(|field| field.value().map(str::to_owned));
            let iterations = declared.or(live).and_then(|n| n.parse().ok());
            Some(Credential {
                user: item.action.object.name.clone(),
                mechanism,
                iterations: iterations.unwrap_or(ScramMechanism::MIN_ITERATIONS),
                password: item.secret(secret.secret.as_ref()?),
            })
        });
        each.collect()
    }

    /// Returns the credentials that go.
    fn dropped(&self, item: &Ready<'_>) -> Vec<(CompactString, ScramMechanism)> {
        let seen = item.seen.as_ref().map(LiveObject::as_ref);
        let left = self.step(item).left_to_reset(seen);
        let goes = |mechanism: &ScramMechanism| {
            let path = format!("scram.{mechanism}.password");
            left.iter().any(|field| field.path == path)
        };
        let user = &item.action.object.name;
        let each = ScramMechanism::ALL.iter().copied().filter(goes);
        each.map(|mechanism| (user.clone(), mechanism)).collect()
    }
}

impl Ready<'_> {
    /// Returns a secret that was read when the item was looked at.
    pub(super) fn secret(&self, name: &SecretName) -> Secret<String> {
        let secret = self.secrets.get(name).cloned();
        secret.expect("the secrets of an item are read before it is ready")
    }
}

fn topic(item: &Ready<'_>) -> TopicName {
    TopicName::from_broker(&item.action.object.name)
}

fn acl(item: &Ready<'_>) -> Option<Acl> {
    Acl::parse(&item.action.object.name)
}

fn offsets(item: &Ready<'_>) -> Option<OffsetReset> {
    Some(OffsetReset {
        group: item.action.object.name.clone(),
        to: ResetTo::parse(item.action.change.value("offsets")?)?,
    })
}

/// Returns the key that a path names.
fn key(path: &str) -> ConfigKey {
    ConfigKey::new(config_key(path).unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_stay_within_the_limit_and_lose_nothing() {
        let costs = [3, 3, 3, 9, 1, 20, 1, 9];
        let chunks = chunks(costs.into_iter().enumerate(), 10);
        assert_eq!(
            chunks,
            [vec![0, 1, 2], vec![3, 4], vec![5], vec![6, 7]],
            "an item over the limit stands alone"
        );
    }

    /// Trap 3: a user's second credential may fail although the first one is set.
    #[test]
    fn an_item_of_several_parts_ends_as_its_worst_part() {
        let parts = Parts(vec![7, 7, 8, 9, 9]);
        let throttled = Outcome::Throttled(std::time::Duration::ZERO);
        let lost = Outcome::Unknown("lost".into());
        let answers = vec![
            Outcome::Applied,
            throttled.clone(),
            Outcome::Applied,
            lost.clone(),
            Outcome::Applied,
        ];
        let none = Outcome::Unknown("no answer came for it".into());
        assert_eq!(
            parts.outcomes(&[7, 8, 9, 10], answers),
            [throttled, Outcome::Applied, lost, none]
        );
    }
}
