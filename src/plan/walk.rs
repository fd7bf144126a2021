//! Walks git, the cluster and the ledger side by side (plan stage, pure): one step per name of a kind that any of them
//! knows. All three are sorted by name, so the walk is linear and copies nothing.

use std::iter::Peekable;

use super::memory::Memory;
use crate::{
    desired::{Declared, DesiredCluster, DesiredRef},
    live::{Live, LiveRef, Objects, Observed},
    model::{Kind, Ledger, ObjectRef, Record},
};

/// What each side knows of one object.
#[derive(Clone)]
pub(super) struct Seen<'a> {
    pub(super) kind: Kind,
    pub(super) name: &'a str,
    pub(super) desired: Option<DesiredRef<'a>>,
    pub(super) live: Option<Observed<LiveRef<'a>>>,
    pub(super) record: Option<&'a Record>,
}

impl<'a> Seen<'a> {
    /// Returns the live object if it was read.
    pub(super) fn known(&self) -> Option<LiveRef<'a>> {
        self.live.as_ref().and_then(Observed::known).copied()
    }

    pub(super) fn object(&self) -> ObjectRef {
        ObjectRef::new(self.kind, self.name)
    }
}

type Records<'a> = Box<dyn Iterator<Item = (&'a str, &'a Record)> + 'a>;

/// Steps through all names of a kind in order.
pub(super) struct Walk<'a> {
    kind: Kind,
    sight: &'a Live,
    desired: Peekable<Declared<'a>>,
    live: Peekable<Objects<'a>>,
    records: Peekable<Records<'a>>,
}

impl<'a> Walk<'a> {
    /// Begins a walk; unknown when the kind could not be listed, since nothing can be said about any of it then.
    pub(super) fn new(
        desired: &'a DesiredCluster,
        live: &'a Live,
        ledger: &'a Ledger,
        kind: Kind,
    ) -> Observed<Self> {
        live.objects(kind).map(|objects| Self {
            kind,
            sight: live,
            desired: desired.objects(kind).peekable(),
            live: objects.peekable(),
            records: records(ledger, kind).peekable(),
        })
    }
}

/// Returns the records of a kind by name.
pub(super) fn records(ledger: &Ledger, kind: Kind) -> Records<'_> {
    let from_the_first = ledger.records.range(ObjectRef::new(kind, "")..);
    let of_kind = from_the_first.take_while(move |(object, _)| object.kind == kind);
    Box::new(of_kind.map(|(object, record)| (object.name.as_str(), record)))
}

impl<'a> Iterator for Walk<'a> {
    type Item = Seen<'a>;

    fn next(&mut self) -> Option<Seen<'a>> {
        let name = [
            self.desired.peek().map(|(name, _)| *name),
            self.live.peek().map(|(name, _)| *name),
            self.records.peek().map(|(name, _)| *name),
        ]
        .into_iter()
        .flatten()
        .min()?;
        let desired = self.desired.next_if(|(n, _)| *n == name).map(|e| e.1);
        let live = self.live.next_if(|(n, _)| *n == name).map(|e| e.1);
        let record = self.records.next_if(|(n, _)| *n == name).map(|e| e.1);
        let was_in_place = Memory::new(record).was_in_place();
        let unseen = || match (self.kind, desired) {
            // of a broker that is away and declared, planning says more than that it could not be read
            (Kind::BrokerConfig, Some(_)) => None,
            // one that never was anywhere is nowhere else, either
            (Kind::Connector, Some(_)) if !was_in_place => None,
            _ => self.sight.unseen(self.kind, name).map(Observed::Unknown),
        };
        Some(Seen {
            kind: self.kind,
            name,
            desired,
            live: live.or_else(unseen),
            record,
        })
    }
}
