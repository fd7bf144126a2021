//! Finds places in partitions (rank 6, Kafka plane): one ListOffsets a leader, whatever the number of partitions. What the
//! time of one record is takes a Fetch of its batch, so that is asked of few.

use std::collections::BTreeMap;

use bytes::{Buf, Bytes};
use futures::{
    future::join_all,
    stream::{self, StreamExt},
};
use kafka_protocol::messages::{ListOffsetsResponse, list_offsets_response};

use super::ask;
use crate::{
    kafka::{
        Client, Code,
        client::To,
        denied::{self, Needs, On},
        requests::offsets::{self as requests, Points},
    },
    live::LiveTopic,
    model::TopicName,
};

/// The topics that are known, with the leaders of their partitions.
pub(in crate::kafka) type Layout<'a> = BTreeMap<&'a TopicName, &'a LiveTopic>;

/// A place in a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::kafka) struct Spot {
    /// Its offset, -1 when there is no such place.
    pub(in crate::kafka) offset: i64,
    /// Time (ms since 1970) of the record there, -1 when it was not asked for or there is none.
    pub(in crate::kafka) time: i64,
}

/// Places by topic and partition, or why one is not known.
pub(in crate::kafka) type Spots = BTreeMap<(TopicName, i32), Result<Spot, String>>;

/// How many batches are read at once: one is a record at least and `max.message.bytes` (1 MB by default) as a rule at
/// most, so eight fill no memory.
const BATCHES_AT_ONCE: usize = 8;

/// Finds the places that `points` ask for; the answer has one for each of them.
pub(in crate::kafka) async fn find(client: &Client, topics: &Layout<'_>, points: &Points) -> Spots {
    let mut by_leader = BTreeMap::<i32, Points>::new();
    let mut spots = Spots::new();
    for (topic, partitions) in points {
        for (partition, time) in partitions {
            let reason = match leader(topics, topic, *partition) {
                Some(leader) => {
                    let of_topic = by_leader.entry(leader).or_default();
                    let of_topic = of_topic.entry(topic.clone()).or_default();
                    of_topic.push((*partition, *time));
                    "the leader's answer leaves it out"
                }
                None => "it has no leader at present",
            };
            spots.insert((topic.clone(), *partition), Err(reason.to_owned()));
        }
    }
    let each = by_leader.into_iter().map(|(leader, points)| async move {
        let request = requests::list(&points, client.patience());
        (ask(client, To::Broker(leader), &request).await, points)
    });
    for (answer, points) in join_all(each).await {
        match answer {
            Ok(answer) => spots.extend(found(client, answer)),
            Err(reason) => spots.extend(points.into_iter().flat_map(|(topic, partitions)| {
                let reason = reason.clone();
                let failed =
                    move |(partition, _)| ((topic.clone(), partition), Err(reason.clone()));
                partitions.into_iter().map(failed)
            })),
        }
    }
    spots
}

/// Returns the broker that leads a partition, if there is one.
fn leader(topics: &Layout<'_>, topic: &TopicName, partition: i32) -> Option<i32> {
    let partitions = &topics.get(topic)?.partitions;
    let leader = partitions.get(usize::try_from(partition).ok()?)?.leader;
    (leader >= 0).then_some(leader)
}

fn found(client: &Client, answer: ListOffsetsResponse) -> Spots {
    let spot = |name: &str, said: &list_offsets_response::ListOffsetsPartitionResponse| {
        let needs = Needs {
            operation: "Describe",
            on: On::Topic(name),
        };
        match Code(said.error_code) {
            Code::NONE => Ok(Spot {
                offset: said.offset,
                time: said.timestamp,
            }),
            code => Err(denied::refused(client.settings(), code, None, needs)),
        }
    };
    let mut spots = Spots::new();
    for topic in answer.topics {
        let name = TopicName::from_broker(&topic.name);
        for said in &topic.partitions {
            let at = (name.clone(), said.partition_index);
            spots.insert(at, spot(name.as_str(), said));
        }
    }
    spots
}

/// Reads the times of the records at some offsets. One that cannot be read is left out: its leader is away, the record was
/// deleted, or we may not read the topic (looking at it is not enough for this).
pub(super) async fn times(
    client: &Client,
    topics: &Layout<'_>,
    at: Vec<(TopicName, i32, i64)>,
) -> BTreeMap<(TopicName, i32, i64), i64> {
    let each = at.into_iter().map(|(topic, partition, offset)| async move {
        let id = topics.get(&topic)?.id;
        let leader = leader(topics, &topic, partition)?;
        let request = requests::first_batch(id, partition, offset);
        let answer = ask(client, To::Broker(leader), &request).await.ok()?;
        let said = answer.responses.first()?.partitions.first()?;
        let batch = said.records.as_ref().filter(|_| said.error_code == 0)?;
        Some(((topic, partition, offset), time_of(batch)?))
    });
    let times = stream::iter(each).buffer_unordered(BATCHES_AT_ONCE);
    times.filter_map(|time| async move { time }).collect().await
}

/// Returns the time of a batch's first record, by the batch's head (Kafka's documentation, "Record Batch"). Compaction and
/// a topic that keeps the brokers' time leave another meaning to the field: then the newest record's time has to do.
fn time_of(batch: &Bytes) -> Option<i64> {
    const MAGIC: usize = 8 + 4 + 4; // behind base offset, length and leader epoch
    const HEAD: usize = 43; // up to the greatest time
    const BROKERS_TIME: i16 = 1 << 3;
    const DELETE_HORIZON: i16 = 1 << 6; // KIP-534
    if batch.len() < HEAD || batch[MAGIC] != 2 {
        return None;
    }
    let mut rest = batch.slice(MAGIC + 1 + 4..HEAD); // behind the checksum
    let attributes = rest.get_i16();
    rest.advance(4); // number of the last record
    let (first, greatest) = (rest.get_i64(), rest.get_i64());
    let time = match attributes & (BROKERS_TIME | DELETE_HORIZON) {
        0 => first,
        _ => greatest,
    };
    (time >= 0).then_some(time)
}

#[cfg(test)]
mod tests {
    use bytes::{BufMut, BytesMut};

    use super::*;

    fn mk_batch(magic: u8, attributes: i16, first: i64, greatest: i64) -> Bytes {
        let mut batch = BytesMut::zeroed(16);
        batch.put_u8(magic);
        batch.put_u32(0);
        batch.put_i16(attributes);
        batch.put_i32(1);
        batch.put_i64(first);
        batch.put_i64(greatest);
        batch.freeze()
    }

    #[test]
    fn the_head_of_a_batch_tells_its_time() {
        assert_eq!(time_of(&mk_batch(2, 0, 5, 9)), Some(5));
        assert_eq!(time_of(&mk_batch(2, 1 << 3, 5, 9)), Some(9));
        assert_eq!(time_of(&mk_batch(2, 1 << 6, 5, 9)), Some(9));
        assert_eq!(time_of(&mk_batch(2, 0, -1, -1)), None);
    }

    #[test]
    fn what_is_no_whole_head_tells_nothing() {
        assert_eq!(time_of(&mk_batch(1, 0, 5, 9)), None);
        let batch = mk_batch(2, 0, 5, 9);
        for len in 0..batch.len() {
            assert_eq!(time_of(&batch.slice(..len)), None);
        }
    }
}
