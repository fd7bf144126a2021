//! Asking the rules in `policies/` about each planned change (plan stage, pure).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    Action,
    draft::{Draft, withhold},
    moves::Hold,
};
use crate::{
    desired::{DesiredCluster, DesiredRef},
    model::Gate,
    policy::Policies,
};

/// Withholds the changes that a rule denies. Without a rule on changes nothing is described and nothing asked.
pub(super) fn ask_policies(desired: &DesiredCluster, policies: &Policies, draft: &mut Draft) {
    if !policies.judges_changes() {
        return;
    }
    withhold(&mut draft.actions, &mut draft.blocked, |action| {
        let violations = policies.review_change(&describe(desired, action));
        if violations.is_empty() {
            return None;
        }
        let messages: Vec<String> = violations.into_iter().map(|v| v.message).collect();
        let reason = format!(
            "a policy denies it: {}; it opens with a change that the rules in git allow",
            messages.join("; ")
        );
        let gate = Gate::Policy;
        Some(Hold { gate, reason })
    });
}

/// Describes a change as `plan -o json` does, with the cluster it is for and the labels of the document.
fn describe(desired: &DesiredCluster, action: &Action) -> Value {
    let mut change = serde_json::to_value(action).expect("an action has text keys only");
    change["cluster"] = json!(desired.name.as_str());
    let declared = desired.object(&action.object);
    let labels: BTreeMap<&str, &str> = declared
        .map(DesiredRef::labels)
        .into_iter()
        .flatten()
        .map(|(label, value)| (label.as_str(), value.as_str()))
        .collect();
    change["labels"] = json!(labels);
    change
}
