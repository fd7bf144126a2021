//! Every request that is sent, made in one place each (rank 6, Kafka plane): one file an area. The crate's defaults are
//! traps: nullable strings and lists default to empty instead of null, and Metadata creates topics unless told not to.

use std::time::Duration;

use kafka_protocol::{
    messages as m,
    protocol::{Request, StrBytes},
};

use super::Code;
use crate::model::TopicName;

/// One of Kafka's operations, as the client needs to know it.
pub(super) trait Operation: Request {
    /// The API's name, for people.
    const NAME: &'static str;

    /// Returns how long the broker mutes this connection after the answer (KIP-219).
    fn throttle(answer: &Self::Response) -> Duration;

    /// Returns the codes of the answer, of the whole or of its items.
    fn codes(answer: &Self::Response) -> Vec<Code>;

    /// Tells whether the request carries a secret, so that it travels over TLS or on loopback only.
    fn is_secret(&self) -> bool {
        false
    }
}

/// Says where an operation's answer keeps its codes; all answers keep the throttle time in one place.
macro_rules! operation {
    ($request:ident, $name:literal, |$answer:ident| $codes:expr
        $(, secret when |$sent:ident| $secret:expr)?) => {
        impl $crate::kafka::requests::Operation for $request {
            const NAME: &'static str = $name;

            fn throttle($answer: &Self::Response) -> std::time::Duration {
                std::time::Duration::from_millis($answer.throttle_time_ms.try_into().unwrap_or(0))
            }

            fn codes($answer: &Self::Response) -> Vec<$crate::kafka::Code> {
                $codes.into_iter().map($crate::kafka::Code).collect()
            }

            $(fn is_secret(&self) -> bool {
                let $sent = self;
                $secret
            })?
        }
    };
}

pub(super) mod acls;
pub(super) mod configs;
pub(super) mod groups;
pub(super) mod health;
pub(super) mod moves;
pub(super) mod offsets;
pub(super) mod quotas;
pub(super) mod topics;
pub(super) mod users;

fn text(value: &str) -> StrBytes {
    StrBytes::from_string(value.to_owned())
}

fn name(topic: &TopicName) -> m::TopicName {
    text(topic.as_str()).into()
}

fn broker_ids(replicas: &[i32]) -> Vec<m::BrokerId> {
    replicas.iter().copied().map(m::BrokerId).collect()
}

/// How long the controller itself may wait, told in the request: as Kafka counts it.
fn millis(time: Duration) -> i32 {
    i32::try_from(time.as_millis()).unwrap_or(i32::MAX)
}

/// Checks that every version that Kafka 3.6 to 4.x may agree on can carry the request.
#[cfg(test)]
fn encodes<R: Operation>(request: &R, versions: std::ops::RangeInclusive<i16>) {
    for version in versions {
        let frame = super::wire::encode(request, version, 1, &StrBytes::from_static_str("t"));
        assert!(frame.is_ok(), "{} version {version}: {frame:?}", R::NAME);
    }
}
