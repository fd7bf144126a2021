//! Who may do what, and how much, as it was read from another tool's documents (import, pure).

use std::collections::BTreeMap;

use compact_str::CompactString;

use super::{
    found::Found,
    sheet::{Fields, Spot},
};
use crate::{
    import::{
        access::Principals,
        principal::{Principal, Rule, Scram, USER, quota_field},
        text::Labels,
    },
    model::{AclOperation, AclPattern, AclPermission, AclResource, QuotaEntity, ScramMechanism},
};

/// The one name of the resource `cluster` (Kafka, `Resource.CLUSTER_NAME`).
pub(super) const CLUSTER_NAME: &str = "kafka-cluster";

/// Who may do what.
#[derive(Default)]
pub(super) struct Rights {
    pub(super) principals: Principals,
    /// Quotas that are not a user's alone, by name.
    pub(super) quotas: BTreeMap<CompactString, (QuotaEntity, Vec<(String, String)>)>,
}

/// An ACL in another tool's words, one for each operation.
pub(super) struct Asked<'t> {
    pub(super) principal: &'t str,
    pub(super) resource: &'t str,
    /// None only where there is one: the cluster.
    pub(super) name: Option<&'t str>,
    pub(super) pattern: Option<&'t str>,
    pub(super) host: Option<&'t str>,
    pub(super) permission: Option<&'t str>,
    pub(super) operations: Vec<&'t str>,
}

/// Finds a word however it is spelled: `DESCRIBE_CONFIGS`, `describeConfigs`, `DescribeConfigs`.
fn word<T: Copy>(text: &str, all: &[T], word: impl Fn(T) -> Option<&'static str>) -> Option<T> {
    let fold = |text: &str| -> String {
        let letters = text.chars().filter(|c| !matches!(c, '_' | '-' | ' '));
        letters.map(|c| c.to_ascii_lowercase()).collect()
    };
    let text = fold(text);
    let is_it = |one: &&T| word(**one).is_some_and(|word| fold(word) == text);
    all.iter().find(is_it).copied()
}

/// Reports a word that is none of those that ACLs have.
fn known<T>(found: Option<T>, what: &str, text: &str, help: &str, spot: Spot<'_>) -> Option<T> {
    if found.is_none() {
        spot.lost(
            format!(
                "ACL left out: {what} `{}` has no counterpart",
                text.escape_debug()
            ),
            help,
        );
    }
    found
}

impl<'t> Asked<'t> {
    /// Reads an ACL whose resource has fields of its own, as Kubernetes' resources say it. `name` is the field that names the
    /// resource.
    pub(super) fn read(acl: &mut Fields<'t>, principal: &'t str, name: &str) -> Option<Self> {
        let mut resource = acl.need_fields("resource")?;
        Some(Self {
            principal,
            resource: resource.need("type").unwrap_or_default(),
            name: resource.text(name),
            pattern: resource.text("patternType"),
            host: acl.text("host"),
            permission: acl.text("type"),
            operations: acl.texts("operations"),
        })
    }

    fn rule(&self, spot: Spot<'_>) -> Option<Rule> {
        let resource = word(self.resource, AclResource::ALL, AclResource::word);
        let help =
            "Kafka's own are topic, group, cluster, transactionalId, delegationToken and user";
        let resource = known(resource, "the resource type", self.resource, help, spot)?;
        let pattern = match self.pattern.unwrap_or("literal") {
            // as Strimzi says it
            "prefix" => "prefixed",
            said => said,
        };
        let help = "name the resources, or the beginning of their names with `pattern: prefixed`";
        let pattern = known(
            word(pattern, AclPattern::ALL, AclPattern::word),
            "the pattern type",
            pattern,
            help,
            spot,
        )?;
        let permission = self.permission.unwrap_or("allow");
        let permission = known(
            word(permission, AclPermission::ALL, AclPermission::word),
            "the permission",
            permission,
            "an ACL allows or denies",
            spot,
        )?;
        let name = match self.name.filter(|name| !name.is_empty()) {
            Some(name) if resource == AclResource::CLUSTER && name != CLUSTER_NAME => {
                let help = "the cluster's name is always `kafka-cluster`";
                return known(None, "the cluster", name, help, spot);
            }
            Some(name) => name,
            None if resource == AclResource::CLUSTER => CLUSTER_NAME,
            None => {
                spot.lost(
                    "ACL left out: nothing says the name of its resource",
                    "`*` stands for all",
                );
                return None;
            }
        };
        Some(Rule {
            resource,
            name: name.into(),
            pattern,
            host: self
                .host
                .filter(|host| !host.is_empty())
                .unwrap_or("*")
                .into(),
            permission,
        })
    }
}

