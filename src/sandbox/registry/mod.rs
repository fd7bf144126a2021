//! A Schema Registry in memory (sandbox stage): what is asked of it, what goes wrong with that, and what it says of declared
//! schemas.

mod schema;
mod world;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use compact_str::CompactString;
use futures::future::BoxFuture;

use super::{Sandbox, service::Service};
use crate::{
    desired::DesiredSchema,
    live::{LiveSubject, Newest, Observed, RegistryLive, RegistryLooked, SchemaText},
    ports::{NewSchema, Outcome, RegistryPlane, RegistryWrite, Wanted},
};

pub use schema::{Kept, Meant};
pub use world::{RegistryWorld, Subject, Version};

/// A registry in memory, beside a Kafka cluster whose fate it shares.
#[derive(Debug)]
pub struct Registry {
    world: Mutex<Arc<RegistryWorld>>,
    service: Service,
}

impl Sandbox {
    /// Makes an empty registry beside this cluster. Faults and death are those of the whole platform.
    #[must_use]
    pub fn registry(&self) -> Registry {
        Registry {
            world: Mutex::default(),
            service: Service::new("the registry", &self.service.fate),
        }
    }
}

impl Registry {
    /// Returns what it holds.
    #[must_use]
    pub fn world(&self) -> Arc<RegistryWorld> {
        Arc::clone(&self.state())
    }

    /// Changes it behind Headgate's back.
    pub fn edit<T>(&self, change: impl FnOnce(&mut RegistryWorld) -> T) -> T {
        change(Arc::make_mut(&mut self.state()))
    }

    /// Ends it, or brings it up again.
    pub fn set_down(&self, is_down: bool) {
        self.service.set_down(is_down);
    }

    fn state(&self) -> MutexGuard<'_, Arc<RegistryWorld>> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes one request, and what goes wrong with it.
    async fn request(&self, make: impl FnOnce(&mut RegistryWorld) -> Outcome) -> Outcome {
        self.service.write(|| self.edit(make)).await
    }

    /// Reads subjects, of which one may be unreadable.
    fn subjects<'n>(
        &self,
        wanted: &Wanted<'_>,
        names: &BTreeSet<&'n CompactString>,
        unreadable: bool,
    ) -> Vec<(&'n CompactString, Observed<Option<LiveSubject>>)> {
        let world = self.world();
        let at = self.service.fate.pick(names.len());
        let each = names.iter().enumerate().map(|(i, name)| {
            let seen = match unreadable && i == at {
                true => Observed::Unknown("it could not be read".to_owned()),
                false => Observed::Known(world.shown(
                    name,
                    wanted.schemas.get(*name),
                    wanted.due.contains(*name),
                )),
            };
            (*name, seen)
        });
        each.collect()
    }
}

