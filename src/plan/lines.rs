//! Which lines of a schema change (plan stage, pure): for people, to whom a digest says nothing. What a change means, the
//! registry alone knows, and nothing is decided here.

mod layout;

use std::collections::BTreeMap;

use compact_str::CompactString;
use similar::{Algorithm, ChangeTag, capture_diff_slices, group_diff_ops};

use crate::{
    desired::{DesiredCluster, DesiredSchema},
    live::{Live, Newest, Observed},
};
use layout::lay_out;

/// So many lines of a schema are shown: a screen has room for them beside the rest of a plan.
const SHOWN: usize = 20;

/// Schemas of more lines are not compared: the time for it grows with the square of what differs.
const COMPARED: usize = 2_000;

/// So many characters of a line are kept: pages show fewer.
const WIDEST: usize = 200;

/// What stands between two places of a schema.
const BETWEEN: &str = "…";

/// Compares declared schemas with the newest versions of their subjects, where these are told: lines that begin with `- `
/// (was), `+ ` (is to be) or spaces (stays), or a word about them.
pub(super) fn changed(
    desired: &DesiredCluster,
    live: &Live,
) -> BTreeMap<CompactString, Vec<String>> {
    let registry = live.registry.as_ref().and_then(Observed::known);
    let told = registry.map(|registry| {
        let told = registry.newest.iter();
        told.filter_map(|(name, newest)| {
            let subject = registry.subjects.get(name)?.known()?;
            let declared = desired.schemas.get(name)?;
            // what was registered since then is not what was read
            let is_newest = subject.versions.last() == Some(&newest.version);
            is_newest.then(|| (name.clone(), between(newest, declared)))
        })
    });
    told.into_iter().flatten().collect()
}

fn between(newest: &Newest, declared: &DesiredSchema) -> Vec<String> {
    let format = declared.format;
    if newest.format != format.as_str() {
        let (was, is) = (&newest.format, format.as_str());
        return vec![format!("the type changes: {was} → {is}")];
    }
    if declared.text.len() > Newest::LONGEST {
        return too_long();
    }
    let was = lay_out(format, &newest.text);
    let is = lay_out(format, &declared.text);
    if was.len().max(is.len()) > COMPARED {
        return too_long();
    }
    match compared(&was, &is) {
        none if none.is_empty() => {
            vec!["no line differs: only how it is spelled, or what it refers to".to_owned()]
        }
        lines => shortened(lines),
    }
}

fn too_long() -> Vec<String> {
    vec!["it is too long for its lines to be compared".to_owned()]
}

/// Returns the lines that differ, each place with the lines before and behind it unless they say nothing.
fn compared(was: &[String], is: &[String]) -> Vec<String> {
    let all = capture_diff_slices(Algorithm::Myers, was, is);
    let places = group_diff_ops(all, 1).into_iter().map(|place| {
        let changes = place.iter().flat_map(|op| op.iter_changes(was, is));
        let lines = changes.filter_map(|change| {
            let line: String = change.value().chars().take(WIDEST).collect();
            match change.tag() {
                ChangeTag::Delete => Some(format!("- {line}")),
                ChangeTag::Insert => Some(format!("+ {line}")),
                ChangeTag::Equal => line
                    .contains(char::is_alphanumeric)
                    .then(|| format!("  {line}")),
            }
        });
        lines.collect::<Vec<_>>()
    });
    places.collect::<Vec<_>>().join(&BETWEEN.to_owned())
}

/// Leaves out what is too much to read, and counts it.
fn shortened(mut lines: Vec<String>) -> Vec<String> {
    let differs = |line: &String| line.starts_with(['-', '+']);
    let more = lines
        .iter()
        .skip(SHOWN)
        .filter(|line| differs(line))
        .count();
    lines.truncate(SHOWN);
    if more > 0 {
        lines.pop_if(|last| last == BETWEEN);
        lines.push(format!("{BETWEEN} and {more} more lines"));
    }
    lines
}

#[cfg(test)]
mod tests;
