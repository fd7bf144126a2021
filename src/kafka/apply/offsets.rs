//! Sets the committed offsets of groups without members (rank 6, Kafka plane). Where a point lies is looked up right before
//! it is set, since partitions go on growing; nothing of a group is set unless all of it was found.

use std::collections::BTreeMap;

use compact_str::CompactString;

use super::of_code;
use crate::{
    desired::ResetPoint,
    kafka::{
        Client, Code, Error, Settings,
        client::{Lane, To},
        denied::{self, Needs, On},
        observe::{
            detail::{self, Committed},
            groups::{self, Listing},
            offsets::{self, Layout},
            topics,
        },
        requests::{
            groups as requests,
            offsets::{EARLIEST, LATEST, Points},
        },
    },
    live::{LiveTopic, Observed},
    model::TopicName,
    ports::{OffsetReset, Outcome, Refusal, RefusalClass},
};

/// Sets the offsets of one group after the other: there are few of them, once.
pub(super) async fn reset(client: &Client, resets: &[OffsetReset]) -> Result<Vec<Outcome>, Error> {
    let mut outcomes = Vec::with_capacity(resets.len());
    for reset in resets {
        outcomes.push(
            reset_one(client, reset)
                .await
                .unwrap_or_else(|refused| refused),
        );
    }
    Ok(outcomes)
}

async fn reset_one(client: &Client, reset: &OffsetReset) -> Result<Outcome, Outcome> {
    let coordinator = coordinator(client, &reset.group).await?;
    let topics = wanted(client, reset, coordinator).await?;
    let layout: Layout<'_> = topics
        .iter()
        .map(|(name, (topic, _))| (name, topic))
        .collect();
    let wanted = topics
        .iter()
        .map(|(name, (_, partitions))| (name, partitions.as_slice()));
    let offsets = resolve(client, &layout, wanted, reset.to.point).await?;
    let request = requests::commit(&reset.group, &offsets);
    let to = To::Broker(coordinator);
    let answer = client
        .call(to, Lane::Write, &request, client.patience())
        .await;
    let answer = answer.map_err(|error| super::of_error(&error))?;
    let mut failed = BTreeMap::<i16, (usize, &str)>::new();
    let mut done = 0;
    for topic in &answer.topics {
        for partition in &topic.partitions {
            match partition.error_code {
                0 => done += 1,
                code => failed.entry(code).or_insert((0, topic.name.as_str())).0 += 1,
            }
        }
    }
    match failed.into_iter().next() {
        None => Ok(Outcome::Applied),
        Some((code, (count, topic))) if done == 0 => match needs(Code(code), &reset.group, topic) {
            Some(needs) => Err(unpermitted(client.settings(), Code(code), needs)),
            None => Err(refused(code, count, answer.throttle_time_ms)),
        },
        Some((code, (count, _))) => Err(Outcome::Unknown(format!(
            "{done} partitions were set, {count} were refused with {}",
            Code(code)
        ))),
    }
}

/// Returns the permission that is missing, if the coordinator's code says so: setting offsets takes reading the group and
/// reading each of the topics.
fn needs<'a>(code: Code, group: &'a str, topic: &'a str) -> Option<Needs<'a>> {
    let on = match code {
        Code::GROUP_AUTHORIZATION_FAILED => On::Group(group),
        Code::TOPIC_AUTHORIZATION_FAILED => On::Topic(topic),
        _ => return None,
    };
    let operation = "Read";
    Some(Needs { operation, on })
}

fn unpermitted(settings: &Settings, code: Code, needs: Needs<'_>) -> Outcome {
    Outcome::Refused(Refusal {
        class: RefusalClass::Final,
        code: super::code_name(code),
        message: denied::missing(settings, needs),
    })
}

/// Says in words what a coordinator means who does not let us set offsets.
fn refused(code: i16, count: usize, throttle_ms: i32) -> Outcome {
    let has_members = matches!(
        Code(code),
        Code::UNKNOWN_MEMBER_ID
            | Code::ILLEGAL_GENERATION
            | Code::REBALANCE_IN_PROGRESS
            | Code::NON_EMPTY_GROUP
            | Code::STALE_MEMBER_EPOCH
    );
    match of_code(code, None, throttle_ms) {
        Outcome::Refused(refusal) if has_members => Outcome::Refused(Refusal {
            message: "the group has members; stop its consumers, since Kafka takes offsets from \
                      nobody else as long as there are some"
                .to_owned(),
            ..refusal
        }),
        Outcome::Refused(refusal) => Outcome::Refused(Refusal {
            message: format!("{count} partitions were refused: {}", refusal.message),
            ..refusal
        }),
        other => other,
    }
}

async fn coordinator(client: &Client, group: &str) -> Result<i32, Outcome> {
    let found = groups::coordinators(client, &[group]).await.remove(group);
    found
        .unwrap_or_else(|| Err("the broker's answer leaves it out".to_owned()))
        .map_err(|reason| {
            unsent(
                RefusalClass::Transient,
                format!("its coordinator: {reason}"),
            )
        })
}

