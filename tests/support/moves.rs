//! What replicas that move leave on a cluster.

use headgate::live::{KafkaLive, LiveConfig};

/// Returns every throttle that is set on a topic or on a broker; both have to be known.
pub(crate) fn throttles(live: &KafkaLive) -> Vec<String> {
    let topics = live.topics.iter();
    let topics = topics.map(|(name, t)| {
        (
            name.to_string(),
            &t.known().expect("topics are known").config,
        )
    });
    let brokers = live.broker_configs.known().expect("they are known").iter();
    let brokers = brokers.map(|(name, c)| (name.to_string(), c.known().expect("each is known")));
    let keys = |(name, config): (String, &Vec<LiveConfig>)| {
        let own = config
            .iter()
            .filter(|c| c.key.as_str().contains(".throttled."));
        own.map(|c| format!("{name} {}", c.key)).collect::<Vec<_>>()
    };
    topics.chain(brokers).flat_map(keys).collect()
}
