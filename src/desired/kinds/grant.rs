//! Grants: what people ask for in a word, and the ACLs that it takes (desired, rank 1).

use super::{
    access::{ALL, CLUSTER_NAME},
    preset::{Name, PRESETS, Preset},
};
use crate::{
    desired::{
        page::{At, Page},
        read::{OneOrMore, Text, mirror},
        snippet,
        word::Admin,
    },
    model::{AclOperation, AclPattern, AclResource},
};

mirror! {
    /// One grant: exactly one of `consume`, `produce`, `transact`, `connect`, `streams` and `admin`, and what goes with it.
    GrantSpec {
        /// Reading topics: a name or a list of names.
        consume = "consume": Option<OneOrMore<Text>>,
        /// Writing to topics: a name or a list of names.
        produce = "produce": Option<OneOrMore<Text>>,
        /// Transactions: a transactional id or a list of them.
        transact = "transact": Option<OneOrMore<Text>>,
        /// Running Connect workers: what their group id and internal topics begin with.
        connect = "connect": Option<OneOrMore<Text>>,
        /// Running a Kafka Streams application: its application id.
        streams = "streams": Option<OneOrMore<Text>>,
        /// Looking after the cluster: `cluster` all of it, `readonly` looking only, `headgate` what Headgate itself needs.
        admin = "admin": Option<Admin>,
        /// With `consume`: the group in which it is done.
        group = "group": Option<Text>,
        /// With `consume`, `produce` and `transact`: `prefixed` when the names are what names begin with. Default: `literal`.
        pattern = "pattern": Option<AclPattern>,
        /// With `group`: `prefixed` when it is what groups' names begin with. Default: `literal`.
        group_pattern = "groupPattern": Option<AclPattern>,
        /// From where: an IP address, or `*`. Default: `*`.
        host = "host": Option<Text>,
    }
}

/// A resource, and what may be done with it.
pub(super) type Granted<'a> = (AclResource, AclPattern, &'a str, &'static [AclOperation]);

impl GrantSpec {
    /// Lists what the grant stands for.
    pub(super) fn rights<'a>(
        &'a self,
        at: At,
        clean: bool,
        page: &mut Page<'_>,
    ) -> Vec<Granted<'a>> {
        let Some((preset, names)) = self.preset(at, clean, page) else {
            return Vec::new();
        };
        self.refuse_strangers(preset, at, page);
        let pattern = self.pattern.unwrap_or(AclPattern::LITERAL);
        let group_pattern = self.group_pattern.unwrap_or(AclPattern::LITERAL);
        let mut rights: Vec<Granted<'a>> = Vec::new();
        for right in preset.rights {
            let mut add = |pattern, name: &'a str| {
                rights.push((right.resource, pattern, name, right.operations));
            };
            match right.name {
                Name::Given => names.iter().for_each(|name| add(pattern, name)),
                Name::Beginning => names
                    .iter()
                    .for_each(|name| add(AclPattern::PREFIXED, name)),
                Name::Group => self
                    .group
                    .iter()
                    .for_each(|group| add(group_pattern, &group.value)),
                Name::BeginningWith(name) => add(AclPattern::PREFIXED, name),
                Name::Every => add(AclPattern::LITERAL, ALL),
                Name::Cluster => add(AclPattern::LITERAL, CLUSTER_NAME),
            }
        }
        rights
    }

    /// Finds the one preset that is meant, and the names it is about.
    fn preset(
        &self,
        at: At,
        clean: bool,
        page: &mut Page<'_>,
    ) -> Option<(&'static Preset, Vec<&str>)> {
        let named = [
            ("consume", &self.consume),
            ("produce", &self.produce),
            ("transact", &self.transact),
            ("connect", &self.connect),
            ("streams", &self.streams),
        ];
        let named = named
            .into_iter()
            .filter_map(|(field, names)| Some((field, None, names.as_ref()?.0.as_slice())));
        let admin = self.admin.map(|admin| ("admin", Some(admin.0), &[][..]));
        let said: Vec<(&str, Option<&str>, &[Text])> = named.chain(admin).collect();
        let &[(field, word, names)] = said.as_slice() else {
            // what could not be read may have been the one thing
            if clean || said.len() > 1 {
                let help = format!("known here: {}", snippet::quoted(&Preset::fields()));
                page.error_with(at, "a grant is exactly one thing", help);
            }
            return None;
        };
        let preset = PRESETS
            .iter()
            .find(|p| p.field == field && p.word == word)?;
        Some((
            preset,
            names.iter().map(|name| name.value.as_str()).collect(),
        ))
    }

    /// Refuses fields that mean nothing beside this preset.
    fn refuse_strangers(&self, preset: &Preset, at: At, page: &mut Page<'_>) {
        let uses = |name| preset.rights.iter().any(|right| right.name == name);
        let group = uses(Name::Group);
        let strangers = [
            ("group", self.group.is_some(), group),
            (
                "groupPattern",
                self.group_pattern.is_some(),
                group && self.group.is_some(),
            ),
            ("pattern", self.pattern.is_some(), uses(Name::Given)),
        ];
        for (field, said, meant) in strangers {
            if said && !meant {
                page.error(
                    at,
                    format!(
                        "`{field}` means nothing here in a grant of `{}`",
                        preset.field
                    ),
                );
            }
        }
    }
}

impl Preset {
    /// Lists the fields that grants are asked for by.
    pub(super) fn fields() -> Vec<&'static str> {
        let mut fields: Vec<&str> = PRESETS.iter().map(|p| p.field).collect();
        fields.dedup();
        fields
    }
}

impl Admin {
    /// Lists the words of `admin`.
    pub(in crate::desired) fn words() -> Vec<&'static str> {
        let words = PRESETS.iter().filter_map(|p| p.word);
        words.collect()
    }

    /// Makes one of a word.
    pub(in crate::desired) fn parse(text: &str) -> Option<Self> {
        Self::words()
            .into_iter()
            .find(|word| *word == text)
            .map(Self)
    }
}
