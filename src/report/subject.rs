//! Subjects of the Schema Registry as the API shows them (rank 4).

use std::ops::Bound;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    BlockedItem, ClusterView, Page, Standing,
    lists::{self, Seen},
};
use crate::{
    desired::{DesiredRef, DesiredSchema},
    live::{Found, LiveSubject, Observed, RegistryLive},
    model::{EVERY_SUBJECT, Kind, ObjectRef, Plane},
};

/// A subject. What could not be read of it is null, and `unknown` says why. Of subjects that git neither declares nor owns
/// (`owns.subjects`) the registry is not asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SchemaItem {
    /// The subject.
    pub name: String,
    /// `AVRO`, `JSON` or `PROTOBUF`, as git declares it; null when it declares no schema for the subject.
    #[serde(rename = "type")]
    #[schema(required)]
    pub format: Option<String>,
    /// The versions that are not deleted, oldest first; empty when the subject is deleted, but not for good.
    #[schema(required)]
    pub versions: Option<Vec<u32>>,
    /// The version that the declared schema is; null when the registry does not know the schema.
    #[schema(required)]
    pub version: Option<u32>,
    /// The declared schema's id; null when the registry does not know the schema.
    #[schema(required)]
    pub id: Option<u32>,
    /// How the subject's schemas may change, where it says so itself; null when it goes by the registry's setting.
    #[schema(required)]
    pub compatibility: Option<String>,
    /// How schemas may change where a subject does not say; null when the registry did not tell.
    #[schema(required)]
    pub global_compatibility: Option<String>,
    /// Where git declares it, what differs, and why it is not known.
    #[serde(flatten)]
    pub standing: Standing,
}

/// A subject, and what is withheld.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SchemaDetail {
    /// What the list shows.
    #[serde(flatten)]
    pub schema: SchemaItem,
    /// Changes to the subject that are withheld.
    pub blocked: Vec<BlockedItem>,
}

impl ClusterView {
    /// Returns subjects behind the cursor, sorted by name.
    #[must_use]
    pub fn schemas(&self, cursor: Option<&str>, limit: usize) -> Seen<Page<SchemaItem>> {
        let registry = self.beside(Plane::Registry, self.registry.as_ref())?;
        Some(registry.map(|registry| {
            let behind = (lists::behind(cursor), Bound::Unbounded);
            let subjects = registry.subjects.range::<str, _>(behind);
            // what stands for all subjects is none of them; each tells of it
            let subjects = subjects.filter(|(name, _)| *name != EVERY_SUBJECT);
            let subjects = subjects.map(|(name, one)| (name.as_str(), one));
            let key = |(name, _): &(&str, &_)| (*name).to_owned();
            Page::take(subjects, limit, key, |(name, one)| {
                self.schema_item(registry, name, one)
            })
        }))
    }

    /// Returns one subject; inner `None` when the registry has none of the name, or was not asked for it.
    #[must_use]
    pub fn schema(&self, name: &str) -> Seen<Option<SchemaDetail>> {
        let registry = self.beside(Plane::Registry, self.registry.as_ref())?;
        Some(registry.map(|registry| {
            let one = registry.subjects.get(name);
            let one = one.filter(|_| name != EVERY_SUBJECT)?;
            Some(SchemaDetail {
                schema: self.schema_item(registry, name, one),
                blocked: self.blocked_of(&ObjectRef::new(Kind::Schema, name)),
            })
        }))
    }

    fn schema_item(
        &self,
        registry: &RegistryLive,
        name: &str,
        one: &Observed<LiveSubject>,
    ) -> SchemaItem {
        let object = ObjectRef::new(Kind::Schema, name);
        let declared = self.declared_schema(&object);
        let live = one.known();
        let found: Option<&Found> = live.and_then(|live| live.declared.as_ref());
        let own = live.and_then(|live| live.compatibility.as_ref());
        let global = registry.compatibility.known();
        SchemaItem {
            name: name.to_owned(),
            format: declared.map(|declared| declared.format.as_str().to_owned()),
            versions: live.map(|live| live.versions.clone()),
            version: found.map(|found| found.version),
            id: found.map(|found| found.id),
            compatibility: own.map(ToString::to_string),
            global_compatibility: global.map(ToString::to_string),
            standing: self.standing(&object, one),
        }
    }

    fn declared_schema(&self, object: &ObjectRef) -> Option<&DesiredSchema> {
        match self.declared(object)? {
            DesiredRef::Schema(schema) => Some(schema),
            _ => None,
        }
    }
}
