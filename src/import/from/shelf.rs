//! What other documents refer to by name: ConfigMaps, roles, plans (import, pure). It is written where it is used, and what
//! nobody uses is told.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
};

use super::sheet::Spot;

/// Things of one sort, by name.
pub(super) struct Shelf<'d> {
    sort: &'static str,
    things: BTreeMap<&'d str, Spot<'d>>,
    used: RefCell<BTreeSet<&'d str>>,
}

impl<'d> Shelf<'d> {
    pub(super) fn new(
        sort: &'static str,
        things: impl IntoIterator<Item = (&'d str, Spot<'d>)>,
    ) -> Self {
        let mut shelf = Self {
            sort,
            things: BTreeMap::new(),
            used: RefCell::default(),
        };
        shelf.extend(things);
        shelf
    }

    /// Adds things; of two with one name the first stays.
    pub(super) fn extend(&mut self, things: impl IntoIterator<Item = (&'d str, Spot<'d>)>) {
        for (name, spot) in things {
            match self.things.entry(name) {
                Entry::Vacant(free) => drop(free.insert(spot)),
                Entry::Occupied(first) => spot.lost(
                    format!(
                        "the {} `{}` is there a second time, first at {}; this one was left out",
                        self.sort,
                        name.escape_debug(),
                        first.get().place()
                    ),
                    "make one of the two",
                ),
            }
        }
    }

    /// Finds what somebody refers to at a place.
    pub(super) fn find(&self, name: &str, place: Spot<'_>) -> Option<Spot<'d>> {
        let found = self.things.get_key_value(name);
        if found.is_none() {
            place.lost(
                format!(
                    "the {} `{}` is in none of the files",
                    self.sort,
                    name.escape_debug()
                ),
                "import the file that holds it as well",
            );
        }
        let (name, spot) = found?;
        self.used.borrow_mut().insert(name);
        Some(*spot)
    }

    /// Tells what nobody referred to.
    pub(super) fn close(self) {
        let used = self.used.into_inner();
        for (name, spot) in self.things {
            if !used.contains(name) {
                spot.note(
                    format!(
                        "the {} `{}` was left out: nothing refers to it",
                        self.sort,
                        name.escape_debug()
                    ),
                    "it is written where it is used",
                );
            }
        }
    }
}
