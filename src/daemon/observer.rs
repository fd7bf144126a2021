//! What a pass sees (daemon): the planes, the secrets that git names, and whether logins work.

use std::collections::BTreeMap;

use super::{
    Planes, checks::Checks, connectors::look_for_connectors, logins::Logins, planes::Took,
    slow::Slow,
};
use crate::{
    apply::Secrets,
    desired::{DesiredCluster, DesiredValue},
    live::{Fingerprints, Live, Looks, Observed},
    model::{Kind, Ledger, ObjectRef, SecretName},
    plan::{self, ActionResult},
    secrets::Vault,
};

/// Looks at one cluster.
pub(super) struct Observer {
    pub(super) planes: Planes,
    pub(super) vault: Vault,
    logins: Logins,
    checks: Checks,
    slow: Slow,
}

impl Observer {
    pub(super) fn new(planes: Planes, vault: Vault, logins: Logins) -> Self {
        Self {
            planes,
            vault,
            logins,
            checks: Checks::default(),
            slow: Slow::default(),
        }
    }

    /// Sees what planning needs, and says how long each plane took.
    pub(super) async fn observe(&self, desired: &DesiredCluster, ledger: &Ledger) -> (Live, Took) {
        let (live, took) = self.planes.observe(desired, ledger, &self.slow).await;
        let mut live = self.sought(desired, ledger, live).await;
        live.secrets = self.fingerprints(desired);
        if let Some(Observed::Known(connect)) = &mut live.connect {
            let secrets = Secrets::new(Some(desired), ledger, &self.vault, &live.secrets);
            secrets.hide_all(connect);
        }
        let connect = &self.planes.connect;
        let checking = self
            .checks
            .check(connect, &self.vault, desired, ledger, &mut live);
        checking.await;
        if let Observed::Known(kafka) = &mut live.kafka {
            let plane = self.planes.kafka.as_ref();
            self.logins
                .verify(plane, &self.vault, desired, ledger, &live.secrets, kafka)
                .await;
        }
        (live, took)
    }

    /// Has what was in place and is not seen looked for on another broker, and connectors one by one, before it counts as
    /// missing.
    async fn sought(&self, desired: &DesiredCluster, ledger: &Ledger, live: Live) -> Live {
        let unseen = plan::unseen(desired, &live, ledger);
        let of_connect = |object: &ObjectRef| object.kind == Kind::Connector;
        let (connectors, unseen): (Vec<_>, Vec<_>) = unseen.into_iter().partition(of_connect);
        let mut looks = Looks::new();
        if !unseen.is_empty() {
            looks = self.planes.kafka.look_elsewhere(&unseen).await;
        }
        if !connectors.is_empty() {
            looks.extend(look_for_connectors(&self.planes.connect, desired, connectors).await);
        }
        live.with_looked(looks)
    }

    /// Takes note of what was written: what a login said of a user before says nothing about its new password.
    pub(super) fn wrote(&self, results: &[ActionResult]) {
        let done = results.iter().filter(|r| r.end.is_done());
        let users = done.filter(|r| r.object.kind == Kind::User);
        self.logins.forget(users.map(|r| r.object.name.as_str()));
    }

    /// Reads every secret that git names, and keeps what tells that it changed.
    fn fingerprints(&self, desired: &DesiredCluster) -> Fingerprints {
        let passwords = desired.users.values().flat_map(|user| &user.scram);
        let passwords = passwords.map(|credential| &credential.password);
        let configs = desired.configs.values().flat_map(BTreeMap::values);
        let configs = configs.flat_map(|object| &object.config);
        let connectors = desired.connectors.values();
        let values = configs.chain(connectors.flat_map(|connector| &connector.config));
        let secrets = values.filter_map(|(_, value)| match value {
            DesiredValue::Secret(name) => Some(name),
            DesiredValue::Set(_) | DesiredValue::LeaveAlone => None,
        });
        let named = passwords.chain(secrets);
        named
            .map(|name: &SecretName| (name.clone(), self.vault.fingerprint(name)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures::future::BoxFuture;

    use super::*;
    use crate::{
        desired,
        live::KafkaLive,
        model::{Acl, ClusterName, Converged, Record, SourceFile},
        ports::{Ask, Batch, Credential, KafkaPlane, Looked, Outcome},
        sandbox::Sandbox,
    };

    const ACL: &str = "User:app allow Read topic:literal:orders";

    /// A cluster with a broker that never shows anything, and one that shows what there is.
    struct Lagging {
        behind: Sandbox,
        ahead: Sandbox,
    }

    impl KafkaPlane for Lagging {
        fn observe<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Observed<KafkaLive>> {
            self.behind.observe(ask)
        }

        fn look<'a>(&'a self, objects: &'a [ObjectRef]) -> BoxFuture<'a, Observed<Looked>> {
            self.behind.look(objects)
        }

        fn look_elsewhere<'a>(&'a self, objects: &'a [ObjectRef]) -> BoxFuture<'a, Looks> {
            self.ahead.look_elsewhere(objects)
        }

        fn write(&self, batch: Batch) -> BoxFuture<'_, Vec<Outcome>> {
            self.ahead.write(batch)
        }

        fn log_in<'a>(&'a self, logins: &'a [Credential]) -> BoxFuture<'a, Vec<Observed<bool>>> {
            self.ahead.log_in(logins)
        }
    }

    /// Observes a cluster on which an ACL was in place, and says whether it is seen.
    async fn is_seen(is_there: bool) -> Observed<bool> {
        let plane = Lagging {
            behind: Sandbox::new("c", 3),
            ahead: Sandbox::new("c", 3),
        };
        let acl = Acl::parse(ACL).expect("it is one");
        if is_there {
            plane.write(Batch::CreateAcls(vec![acl.clone()])).await;
        }
        let text = "apiVersion: headgate.dev/v1\nkind: Cluster\nmetadata: {name: c}\n---\napiVersion: headgate.dev/v1\nkind: \
                    User\nmetadata: {name: app}\nspec: {acls: [{resource: {type: topic, name: orders}, operations: [Read]}]}\n";
        let loaded = desired::load(&[SourceFile {
            path: "c/c.yaml".into(),
            bytes: text.as_bytes().to_vec(),
        }]);
        let desired = loaded.desired.clusters.values().next();
        let mut ledger = Ledger::default();
        let in_place = Record {
            converged: Some(Converged::default()),
            ..Record::default()
        };
        let object = ObjectRef::new(Kind::Acl, acl.as_str());
        ledger.records_mut().insert(object, in_place);
        let planes = Planes::of_kafka(Arc::new(plane));
        let cluster = ClusterName::new("c").expect("it is a name");
        let observer = Observer::new(planes, Vault::none(), Logins::read(cluster, None));
        let (live, _) = observer
            .observe(desired.expect("it is declared"), &ledger)
            .await;
        match live.kafka {
            Observed::Known(kafka) => kafka.acls.map(|acls| acls.contains(&acl)),
            Observed::Unknown(why) => Observed::Unknown(why),
        }
    }

    /// Trap 12: absence that one broker shows is confirmed by another.
    #[tokio::test(start_paused = true)]
    async fn what_one_broker_lacks_is_missing_only_if_another_lacks_it_too() {
        assert_eq!(is_seen(true).await, Observed::Known(true));
        assert_eq!(is_seen(false).await, Observed::Known(false));
    }
}
