//! `kind: Quota`, and the `quotas` of users: how much clients may do (desired, rank 1).

use std::net::IpAddr;

use super::{Declares, Document, Spec};
use crate::{
    desired::{
        DesiredConfig, DesiredValue,
        home::Home,
        node::{Node, shorten},
        page::{At, Page},
        read::{Read, Text, expected, mirror, scalar},
    },
    model::{ConfigKey, ConfigType, Kind, ObjectRef, QuotaEntity, QuotaName, integer, units},
};

mirror! {
    /// Whom a quota is for, and how much they may do.
    QuotaSpec {
        /// The user, or `<default>` for each that has no quota of its own.
        user = "user": Option<Text>,
        /// The client id, or `<default>` for each that has no quota of its own. With `user`: that user's clients.
        client_id = "clientId": Option<Text>,
        /// The address that connections come from, or `<default>` for each that has no quota of its own. It stands alone.
        ip = "ip": Option<Text>,
        /// Bytes a second that may be written to a broker.
        producer_byte_rate = "producerByteRate": Option<ByteRate>,
        /// Bytes a second that may be read from a broker.
        consumer_byte_rate = "consumerByteRate": Option<ByteRate>,
        /// Percent of a thread's time that requests may take of a broker; 200 is two threads.
        request_percentage = "requestPercentage": Option<Rate>,
        /// Partitions a second that may be made and deleted.
        controller_mutation_rate = "controllerMutationRate": Option<Rate>,
        /// With `ip`: connections a second that may be opened to a broker.
        connection_creation_rate = "connectionCreationRate": Option<Connections>,
    }
}

mirror! {
    /// How much a user may do.
    QuotasSpec {
        /// Bytes a second that may be written to a broker.
        producer_byte_rate = "producerByteRate": Option<ByteRate>,
        /// Bytes a second that may be read from a broker.
        consumer_byte_rate = "consumerByteRate": Option<ByteRate>,
        /// Percent of a thread's time that requests may take of a broker; 200 is two threads.
        request_percentage = "requestPercentage": Option<Rate>,
        /// Partitions a second that may be made and deleted.
        controller_mutation_rate = "controllerMutationRate": Option<Rate>,
    }
}

