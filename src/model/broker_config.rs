//! Kafka's own table of brokers' configs, versions 3.6 to 4.3 (rank 0). It is what the brokers' `ConfigDef` and
//! `DynamicBrokerConfig` in Kafka's jars say; `tests/desired/kafka` holds the printed definitions, and a test compares them
//! with this table.

use super::{
    Accepts::{self, Anything, AtLeast, AtLeastRaised, Between, BetweenOr, Ratio, Words},
    ConfigType::{self, Boolean, Class, Double, Int, List, Long, Password, Short, String},
    KnownConfig,
    Versions::{self, All, Only3},
};

/// A broker config that can be changed while brokers run. Which version made a key changeable is not said here: the
/// cluster knows it, and the planner asks the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrokerConfig {
    /// The config.
    pub known: KnownConfig,
    /// Where it may be set.
    pub scope: BrokerScope,
}

/// Where a broker config may be set (`DynamicBrokerConfig.dynamicConfigUpdateModes`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BrokerScope {
    /// On all brokers at once, or on one.
    ClusterWide,
    /// On one broker at a time.
    PerBroker,
}

/// Looks a key up that can be changed while brokers run. What brokers are told a listener at a time may have
/// `listener.name.<listener>.` before it, and a SASL mechanism; `per_broker` tells where such a key may be set.
#[must_use]
pub fn broker_config(key: &str) -> Option<&'static BrokerConfig> {
    match of_listener(key) {
        None => find(key),
        Some(rest) => rest
            .match_indices('.')
            .find_map(|(at, _)| find(&rest[at + 1..])),
    }
}

/// Tells whether a key can be set on one broker at a time only.
#[must_use]
pub fn is_per_broker(key: &str) -> bool {
    of_listener(key).is_some()
        || broker_config(key).is_some_and(|config| config.scope == BrokerScope::PerBroker)
}

/// Tells whether a broker reads a key when it starts and never again.
#[must_use]
pub fn is_read_only(key: &str) -> bool {
    READ_ONLY.binary_search(&key).is_ok()
}

fn of_listener(key: &str) -> Option<&str> {
    key.strip_prefix("listener.name.")
}

fn find(key: &str) -> Option<&'static BrokerConfig> {
    let found = BROKER_CONFIGS.binary_search_by(|config| config.known.key.cmp(key));
    found.ok().map(|index| &BROKER_CONFIGS[index])
}

const fn row(
    scope: BrokerScope,
    key: &'static str,
    config_type: ConfigType,
    accepts: Accepts,
    default: &'static str,
    versions: Versions,
) -> BrokerConfig {
    let about = match scope {
        BrokerScope::ClusterWide => "For all brokers, or for one.",
        BrokerScope::PerBroker => "For one broker.",
    };
    BrokerConfig {
        known: KnownConfig {
            key,
            config_type,
            accepts,
            default,
            versions,
            about,
        },
        scope,
    }
}

const fn wide(
    key: &'static str,
    config_type: ConfigType,
    accepts: Accepts,
    default: &'static str,
    versions: Versions,
) -> BrokerConfig {
    row(
        BrokerScope::ClusterWide,
        key,
        config_type,
        accepts,
        default,
        versions,
    )
}

const fn own(
    key: &'static str,
    config_type: ConfigType,
    accepts: Accepts,
    default: &'static str,
    versions: Versions,
) -> BrokerConfig {
    row(
        BrokerScope::PerBroker,
        key,
        config_type,
        accepts,
        default,
        versions,
    )
}

