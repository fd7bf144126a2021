//! `kind: BrokerConfig`, `GroupConfig` and `ClientMetrics`: objects that are nothing but configs (desired, rank 1).

use super::{Declares, Document, Spec};
use crate::{
    desired::{
        DesiredConfig,
        config_table::{Brokers, Groups, Subscriptions, Table},
        config_value::Config,
        home::Home,
        page::Page,
        read::{Needed, mirror},
    },
    model::{Kind, ObjectRef, is_per_broker},
};

/// The name of what holds for all brokers.
const ALL_BROKERS: &str = "default";

mirror! {
    /// What is wanted of brokers.
    BrokerConfigSpec {
        /// Configs by Kafka's names, of those that can be changed while brokers run. Keys ending in `.ms` accept `7d`, keys
        /// ending in `.bytes` accept `1GiB`; `null` leaves a key alone; passwords and keys are `{secret: name}`.
        config = "config": Needed<Config<Brokers>>,
    }
}

mirror! {
    /// What is wanted of a group.
    GroupConfigSpec {
        /// Group configs by Kafka's names; `null` leaves a key alone.
        config = "config": Needed<Config<Groups>>,
    }
}

mirror! {
    /// What is wanted of a subscription.
    ClientMetricsSpec {
        /// What is subscribed to, by Kafka's names; `null` leaves a key alone.
        config = "config": Needed<Config<Subscriptions>>,
    }
}

impl Spec for BrokerConfigSpec {
    const KIND: &'static str = "BrokerConfig";
    const ABOUT: &'static str = "Configs of brokers that are changed while they run.";
    const NAMED: &'static str = "Whose they are: `default` for all brokers, or the id of one. What is said of one hides what is said of all.";
}

impl Spec for GroupConfigSpec {
    const KIND: &'static str = "GroupConfig";
    const ABOUT: &'static str = "Configs that brokers keep for a group (Kafka 4.0 and later).";
    const NAMED: &'static str = "Whose they are: the id of the group.";
}

impl Spec for ClientMetricsSpec {
    const KIND: &'static str = "ClientMetrics";
    const ABOUT: &'static str = "A subscription to metrics of clients, which brokers hand on (KIP-714, Kafka 3.7 and later).";
    const NAMED: &'static str = "What the subscription is called.";
}

impl Declares for BrokerConfigSpec {
    fn declare(document: &Document<Self>, home: &mut Home, page: &mut Page<'_>) {
        let Some(name) = document.name() else { return };
        if let Err(why) = broker_name(&name.value) {
            return page.error(name.at, why);
        }
        let config = document.spec.as_ref().and_then(|s| s.config.0.as_ref());
        if name.value == ALL_BROKERS {
            for entry in config.map(|c| c.entries.as_slice()).unwrap_or_default() {
                if is_per_broker(entry.key.as_str()) {
                    page.error_with(
                        entry.at,
                        format!("Kafka takes `{}` for one broker at a time only", entry.key),
                        "write a BrokerConfig for each broker, named by its id".to_owned(),
                    );
                }
            }
        }
        declare(Kind::BrokerConfig, document, config, home, page);
    }
}

impl Declares for GroupConfigSpec {
    fn declare(document: &Document<Self>, home: &mut Home, page: &mut Page<'_>) {
        let config = document.spec.as_ref().and_then(|s| s.config.0.as_ref());
        declare(Kind::GroupConfig, document, config, home, page);
    }
}

impl Declares for ClientMetricsSpec {
    fn declare(document: &Document<Self>, home: &mut Home, page: &mut Page<'_>) {
        let config = document.spec.as_ref().and_then(|s| s.config.0.as_ref());
        declare(Kind::ClientMetrics, document, config, home, page);
    }
}

/// Checks whose configs a `BrokerConfig` is.
pub(super) fn broker_name(name: &str) -> Result<(), String> {
    let is_id = name
        .parse::<i32>()
        .is_ok_and(|id| id.to_string() == name && id >= 0);
    match is_id || name == ALL_BROKERS {
        true => Ok(()),
        false => Err(format!(
            "expected `{ALL_BROKERS}` or the id of a broker, found `{}`",
            name.escape_debug()
        )),
    }
}

fn declare<S, T: Table>(
    kind: Kind,
    document: &Document<S>,
    config: Option<&Config<T>>,
    home: &mut Home,
    page: &mut Page<'_>,
) {
    let (Some(name), Some(config)) = (document.name(), config) else {
        return;
    };
    let declared = DesiredConfig {
        place: page.place(document.at),
        labels: document.labels(),
        config: config.pairs().collect(),
    };
    home.declare_config(
        ObjectRef::new(kind, &name.value),
        declared,
        document.at,
        page,
    );
}