/// Declares a number of a quota: how it is read, and that `null` leaves it alone. Kafka keeps all of them as 64-bit
/// floating point numbers and wants more than 0 of each (`ClientQuotaControlManager.validateQuotaKeyValue`).
macro_rules! rates {
    ($($(#[$meta:meta])* $name:ident, $what:literal, $read:expr;)+) => {$(
        $(#[$meta])*
        #[derive(Debug)]
        pub(in crate::desired) struct $name(DesiredValue);

        impl Read for $name {
            fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
                let text = scalar($what, node, page)?;
                let read: fn(&str) -> Option<String> = $read;
                let number = read(text).map(|n| ConfigType::Double.normalise(&n));
                match number.filter(|n| n.parse::<f64>().is_ok_and(|n| n > 0.0 && n.is_finite())) {
                    Some(number) => Some(Self(DesiredValue::Set(number))),
                    None => expected($what, node, page),
                }
            }

            fn null() -> Option<Self> {
                Some(Self(DesiredValue::LeaveAlone))
            }
        }
    )+};
}

rates! {
    /// Bytes a second.
    ByteRate, "bytes a second, such as `1MiB`, more than 0", |text| match units::bytes(text) {
        Ok(bytes) => Some(bytes.to_string()),
        // Kafka's rates are float64
        Err(_) => text.contains('.').then(|| text.to_owned()),
    };
    /// A number above 0.
    Rate, "a number above 0", |text| Some(text.to_owned());
    /// A whole number above 0.
    Connections, "a whole number above 0", |text| Some(integer(text)?.to_string());
}

type Keys = Vec<(ConfigKey, DesiredValue)>;

/// Returns what is said of these rates, by Kafka's names (`QuotaConfig`), sorted.
fn keys(
    (producer, consumer): (&Option<ByteRate>, &Option<ByteRate>),
    (requests, mutations): (&Option<Rate>, &Option<Rate>),
    connections: Option<&Connections>,
) -> Keys {
    let said = [
        ("connection_creation_rate", connections.map(|n| &n.0)),
        ("consumer_byte_rate", consumer.as_ref().map(|n| &n.0)),
        ("controller_mutation_rate", mutations.as_ref().map(|n| &n.0)),
        ("producer_byte_rate", producer.as_ref().map(|n| &n.0)),
        ("request_percentage", requests.as_ref().map(|n| &n.0)),
    ];
    let said = said.into_iter();
    said.filter_map(|(key, value)| Some((ConfigKey::new(key), value?.clone())))
        .collect()
}

impl QuotasSpec {
    /// Returns what is said, by Kafka's names.
    pub(super) fn keys(&self) -> Keys {
        keys(
            (&self.producer_byte_rate, &self.consumer_byte_rate),
            (&self.request_percentage, &self.controller_mutation_rate),
            None,
        )
    }
}

impl Spec for QuotaSpec {
    const KIND: &'static str = "Quota";
    const ABOUT: &'static str = "How much clients may do: those of a user, those with a client id, both together, or those from an address. Each \
         combination is a quota of its own, and the most exact one holds.";
    const NAMED: &'static str =
        "What the document is called. The name is for people; whom it is for, `spec` says.";
}

impl Declares for QuotaSpec {
    fn declare(document: &Document<Self>, home: &mut Home, page: &mut Page<'_>) {
        let Some(spec) = &document.spec else { return };
        // a part that could not be read would make it a quota for somebody else
        if !document.clean {
            return;
        }
        let said = |part: &Option<Text>| part.as_ref().map(|name| QuotaName::new(&name.value));
        let entity = QuotaEntity {
            user: said(&spec.user),
            client_id: said(&spec.client_id),
            ip: said(&spec.ip),
        };
        if let Err(why) = spec.judge(&entity) {
            return page.error(document.at, why);
        }
        declare_quota(document, &entity, spec.keys(), document.at, home, page);
    }
}

impl QuotaSpec {
    fn keys(&self) -> Keys {
        keys(
            (&self.producer_byte_rate, &self.consumer_byte_rate),
            (&self.request_percentage, &self.controller_mutation_rate),
            self.connection_creation_rate.as_ref(),
        )
    }

    /// Says why Kafka has no such quota.
    fn judge(&self, entity: &QuotaEntity) -> Result<(), String> {
        let connections = self.connection_creation_rate.is_some();
        let others = self.keys().len() > usize::from(connections);
        match &entity.ip {
            None if *entity == QuotaEntity::default() => Err(
                "this quota is for nobody: it names neither `user` nor `clientId` nor `ip`".into(),
            ),
            None if connections => Err("`connectionCreationRate` is for an `ip` only".into()),
            Some(_) if entity.user.is_some() || entity.client_id.is_some() => {
                Err("`ip` stands alone: a quota is for users and clients, or for an address".into())
            }
            Some(_) if others => {
                Err("of an `ip` only `connectionCreationRate` can be limited".into())
            }
            Some(QuotaName::Named(ip)) if ip.parse::<IpAddr>().is_err() => Err(format!(
                "`ip`: expected an IP address or `<default>`, found {}",
                shorten(ip)
            )),
            _ => Ok(()),
        }
    }
}

/// Puts a quota into its cluster.
pub(super) fn declare_quota<S>(
    document: &Document<S>,
    entity: &QuotaEntity,
    config: Keys,
    at: At,
    home: &mut Home,
    page: &mut Page<'_>,
) {
    if config.is_empty() {
        if document.clean {
            page.error(at, "this quota limits nothing");
        }
        return;
    }
    let declared = DesiredConfig {
        place: page.place(at),
        labels: document.labels(),
        config,
    };
    home.declare_config(
        ObjectRef::new(Kind::Quota, &entity.name()),
        declared,
        at,
        page,
    );
}