/// Returns which partitions are wanted: those of the named topics, or all that the group committed.
async fn wanted(
    client: &Client,
    reset: &OffsetReset,
    coordinator: i32,
) -> Result<BTreeMap<TopicName, (LiveTopic, Vec<i32>)>, Outcome> {
    let committed = match reset.to.topics.as_slice() {
        [] => Some(committed(client, &reset.group, coordinator).await?),
        _ => None,
    };
    let names = match &committed {
        Some(committed) => committed.keys().cloned().collect(),
        None => reset.to.topics.clone(),
    };
    let mut layouts = topics::layouts_of(client, &names).await.unwrap_or_default();
    let partitions = |name: &TopicName, topic: &LiveTopic| -> Vec<i32> {
        match committed.as_ref().and_then(|committed| committed.get(name)) {
            Some(partitions) => partitions.iter().map(|(partition, _)| *partition).collect(),
            None => (0..)
                .zip(&topic.partitions)
                .map(|(partition, _)| partition)
                .collect(),
        }
    };
    let mut topics = BTreeMap::new();
    for name in names {
        match layouts.remove(&name) {
            Some(Observed::Known(Some(topic))) => {
                let partitions = partitions(&name, &topic);
                topics.insert(name, (topic, partitions));
            }
            // deleted, and its offsets with it
            Some(Observed::Known(None)) if committed.is_some() => {}
            _ => {
                let message = format!("topic {name} is not there, or could not be read");
                return Err(unsent(RefusalClass::Transient, message));
            }
        }
    }
    if topics.is_empty() {
        let message = "the group has committed no offsets; name the topics".to_owned();
        return Err(unsent(RefusalClass::Final, message));
    }
    Ok(topics)
}

async fn committed(client: &Client, group: &str, coordinator: i32) -> Result<Committed, Outcome> {
    let listed = groups::Listed::of_coordinator(coordinator);
    let listing = Listing::from([(CompactString::from(group), listed)]);
    let committed = detail::committed(client, &listing).await.remove(group);
    committed
        .unwrap_or_else(|| Err("the coordinator's answer leaves it out".to_owned()))
        .map_err(|reason| unsent(RefusalClass::Transient, format!("its offsets: {reason}")))
}

/// Finds the offsets of a point in every wanted partition.
async fn resolve<'a>(
    client: &Client,
    topics: &Layout<'_>,
    wanted: impl Iterator<Item = (&'a TopicName, &'a [i32])>,
    point: ResetPoint,
) -> Result<Vec<(TopicName, Vec<(i32, i64)>)>, Outcome> {
    let time = match point {
        ResetPoint::Earliest => EARLIEST,
        ResetPoint::Latest => LATEST,
        ResetPoint::Time(ms) => ms,
    };
    let at = |time: i64| move |partition: &i32| (*partition, time);
    let points: Points = wanted
        .map(|(name, partitions)| (name.clone(), partitions.iter().map(at(time)).collect()))
        .collect();
    let mut spots = offsets::find(client, topics, &points).await;
    // nothing is as new as the time: behind the newest record, as Kafka's own tool does
    let beyond = |spot: &Result<offsets::Spot, String>| matches!(spot, Ok(spot) if spot.offset < 0);
    let mut late = Points::new();
    for ((name, partition), _) in spots.iter().filter(|(_, spot)| beyond(spot)) {
        late.entry(name.clone())
            .or_default()
            .push((*partition, LATEST));
    }
    spots.extend(offsets::find(client, topics, &late).await);
    let mut offsets = BTreeMap::<TopicName, Vec<(i32, i64)>>::new();
    for ((name, partition), spot) in spots {
        let doubt = |reason| format!("where to in partition {partition} of {name}: {reason}");
        let spot = spot.map_err(|reason| unsent(RefusalClass::Transient, doubt(reason)))?;
        offsets
            .entry(name)
            .or_default()
            .push((partition, spot.offset));
    }
    Ok(offsets.into_iter().collect())
}

/// Refuses on this side: nothing was sent that changes anything.
fn unsent(class: RefusalClass, message: String) -> Outcome {
    Outcome::Refused(Refusal {
        class,
        code: "not_sent".into(),
        message,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_with_members_is_told_to_be_stopped() {
        for code in [22, 25, 27, 68, 113] {
            let Outcome::Refused(refusal) = refused(code, 3, 0) else {
                panic!("{code} is no refusal");
            };
            assert_eq!(refusal.class, RefusalClass::Final, "{code}");
            assert!(refusal.message.contains("stop its consumers"), "{code}");
        }
    }

    #[test]
    fn who_may_not_set_offsets_is_told_whether_the_group_or_a_topic_is_in_the_way() {
        let settings = Settings::plaintext(vec!["b1:9094".to_owned()]);
        let told = |code| {
            let needs = needs(code, "pay", "orders")?;
            match unpermitted(&settings, code, needs) {
                Outcome::Refused(refusal) => Some((refusal.code, refusal.message)),
                _ => None,
            }
        };
        for (code, may_not, option) in [
            (
                Code::TOPIC_AUTHORIZATION_FAILED,
                "may not Read topic orders",
                "--topic 'orders'",
            ),
            (
                Code::GROUP_AUTHORIZATION_FAILED,
                "may not Read group pay",
                "--group 'pay'",
            ),
        ] {
            let (name, message) = told(code).expect("it is a denial");
            assert_eq!(Some(name.as_str()), code.name());
            assert!(message.contains(may_not), "{message}");
            assert!(message.ends_with(option), "{message}");
        }
        assert_eq!(told(Code::UNKNOWN_MEMBER_ID), None);
    }

    #[test]
    fn a_coordinator_that_moved_may_be_asked_again() {
        for code in [14, 15, 16] {
            let Outcome::Refused(refusal) = refused(code, 3, 0) else {
                panic!("{code} is no refusal");
            };
            assert_eq!(refusal.class, RefusalClass::Transient, "{code}");
        }
    }
}
