//! Subjects of the Schema Registry as the API shows them (rank 4).

use std::ops::Bound;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    ClusterView, DriftItem, Page, SourcePlace,
    item::owner,
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
    /// Where it is declared; null when it is not.
    #[schema(required)]
    pub declared: Option<SourcePlace>,
    /// `managed` (declared in git) or `unmanaged`.
    pub owner: String,
    /// Open drift of the subject.
    pub drift: Vec<DriftItem>,
    /// Why the subject could not be read; null when it could.
    #[schema(required)]
    pub unknown: Option<String>,
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
            declared: declared.map(|declared| SourcePlace::from(&declared.place)),
            owner: owner(declared.is_some()).to_owned(),
            drift: self.drift_of(&object),
            unknown: one.unknown().map(str::to_owned),
        }
    }

    fn declared_schema(&self, object: &ObjectRef) -> Option<&DesiredSchema> {
        match self.declared(object)? {
            DesiredRef::Schema(schema) => Some(schema),
            _ => None,
        }
    }
}