/// Every key that can be changed while brokers run, sorted.
#[rustfmt::skip]
pub const BROKER_CONFIGS: &[BrokerConfig] = &[
    own("advertised.listeners", String, Anything, "", Only3),
    wide("background.threads", Int, AtLeast(1), "10", All),
    wide("compression.gzip.level", Int, BetweenOr(1, 9, -1), "-1", All),
    wide("compression.lz4.level", Int, Between(1, 17), "9", All),
    wide("compression.type", String, Words(&["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"]), "producer", All),
    wide("compression.zstd.level", Int, Between(-131_072, 22), "3", All),
    wide("config.providers", List, Anything, "", All),
    own("cordoned.log.dirs", List, Anything, "", All),
    wide("follower.fetch.last.tiered.offset.enable", Boolean, Anything, "false", All),
    wide("group.consumer.assignment.interval.ms", Int, AtLeast(0), "1000", All),
    wide("group.coordinator.cached.buffer.max.bytes", Int, AtLeast(524_288), "1048588", All),
    wide("group.share.assignment.interval.ms", Int, AtLeast(0), "1000", All),
    wide("group.streams.assignment.interval.ms", Int, AtLeast(0), "1000", All),
    own("listener.security.protocol.map", String, Anything, "SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT", All),
    own("listeners", List, Anything, "PLAINTEXT://:9092", All),
    wide("log.cleaner.backoff.ms", Long, AtLeast(0), "15000", All),
    wide("log.cleaner.dedupe.buffer.size", Long, Anything, "134217728", All),
    wide("log.cleaner.delete.retention.ms", Long, AtLeast(0), "86400000", All),
    wide("log.cleaner.io.buffer.load.factor", Double, Anything, "0.9", All),
    wide("log.cleaner.io.buffer.size", Int, AtLeast(0), "524288", All),
    wide("log.cleaner.io.max.bytes.per.second", Double, Anything, "", All),
    wide("log.cleaner.max.compaction.lag.ms", Long, AtLeast(1), "9223372036854775807", All),
    wide("log.cleaner.min.cleanable.ratio", Double, Ratio, "0.5", All),
    wide("log.cleaner.min.compaction.lag.ms", Long, AtLeast(0), "0", All),
    wide("log.cleaner.threads", Int, AtLeast(0), "1", All),
    wide("log.cleanup.policy", List, Words(&["compact", "delete"]), "delete", All),
    wide("log.flush.interval.messages", Long, AtLeast(1), "9223372036854775807", All),
    wide("log.flush.interval.ms", Long, Anything, "", All),
    wide("log.index.interval.bytes", Int, AtLeast(0), "4096", All),
    wide("log.index.size.max.bytes", Int, AtLeast(4), "10485760", All),
    wide("log.local.retention.bytes", Long, AtLeast(-2), "-2", All),
    wide("log.local.retention.ms", Long, AtLeast(-2), "-2", All),
    wide("log.message.downconversion.enable", Boolean, Anything, "true", Only3),
    wide("log.message.timestamp.after.max.ms", Long, AtLeast(0), "3600000", All),
    wide("log.message.timestamp.before.max.ms", Long, AtLeast(0), "9223372036854775807", All),
    wide("log.message.timestamp.difference.max.ms", Long, AtLeast(0), "9223372036854775807", Only3),
    wide("log.message.timestamp.type", String, Words(&["CreateTime", "LogAppendTime"]), "CreateTime", All),
    wide("log.preallocate", Boolean, Anything, "false", All),
    wide("log.retention.bytes", Long, Anything, "-1", All),
    wide("log.retention.ms", Long, Anything, "", All),
    wide("log.roll.jitter.ms", Long, Anything, "", All),
    wide("log.roll.ms", Long, Anything, "", All),
    wide("log.segment.bytes", Int, AtLeastRaised(14, 1 << 20), "1073741824", All),
    wide("log.segment.delete.delay.ms", Long, AtLeast(0), "60000", All),
    wide("max.connection.creation.rate", Int, AtLeast(0), "2147483647", All),
    wide("max.connections", Int, AtLeast(0), "2147483647", All),
    wide("max.connections.per.ip", Int, AtLeast(0), "2147483647", All),
    wide("max.connections.per.ip.overrides", String, Anything, "", All),
    wide("message.max.bytes", Int, AtLeast(0), "1048588", All),
    wide("metric.reporters", List, Anything, "org.apache.kafka.common.metrics.JmxReporter", All),
    wide("min.insync.replicas", Int, AtLeast(1), "1", All),
    wide("num.io.threads", Int, AtLeast(1), "8", All),
    wide("num.network.threads", Int, AtLeast(1), "3", All),
    wide("num.recovery.threads.per.data.dir", Int, AtLeast(1), "2", All),
    wide("num.replica.fetchers", Int, Anything, "1", All),
    own("principal.builder.class", Class, Anything, "org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder", All),
    wide("producer.id.expiration.ms", Int, AtLeast(1), "86400000", All),
    wide("remote.fetch.max.wait.ms", Int, AtLeast(1), "500", All),
    wide("remote.list.offsets.request.timeout.ms", Long, AtLeast(1), "30000", All),
    wide("remote.log.index.file.cache.total.size.bytes", Long, AtLeast(1), "1073741824", All),
    wide("remote.log.manager.copier.thread.pool.size", Int, AtLeast(1), "10", All),
    wide("remote.log.manager.copy.max.bytes.per.second", Long, AtLeast(1), "9223372036854775807", All),
    wide("remote.log.manager.expiration.thread.pool.size", Int, AtLeast(1), "10", All),
    wide("remote.log.manager.fetch.max.bytes.per.second", Long, AtLeast(1), "9223372036854775807", All),
    wide("remote.log.manager.follower.thread.pool.size", Int, AtLeast(1), "2", All),
    wide("remote.log.reader.threads", Int, AtLeast(1), "10", All),
    own("sasl.enabled.mechanisms", List, Anything, "GSSAPI", All),
    own("sasl.jaas.config", Password, Anything, "", All),
    own("sasl.kerberos.kinit.cmd", String, Anything, "/usr/bin/kinit", All),
    own("sasl.kerberos.min.time.before.relogin", Long, Anything, "60000", All),
    own("sasl.kerberos.principal.to.local.rules", List, Anything, "DEFAULT", All),
    own("sasl.kerberos.service.name", String, Anything, "", All),
    own("sasl.kerberos.ticket.renew.jitter", Double, Anything, "0.05", All),
    own("sasl.kerberos.ticket.renew.window.factor", Double, Anything, "0.8", All),
    own("sasl.login.refresh.buffer.seconds", Short, Anything, "300", All),
    own("sasl.login.refresh.min.period.seconds", Short, Anything, "60", All),
    own("sasl.login.refresh.window.factor", Double, Anything, "0.8", All),
    own("sasl.login.refresh.window.jitter", Double, Anything, "0.05", All),
    own("sasl.mechanism.inter.broker.protocol", String, Anything, "GSSAPI", All),
    wide("share.coordinator.cached.buffer.max.bytes", Int, AtLeast(524_288), "1048588", All),
    own("ssl.cipher.suites", List, Anything, "", All),
    own("ssl.client.auth", String, Words(&["required", "requested", "none"]), "none", All),
    own("ssl.enabled.protocols", List, Anything, "TLSv1.2,TLSv1.3", All),
    own("ssl.endpoint.identification.algorithm", String, Anything, "https", All),
    own("ssl.engine.factory.class", Class, Anything, "", All),
    own("ssl.key.password", Password, Anything, "", All),
    own("ssl.keymanager.algorithm", String, Anything, "SunX509", All),
    own("ssl.keystore.certificate.chain", Password, Anything, "", All),
    own("ssl.keystore.key", Password, Anything, "", All),
    own("ssl.keystore.location", String, Anything, "", All),
    own("ssl.keystore.password", Password, Anything, "", All),
    own("ssl.keystore.type", String, Anything, "JKS", All),
    own("ssl.protocol", String, Anything, "TLSv1.3", All),
    own("ssl.provider", String, Anything, "", All),
    own("ssl.secure.random.implementation", String, Anything, "", All),
    own("ssl.trustmanager.algorithm", String, Anything, "PKIX", All),
    own("ssl.truststore.certificates", Password, Anything, "", All),
    own("ssl.truststore.location", String, Anything, "", All),
    own("ssl.truststore.password", Password, Anything, "", All),
    own("ssl.truststore.type", String, Anything, "JKS", All),
    wide("transaction.partition.verification.enable", Boolean, Anything, "true", All),
    wide("unclean.leader.election.enable", Boolean, Anything, "false", All),
];