impl Found<'_> {
    /// Adds ACLs.
    pub(super) fn rule(&mut self, asked: &Asked<'_>, spot: Spot<'_>) {
        let Some(rule) = asked.rule(spot) else { return };
        let mut operations = Vec::new();
        for text in &asked.operations {
            let operation = word(text, AclOperation::ALL, AclOperation::word);
            let operation = known(
                operation,
                "the operation",
                text,
                "Kafka has none of that name",
                spot,
            );
            operations.extend(operation);
        }
        if asked.operations.is_empty() {
            spot.lost(
                "ACL left out: it names no operation",
                "name what may be done",
            );
        }
        if let Some(principal) = self.principal(asked.principal, spot)
            && !operations.is_empty()
        {
            principal.rules.entry(rule).or_default().extend(operations);
        }
    }

    /// Adds what a role of the tool stands for.
    pub(super) fn grant(
        &mut self,
        principal: &str,
        (resource, pattern, name): (AclResource, AclPattern, &str),
        operations: &[AclOperation],
        spot: Spot<'_>,
    ) {
        let rule = Rule {
            resource,
            name: name.into(),
            pattern,
            host: "*".into(),
            permission: AclPermission::ALLOW,
        };
        if let Some(principal) = self.principal(principal, spot) {
            principal.rules.entry(rule).or_default().extend(operations);
        }
    }

    /// Finds a principal.
    fn principal(&mut self, name: &str, spot: Spot<'_>) -> Option<&mut Principal> {
        match name.split_once(':') {
            Some((of, rest)) if !of.is_empty() && !rest.is_empty() => {
                Some(self.rights.principals.entry(name.into()).or_default())
            }
            _ => {
                spot.lost(
                    format!(
                        "left out: the principal `{}` is not a type and a name",
                        name.escape_debug()
                    ),
                    "write its type, a colon and its name, such as `User:analytics`",
                );
                None
            }
        }
    }

    /// Adds the labels of a principal whose document has been read.
    pub(super) fn labels_of(&mut self, principal: &str, labels: Labels, spot: Spot<'_>) {
        let Some(found) = self.rights.principals.get_mut(principal) else {
            return spot.note(
                format!("{principal} was left out: it has neither credentials nor ACLs nor quotas"),
                "there is nothing of it in Kafka",
            );
        };
        for (key, value) in labels {
            let first = found
                .labels
                .entry(key.clone())
                .or_insert_with(|| value.clone());
            if *first != value {
                spot.lost(
                    format!(
                        "{principal}: the label `{}` was left out: another document says something else",
                        key.escape_debug()
                    ),
                    "decide which of the two is right",
                );
            }
        }
    }

    /// Adds SCRAM credentials. `password` is where one stands, which goes nowhere.
    pub(super) fn scram(
        &mut self,
        user: &str,
        mechanism: ScramMechanism,
        iterations: Option<u32>,
        password: Option<Spot<'_>>,
        spot: Spot<'_>,
    ) {
        let principal = CompactString::from(format!("{USER}{user}"));
        let principal = self.rights.principals.entry(principal).or_default();
        if let Some(scram) = &mut principal.scram {
            if scram.mechanisms.contains(&mechanism) {
                return spot.lost(
                    format!("user {user}: a second {mechanism} was left out"),
                    "make one of the two",
                );
            }
            if scram.iterations != iterations {
                spot.lost(
                    format!("user {user}: the iterations of {mechanism} were left out: both mechanisms have the same"),
                    "write the number that both are to have",
                );
            }
            if password.is_some() {
                let help = format!(
                    "both mechanisms get the password that `{}` holds",
                    scram.secret
                );
                spot.note(
                    format!("user {user}: the password of {mechanism} is not carried over"),
                    &help,
                );
            }
            scram.mechanisms.push(mechanism);
            scram.mechanisms.sort_unstable();
            return;
        }
        let secret = self.page.secret(&format!("{user}-password"));
        let help = format!("put the password that the user has into the secret `{secret}`");
        let (told, at) = match password {
            Some(password) => ("the password is not carried over", password),
            None => ("the password stands elsewhere", spot),
        };
        at.note(format!("user {user}: {told}"), &help);
        principal.scram = Some(Scram {
            mechanisms: vec![mechanism],
            iterations,
            secret,
        });
    }

    /// Adds a quota.
    pub(super) fn quota(
        &mut self,
        entity: QuotaEntity,
        quotas: Vec<(String, String)>,
        spot: Spot<'_>,
    ) {
        let name = entity.name();
        if quotas.is_empty() {
            return spot.lost(format!("quota {name} left out: it sets nothing"), "");
        }
        if !self.claim("Quota", &name, spot) {
            return;
        }
        match entity.one_user() {
            Some(user) => {
                let principal = CompactString::from(format!("{USER}{user}"));
                self.rights.principals.entry(principal).or_default().quotas = quotas;
            }
            None => drop(self.rights.quotas.insert(name, (entity, quotas))),
        }
    }
}

/// Finds a mechanism however it is spelled: `scram-sha-512`, `SCRAM-SHA-512`.
pub(super) fn mechanism(text: &str) -> Option<ScramMechanism> {
    ScramMechanism::parse(&text.to_ascii_uppercase())
}

/// Quotas by Kafka's names (`QuotaConfig`).
const QUOTAS: [&str; 5] = [
    "producer_byte_rate",
    "consumer_byte_rate",
    "request_percentage",
    "controller_mutation_rate",
    "connection_creation_rate",
];

/// Takes the quotas out of a mapping, by Kafka's names or by those that documents have.
pub(super) fn take_quotas(fields: &mut Fields<'_>) -> Vec<(String, String)> {
    let mut quotas = Vec::new();
    for key in QUOTAS {
        let field = quota_field(key);
        for name in [key, field.as_str()] {
            let Some(spot) = fields.take(name) else {
                continue;
            };
            match spot.plain().and_then(rate) {
                Some(rate) => quotas.push((field.clone(), rate)),
                None => spot.lost(
                    format!(
                        "{}: `{name}` is no number above 0; it was left out",
                        fields.what
                    ),
                    "correct it and import again",
                ),
            }
        }
    }
    quotas
}

/// Writes a number above 0 without an exponent.
fn rate(text: &str) -> Option<String> {
    let number: f64 = text.trim().parse().ok()?;
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let ends = text.starts_with('.') || text.ends_with('.');
    (number.is_finite() && number > 0.0).then(|| match plain && !ends {
        true => text.to_owned(),
        false => format!("{number}"),
    })
}
