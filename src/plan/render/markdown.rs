//! The plan as Markdown, for a comment on a pull request: a summary line, and one table a sort that unfolds.

use super::{
    entry::{Entry, Line, Sort, groups},
    escape::{code, prose},
};
use crate::plan::{ClusterPlan, Plan};

/// Characters after which rows are only counted: GitHub takes 65,536 in a comment, GitLab more, and the last row, the
/// closing tags and a cluster's heading still have to fit.
const MAX_LENGTH: usize = 54_000;

/// Where everything is that is only counted here.
const COMPLETE: &str = "`headgate plan -o json` shows all";

/// Writes a plan as Markdown.
#[must_use]
pub fn markdown(plan: &Plan) -> String {
    let mut out = String::from("## Headgate plan\n");
    let revision = plan.revision.as_ref().map_or("plain files", |r| r.as_str());
    let sum = plan.summary;
    out.push_str(&format!(
        "\n**{} to create, {} to change, {} to delete, {} blocked, {} unexpected** at {}\n",
        sum.create,
        sum.update,
        sum.delete,
        sum.blocked,
        sum.unexpected,
        code(revision)
    ));
    for (index, cluster) in plan.clusters.iter().enumerate() {
        if out.len() > MAX_LENGTH {
            let more = plan.clusters.len() - index;
            out.push_str(&format!("\n… and {more} more clusters; {COMPLETE}.\n"));
            break;
        }
        of_cluster(&mut out, cluster);
    }
    out.push_str(&format!("\nPlan {}\n", code(&plan.plan_id)));
    out
}

fn of_cluster(out: &mut String, plan: &ClusterPlan) {
    out.push_str(&format!("\n### {}\n", prose(plan.name.as_str())));
    let groups = groups(plan);
    if groups.is_empty() {
        out.push_str("\nNothing to do, everything is in place.\n");
    }
    for group in &groups {
        for entries in group.entries.chunk_by(|a, b| a.sort == b.sort) {
            of_sort(out, group.kind, entries);
        }
    }
}

fn of_sort(out: &mut String, kind: &str, entries: &[Entry<'_>]) {
    let sort = entries[0].sort;
    // what a reviewer must not overlook is unfolded
    let open = match sort {
        Sort::Delete | Sort::Blocked => " open",
        _ => "",
    };
    out.push_str(&format!("\n<details{open}><summary>{kind}: {} {}</summary>\n\n| | name | what | fields | declared |\n|---|---|---|---|---|\n",
        entries.len(),
        sort.counted()
    ));
    let mut left = entries.len();
    for entry in entries {
        if out.len() > MAX_LENGTH {
            break;
        }
        row(out, entry);
        left -= 1;
    }
    if left > 0 {
        out.push_str(&format!("\n… and {left} more; {COMPLETE}.\n"));
    }
    out.push_str("\n</details>\n");
}

fn row(out: &mut String, entry: &Entry<'_>) {
    let what = match &entry.reason {
        Some(reason) => format!("{}: {}", prose(&entry.what), prose(reason)),
        None => prose(&entry.what),
    };
    let fields: Vec<String> = entry.fields.iter().map(of_field).collect();
    let place = entry
        .place
        .map_or_else(String::new, |p| code(&format!("{}:{}", p.file, p.line)));
    out.push_str(&format!(
        "| `{}` | {} | {what} | {} | {place} |\n",
        entry.sort.sign(),
        code(entry.name),
        fields.join("<br>")
    ));
}

fn of_field(field: &Line) -> String {
    let desired = &field.desired;
    let change = match &field.live {
        Some(live) => format!("{} → {}", code(live), code(desired)),
        None => code(desired),
    };
    let note = field
        .note
        .as_ref()
        .map_or_else(String::new, |n| format!(" ({})", prose(n)));
    let head = format!("{} {change}{note}", code(&field.path));
    let below = field.below.iter().map(|line| code(line));
    [head]
        .into_iter()
        .chain(below)
        .collect::<Vec<_>>()
        .join("<br>")
}