/// Every key that a broker reads when it starts, sorted.
#[rustfmt::skip]
const READ_ONLY: &[&str] = &[
    "add.partitions.to.txn.retry.backoff.max.ms", "add.partitions.to.txn.retry.backoff.ms",
    "alter.config.policy.class.name", "alter.log.dirs.replication.quota.window.num",
    "alter.log.dirs.replication.quota.window.size.seconds", "authorizer.class.name", "auto.create.topics.enable",
    "auto.include.jmx.reporter", "auto.leader.rebalance.enable", "broker.heartbeat.interval.ms", "broker.id",
    "broker.id.generation.enable", "broker.rack", "broker.session.timeout.ms", "client.quota.callback.class",
    "connection.failed.authentication.delay.ms", "connections.max.idle.ms", "connections.max.reauth.ms",
    "control.plane.listener.name", "controlled.shutdown.enable", "controlled.shutdown.max.retries",
    "controlled.shutdown.retry.backoff.ms", "controller.listener.names", "controller.quorum.append.linger.ms",
    "controller.quorum.auto.join.enable", "controller.quorum.bootstrap.servers",
    "controller.quorum.election.backoff.max.ms", "controller.quorum.election.timeout.ms",
    "controller.quorum.fetch.max.bytes", "controller.quorum.fetch.snapshot.max.bytes",
    "controller.quorum.fetch.timeout.ms", "controller.quorum.request.timeout.ms", "controller.quorum.retry.backoff.ms",
    "controller.quorum.voters", "controller.quota.window.num", "controller.quota.window.size.seconds",
    "controller.socket.timeout.ms", "create.topic.policy.class.name", "default.replication.factor",
    "delegation.token.expiry.check.interval.ms", "delegation.token.expiry.time.ms", "delegation.token.master.key",
    "delegation.token.max.lifetime.ms", "delegation.token.secret.key",
    "delete.records.purgatory.purge.interval.requests", "delete.topic.enable", "early.start.listeners",
    "eligible.leader.replicas.enable", "fetch.max.bytes", "fetch.purgatory.purge.interval.requests",
    "group.consumer.assignors", "group.consumer.heartbeat.interval.ms", "group.consumer.max.assignment.interval.ms",
    "group.consumer.max.heartbeat.interval.ms", "group.consumer.max.session.timeout.ms", "group.consumer.max.size",
    "group.consumer.migration.policy", "group.consumer.min.assignment.interval.ms",
    "group.consumer.min.heartbeat.interval.ms", "group.consumer.min.session.timeout.ms",
    "group.consumer.session.timeout.ms", "group.coordinator.append.linger.ms", "group.coordinator.background.threads",
    "group.coordinator.rebalance.protocols", "group.coordinator.threads", "group.initial.rebalance.delay.ms",
    "group.max.session.timeout.ms", "group.max.size", "group.min.session.timeout.ms", "group.share.assignors",
    "group.share.delivery.count.limit", "group.share.heartbeat.interval.ms", "group.share.max.assignment.interval.ms",
    "group.share.max.delivery.count.limit", "group.share.max.groups", "group.share.max.heartbeat.interval.ms",
    "group.share.max.partition.max.record.locks", "group.share.max.record.lock.duration.ms",
    "group.share.max.session.timeout.ms", "group.share.max.share.sessions", "group.share.max.size",
    "group.share.min.assignment.interval.ms", "group.share.min.delivery.count.limit",
    "group.share.min.heartbeat.interval.ms", "group.share.min.partition.max.record.locks",
    "group.share.min.record.lock.duration.ms", "group.share.min.session.timeout.ms",
    "group.share.partition.max.record.locks", "group.share.record.lock.duration.ms", "group.share.session.timeout.ms",
    "group.streams.heartbeat.interval.ms", "group.streams.initial.rebalance.delay.ms",
    "group.streams.max.assignment.interval.ms", "group.streams.max.heartbeat.interval.ms",
    "group.streams.max.session.timeout.ms", "group.streams.max.size", "group.streams.max.standby.replicas",
    "group.streams.min.assignment.interval.ms", "group.streams.min.heartbeat.interval.ms",
    "group.streams.min.session.timeout.ms", "group.streams.num.standby.replicas", "group.streams.session.timeout.ms",
    "initial.broker.registration.timeout.ms", "inter.broker.listener.name", "inter.broker.protocol.version",
    "kafka.metrics.polling.interval.secs", "kafka.metrics.reporters", "leader.imbalance.check.interval.seconds",
    "leader.imbalance.per.broker.percentage", "log.cleaner.enable", "log.dir", "log.dir.failure.timeout.ms", "log.dirs",
    "log.flush.offset.checkpoint.interval.ms", "log.flush.scheduler.interval.ms",
    "log.flush.start.offset.checkpoint.interval.ms", "log.message.format.version", "log.retention.check.interval.ms",
    "log.retention.hours", "log.retention.minutes", "log.roll.hours", "log.roll.jitter.hours",
    "max.incremental.fetch.session.cache.slots", "max.request.partition.size.limit", "metadata.log.dir",
    "metadata.log.max.record.bytes.between.snapshots", "metadata.log.max.snapshot.interval.ms",
    "metadata.log.segment.bytes", "metadata.log.segment.ms", "metadata.max.idle.interval.ms",
    "metadata.max.retention.bytes", "metadata.max.retention.ms", "metrics.num.samples", "metrics.recording.level",
    "metrics.sample.window.ms", "node.id", "num.partitions", "num.replica.alter.log.dirs.threads",
    "offset.metadata.max.bytes", "offsets.commit.required.acks", "offsets.commit.timeout.ms",
    "offsets.load.buffer.size", "offsets.retention.check.interval.ms", "offsets.retention.minutes",
    "offsets.topic.compression.codec", "offsets.topic.num.partitions", "offsets.topic.replication.factor",
    "offsets.topic.segment.bytes", "password.encoder.cipher.algorithm", "password.encoder.iterations",
    "password.encoder.key.length", "password.encoder.keyfactory.algorithm", "password.encoder.old.secret",
    "password.encoder.secret", "process.roles", "producer.purgatory.purge.interval.requests",
    "queued.max.request.bytes", "queued.max.requests", "quota.window.num", "quota.window.size.seconds",
    "remote.log.manager.copy.quota.window.num", "remote.log.manager.copy.quota.window.size.seconds",
    "remote.log.manager.fetch.quota.window.num", "remote.log.manager.fetch.quota.window.size.seconds",
    "remote.log.manager.task.interval.ms", "remote.log.manager.thread.pool.size",
    "remote.log.metadata.custom.metadata.max.bytes", "remote.log.metadata.manager.class.name",
    "remote.log.metadata.manager.class.path", "remote.log.metadata.manager.impl.prefix",
    "remote.log.metadata.manager.listener.name", "remote.log.reader.max.pending.tasks",
    "remote.log.storage.manager.class.name", "remote.log.storage.manager.class.path",
    "remote.log.storage.manager.impl.prefix", "remote.log.storage.system.enable", "replica.fetch.backoff.ms",
    "replica.fetch.max.bytes", "replica.fetch.min.bytes", "replica.fetch.response.max.bytes",
    "replica.fetch.wait.max.ms", "replica.high.watermark.checkpoint.interval.ms", "replica.lag.time.max.ms",
    "replica.selector.class", "replica.socket.receive.buffer.bytes", "replica.socket.timeout.ms",
    "replication.quota.window.num", "replication.quota.window.size.seconds", "request.timeout.ms",
    "reserved.broker.max.id", "sasl.client.callback.handler.class", "sasl.login.callback.handler.class",
    "sasl.login.class", "sasl.login.connect.timeout.ms", "sasl.login.read.timeout.ms",
    "sasl.login.retry.backoff.max.ms", "sasl.login.retry.backoff.ms", "sasl.mechanism.controller.protocol",
    "sasl.oauthbearer.assertion.algorithm", "sasl.oauthbearer.assertion.claim.aud",
    "sasl.oauthbearer.assertion.claim.exp.seconds", "sasl.oauthbearer.assertion.claim.iss",
    "sasl.oauthbearer.assertion.claim.jti.include", "sasl.oauthbearer.assertion.claim.nbf.seconds",
    "sasl.oauthbearer.assertion.claim.sub", "sasl.oauthbearer.assertion.file",
    "sasl.oauthbearer.assertion.private.key.file", "sasl.oauthbearer.assertion.private.key.passphrase",
    "sasl.oauthbearer.assertion.template.file", "sasl.oauthbearer.client.credentials.client.id",
    "sasl.oauthbearer.client.credentials.client.secret", "sasl.oauthbearer.clock.skew.seconds",
    "sasl.oauthbearer.expected.audience", "sasl.oauthbearer.expected.issuer",
    "sasl.oauthbearer.jwks.endpoint.refresh.ms", "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms",
    "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", "sasl.oauthbearer.jwks.endpoint.url",
    "sasl.oauthbearer.jwt.retriever.class", "sasl.oauthbearer.jwt.validator.class", "sasl.oauthbearer.scope",
    "sasl.oauthbearer.scope.claim.name", "sasl.oauthbearer.sub.claim.name", "sasl.oauthbearer.token.endpoint.url",
    "sasl.server.callback.handler.class", "sasl.server.max.receive.size", "security.inter.broker.protocol",
    "security.providers", "share.coordinator.append.linger.ms", "share.coordinator.load.buffer.size",
    "share.coordinator.snapshot.update.records.per.snapshot", "share.coordinator.state.topic.compression.codec",
    "share.coordinator.state.topic.min.isr", "share.coordinator.state.topic.num.partitions",
    "share.coordinator.state.topic.replication.factor", "share.coordinator.state.topic.segment.bytes",
    "share.coordinator.threads", "share.coordinator.write.timeout.ms", "share.fetch.purgatory.purge.interval.requests",
    "socket.connection.setup.timeout.max.ms", "socket.connection.setup.timeout.ms", "socket.listen.backlog.size",
    "socket.receive.buffer.bytes", "socket.request.max.bytes", "socket.send.buffer.bytes", "ssl.allow.dn.changes",
    "ssl.allow.san.changes", "ssl.principal.mapping.rules", "telemetry.max.bytes",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms", "transaction.max.timeout.ms",
    "transaction.remove.expired.transaction.cleanup.interval.ms", "transaction.state.log.load.buffer.size",
    "transaction.state.log.min.isr", "transaction.state.log.num.partitions", "transaction.state.log.replication.factor",
    "transaction.state.log.segment.bytes", "transaction.two.phase.commit.enable", "transactional.id.expiration.ms",
    "zookeeper.clientCnxnSocket", "zookeeper.connect", "zookeeper.connection.timeout.ms",
    "zookeeper.max.in.flight.requests", "zookeeper.metadata.migration.enable", "zookeeper.session.timeout.ms",
    "zookeeper.set.acl", "zookeeper.ssl.cipher.suites", "zookeeper.ssl.client.enable", "zookeeper.ssl.crl.enable",
    "zookeeper.ssl.enabled.protocols", "zookeeper.ssl.endpoint.identification.algorithm",
    "zookeeper.ssl.keystore.location", "zookeeper.ssl.keystore.password", "zookeeper.ssl.keystore.type",
    "zookeeper.ssl.ocsp.enable", "zookeeper.ssl.protocol", "zookeeper.ssl.truststore.location",
    "zookeeper.ssl.truststore.password", "zookeeper.ssl.truststore.type",
];