impl RegistryPlane for Registry {
    fn observe<'a>(&'a self, wanted: &'a Wanted<'a>) -> BoxFuture<'a, Observed<RegistryLive>> {
        Box::pin(async move {
            let unreadable = match self.service.read().await {
                Ok(unreadable) => unreadable,
                Err(why) => return Observed::Unknown(why),
            };
            let world = self.world();
            let listed = world.subjects().keys();
            let owned = listed.filter(|name| wanted.owned.iter().any(|p| p.matches(name)));
            let names: BTreeSet<&CompactString> = owned
                .chain(wanted.schemas.keys())
                .chain(wanted.due)
                .collect();
            let mut live = RegistryLive {
                compatibility: Observed::Known(world.level().as_str().into()),
                ..RegistryLive::default()
            };
            for (name, seen) in self.subjects(wanted, &names, unreadable) {
                if let (Observed::Known(seen), Some(declared)) = (&seen, wanted.schemas.get(name))
                    && let Some(check) = check(&world, wanted, name, declared, seen.as_ref())
                {
                    live.checks.insert(name.clone(), Observed::Known(check));
                }
                match seen {
                    Observed::Known(None) => {}
                    Observed::Known(Some(seen)) => {
                        live.subjects.insert(name.clone(), Observed::Known(seen));
                    }
                    Observed::Unknown(why) => {
                        live.subjects.insert(name.clone(), Observed::Unknown(why));
                    }
                }
            }
            self.service.fate.moment().await;
            Observed::Known(live)
        })
    }

    fn look<'a>(
        &'a self,
        wanted: &'a Wanted<'a>,
        subjects: &'a [CompactString],
    ) -> BoxFuture<'a, RegistryLooked> {
        Box::pin(async move {
            let names: BTreeSet<&CompactString> = subjects.iter().collect();
            let looked = match self.service.read().await {
                Ok(unreadable) => RegistryLooked {
                    compatibility: Observed::Known(self.world().level().as_str().into()),
                    subjects: self
                        .subjects(wanted, &names, unreadable)
                        .into_iter()
                        .map(|(name, seen)| (name.clone(), seen))
                        .collect(),
                },
                Err(why) => RegistryLooked {
                    compatibility: Observed::Unknown(why.clone()),
                    subjects: names
                        .into_iter()
                        .map(|name| (name.clone(), Observed::Unknown(why.clone())))
                        .collect(),
                },
            };
            self.service.fate.moment().await;
            looked
        })
    }

    fn texts<'a>(
        &'a self,
        subjects: &'a [CompactString],
    ) -> BoxFuture<'a, BTreeMap<CompactString, Observed<SchemaText>>> {
        Box::pin(async move {
            let refused = self.service.read().await.err();
            let world = self.world();
            let text = |name: &CompactString| {
                let newest = world.subjects().get(name);
                let newest = newest.and_then(|subject| subject.live().next_back());
                let read = match (&refused, newest) {
                    (Some(why), _) => Observed::Unknown(why.clone()),
                    (None, None) => Observed::Unknown("it was deleted meanwhile".to_owned()),
                    (None, Some(newest)) => Observed::Known(newest.schema.told()),
                };
                (name.clone(), read)
            };
            let texts = subjects.iter().map(text).collect();
            self.service.fate.moment().await;
            texts
        })
    }

    fn newest<'a>(
        &'a self,
        subjects: &'a [CompactString],
    ) -> BoxFuture<'a, BTreeMap<CompactString, Newest>> {
        Box::pin(async move {
            let is_silent = self.service.read().await.is_err();
            let world = self.world();
            let read = subjects.iter().filter(|_| !is_silent).filter_map(|name| {
                let newest = world.subjects().get(name)?.live().next_back()?;
                let told = newest.schema.told();
                let newest = Newest {
                    version: newest.number,
                    format: told.format,
                    text: told.text.into(),
                };
                Some((name.clone(), newest))
            });
            read.collect()
        })
    }

    fn write(&self, write: RegistryWrite) -> BoxFuture<'_, Outcome> {
        Box::pin(async move {
            let RegistryWrite::DeleteSubject { subject } = &write else {
                return self.request(|world| world.write(&write)).await;
            };
            // two requests, as registries want it
            match self.request(|world| world.delete_softly(subject)).await {
                Outcome::Applied => self.request(|world| world.delete_for_good(subject)).await,
                other => other,
            }
        })
    }
}

/// Says what speaks against a declared schema as its subject's next version; `None`: nobody can say yet, or needs to.
fn check(
    world: &RegistryWorld,
    wanted: &Wanted<'_>,
    name: &str,
    declared: &DesiredSchema,
    live: Option<&LiveSubject>,
) -> Option<Vec<String>> {
    let kept = match world.meant(&NewSchema::from(declared)) {
        Ok(kept) => kept,
        Err(missing) => {
            let is_awaited =
                |one: &&Meant| one.is_to_come() && wanted.schemas.contains_key(one.subject());
            let lost = missing.iter().filter(|one| !is_awaited(one));
            let told: Vec<String> = lost.map(ToString::to_string).collect();
            return (!told.is_empty()).then_some(told);
        }
    };
    let own = live.and_then(|live| live.compatibility.as_deref());
    let is_to_change = declared
        .compatibility
        .is_some_and(|level| own != Some(level.as_str()));
    if live.is_some_and(LiveSubject::is_current) || is_to_change {
        return None;
    }
    match kept.is_valid() {
        true => Some(world.against(name, &kept)),
        false => Some(vec!["it is no schema".to_owned()]),
    }
}
