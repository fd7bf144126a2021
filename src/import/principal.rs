//! A principal's document: how it logs in, its ACLs and its quotas; and the quotas of others (import, pure).

use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;

use super::text::{Block, Labels, flow, scalar};
use crate::model::{
    AclOperation, AclPattern, AclPermission, AclResource, QuotaEntity, ScramMechanism,
};

/// Beginning of the principals that are users.
pub(super) const USER: &str = "User:";

/// Everything about one principal.
#[derive(Debug, Default)]
pub(super) struct Principal {
    pub(super) scram: Option<Scram>,
    pub(super) rules: Rules,
    /// Quotas by the names of documents.
    pub(super) quotas: Vec<(String, String)>,
    pub(super) labels: Labels,
}

/// What a principal may and may not do.
pub(super) type Rules = BTreeMap<Rule, BTreeSet<AclOperation>>;

/// SCRAM credentials.
#[derive(Debug)]
pub(super) struct Scram {
    pub(super) mechanisms: Vec<ScramMechanism>,
    pub(super) iterations: Option<u32>,
    /// The name of the secret with the password.
    pub(super) secret: String,
}

/// What ACLs that differ in the operation only have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rule {
    pub(super) resource: AclResource,
    pub(super) name: CompactString,
    pub(super) pattern: AclPattern,
    pub(super) host: CompactString,
    pub(super) permission: AclPermission,
}

impl Principal {
    /// Returns the document, a User's where there is a user.
    pub(super) fn document(&self, name: &str) -> String {
        let Some(user) = name.strip_prefix(USER).filter(|user| *user != "*") else {
            let name_of = name.replace([':', '*'], "-");
            let mut block = Block::labelled("Acl", &name_of, &self.labels);
            block.line(1, &format!("principal: {}", scalar(name)));
            rules(&self.rules, &mut block);
            return block.finish();
        };
        let mut block = Block::labelled("User", user, &self.labels);
        if let Some(scram) = &self.scram {
            block.line(1, &scram.line());
        }
        rules(&self.rules, &mut block);
        if !self.quotas.is_empty() {
            let each = self.quotas.iter();
            let all: Vec<String> = each
                .map(|(field, value)| format!("{field}: {value}"))
                .collect();
            block.line(1, &format!("quotas: {{{}}}", all.join(", ")));
        }
        block.finish()
    }
}

impl Scram {
    fn line(&self) -> String {
        let words: Vec<&str> = self.mechanisms.iter().map(|m| m.as_str()).collect();
        let mechanism = match words.as_slice() {
            [one] => (*one).to_owned(),
            several => format!("[{}]", several.join(", ")),
        };
        let iterations = self.iterations;
        let iterations = iterations.map_or(String::new(), |n| format!(", iterations: {n}"));
        let secret = &self.secret;
        format!("scram: {{mechanism: {mechanism}, passwordFrom: {{secret: {secret}}}{iterations}}}")
    }
}

fn rules(rules: &Rules, block: &mut Block) {
    if rules.is_empty() {
        return;
    }
    block.line(1, "acls:");
    for (rule, operations) in rules {
        let operations: Vec<String> = operations.iter().map(|o| flow(&o.to_string())).collect();
        let mut line = format!(
            "- {{resource: {{type: {}, name: {}",
            flow(&rule.resource.to_string()),
            flow(&rule.name)
        );
        if rule.pattern != AclPattern::LITERAL {
            line.push_str(&format!(", pattern: {}", flow(&rule.pattern.to_string())));
        }
        line.push_str(&format!("}}, operations: [{}]", operations.join(", ")));
        if rule.host != "*" {
            line.push_str(&format!(", host: {}", flow(&rule.host)));
        }
        if rule.permission != AclPermission::ALLOW {
            line.push_str(&format!(
                ", permission: {}",
                flow(&rule.permission.to_string())
            ));
        }
        line.push('}');
        block.line(2, &line);
    }
}

/// Returns the document of a quota that is not a user's alone.
pub(super) fn quota(name: &str, entity: &QuotaEntity, quotas: &[(String, String)]) -> String {
    let mut block = Block::document("Quota", name);
    for (of, name) in entity.parts() {
        let field = match of {
            "client-id" => "clientId",
            other => other,
        };
        block.line(1, &format!("{field}: {}", scalar(&name.to_string())));
    }
    for (field, value) in quotas {
        block.line(1, &format!("{field}: {value}"));
    }
    block.finish()
}

/// Spells Kafka's name of a quota as documents do: `producer_byte_rate`, `producerByteRate`.
pub(super) fn quota_field(key: &str) -> String {
    let mut words = key.split('_');
    let mut field = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        field.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        field.push_str(letters.as_str());
    }
    field
}
