//! What is kept of a connector's secrets (plan stage, pure): Connect tells every value in clear, also after git gave it up.

use crate::{
    desired::{DesiredRef, DesiredValue},
    live::{Field, LiveRef, Observed},
    model::{ConfigKey, Fingerprint},
    plan::{draft::Inputs, memory::config_path, walk::Seen},
};

/// A key whose value is a secret, with what tells it.
pub(super) type Kept = (ConfigKey, Option<Fingerprint>);

/// Returns the keys that git takes from secrets, and those of before that still have a value which does not stand in git.
/// Nobody knows what is set on a connector that was not seen.
pub(super) fn kept(
    inputs: &Inputs<'_>,
    seen: &Seen<'_>,
    desired: DesiredRef<'_>,
    live: Option<LiveRef<'_>>,
) -> Vec<Kept> {
    let DesiredRef::Connector(connector) = desired else {
        return Vec::new();
    };
    let before = seen.record.map_or(&[][..], |record| &record.secrets);
    let declared = |key: &ConfigKey| {
        let found = connector.config.iter().find(|(k, _)| k == key);
        found.map(|(_, value)| value)
    };
    let of_git = connector.config.iter().filter_map(|(key, value)| {
        let DesiredValue::Secret(name) = value else {
            return None;
        };
        let read = inputs.live.secrets.get(name).and_then(Observed::known);
        let old = before.iter().find(|(k, _)| k == key);
        let print = read.cloned().or_else(|| old?.1.clone());
        Some((key.clone(), print))
    });
    let stays = |key: &ConfigKey| {
        let own = live.map(|live| live.field(&config_path(key.as_str())));
        match (declared(key), own) {
            (Some(DesiredValue::Secret(_)), _) | (_, Some(None)) => false,
            (Some(DesiredValue::Set(git)), Some(Some(Field::Value(own)))) => own != git.as_str(),
            _ => true,
        }
    };
    let of_before = before.iter().filter(|(key, _)| stays(key)).cloned();
    let mut kept: Vec<Kept> = of_git.chain(of_before).collect();
    kept.sort_unstable();
    kept
}
