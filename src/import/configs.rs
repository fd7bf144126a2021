//! Configs of brokers, groups and metrics subscriptions (import, pure).

use super::{
    Page, listed,
    text::{Block, config_value},
};
use crate::{
    live::{Configs, KafkaLive, LiveConfig, Observed},
    model::{Kind, is_throttle},
};

/// Writes what is set on brokers, groups and subscriptions themselves.
pub(super) fn write(live: &KafkaLive, page: &mut Page) {
    for (kind, seen, file) in [
        (Kind::BrokerConfig, &live.broker_configs, "brokers.yaml"),
        (Kind::GroupConfig, &live.group_configs, "groups.yaml"),
        (
            Kind::ClientMetrics,
            &live.client_metrics,
            "client-metrics.yaml",
        ),
    ] {
        of_kind(kind, seen, file, page);
    }
}

fn of_kind(kind: Kind, seen: &Observed<Configs>, file: &str, page: &mut Page) {
    let mut count = 0;
    for (name, object) in listed(seen, kind, page).into_iter().flatten() {
        match object {
            Observed::Known(config) => {
                // what a reassignment sets, it takes away itself
                let kept = |own: &&LiveConfig| !is_throttle(kind, own.key.as_str());
                let own: Vec<&LiveConfig> = config.iter().filter(kept).collect();
                if own.is_empty() {
                    continue;
                }
                count += 1;
                let document = document(kind, name, &own, page);
                page.files.add(file, &document);
            }
            Observed::Unknown(why) => page.unread(kind, name, why),
        }
    }
    page.count(kind, count);
}

fn document(kind: Kind, name: &str, config: &[&LiveConfig], page: &mut Page) -> String {
    let mut block = Block::document(kind.as_str(), name);
    block.line(1, "config:");
    for own in config {
        let value = match &own.value {
            Some(value) => config_value(own.key.as_str(), value),
            None => {
                let secret = page.secret(&format!("broker-{name}-{}", own.key));
                format!("{{secret: {secret}}}")
            }
        };
        block.line(2, &format!("{}: {value}", own.key));
    }
    block.finish()
}
