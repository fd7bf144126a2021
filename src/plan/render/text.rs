//! The plan as text: what people read every day, on a terminal or in a log.

use std::fmt::Write;

use anstyle::{AnsiColor, Effects, Style as Ansi};

use super::{
    Style,
    entry::{Entry, Group, Line, Sort, groups},
    escape::{short, visible},
};
use crate::plan::{ClusterPlan, Plan};

/// How many objects of one sort are shown in full; the rest is counted. A screen has 50 lines: nobody reads more, and
/// JSON holds all.
const MAX_ENTRIES: usize = 100;

/// Longest name and path that move the columns of all others.
const MAX_COLUMN: usize = 44;

/// Writes a plan as text.
#[must_use]
pub fn text(plan: &Plan, style: Style) -> String {
    let mut page = Page {
        out: String::new(),
        style,
    };
    for cluster in &plan.clusters {
        page.cluster(cluster);
    }
    page.summary(plan);
    page.out
}

struct Page {
    out: String,
    style: Style,
}

impl Page {
    fn cluster(&mut self, plan: &ClusterPlan) {
        let name = self.paint(Ansi::new().effects(Effects::BOLD), plan.name.as_str());
        let id = plan
            .cluster_id
            .as_ref()
            .map(|id| visible(id.as_str()).into_owned());
        let id = self.dim(&id.map_or_else(
            || "no cluster id seen".into(),
            |id| format!("cluster id {id}"),
        ));
        self.line(0, &format!("{name}  {id}"));
        let groups = groups(plan);
        if groups.is_empty() {
            self.line(2, "nothing to do, everything is in place");
        }
        for group in &groups {
            self.group(group);
        }
        self.out.push('\n');
    }

    fn group(&mut self, group: &Group<'_>) {
        self.line(2, group.kind);
        let columns = Columns::of(group);
        for entries in group.entries.chunk_by(|a, b| a.sort == b.sort) {
            let (shown, rest) = entries.split_at(entries.len().min(MAX_ENTRIES));
            for (entry, next) in shown
                .iter()
                .zip(shown.iter().skip(1).map(Some).chain([None]))
            {
                self.entry(entry, columns);
                // what holds for several in a row is said once, below the last
                if next.is_none_or(|next| next.reason != entry.reason || !next.fields.is_empty()) {
                    self.reason(entry);
                }
            }
            let more = rest.len();
            if more > 0 {
                let sort = entries[0].sort;
                let text = format!(
                    "{} … and {more} more {} (-o json shows all)",
                    sort.sign(),
                    sort.counted()
                );
                let text = self.paint(colour(sort), &text);
                self.line(4, &text);
            }
        }
    }

    fn entry(&mut self, entry: &Entry<'_>, columns: Columns) {
        let head = format!(
            "{} {}",
            entry.sort.sign(),
            pad(&short(entry.name), columns.name)
        );
        let head = self.paint(colour(entry.sort), &head);
        let place = entry
            .place
            .map(|p| self.dim(&format!("{}:{}", visible(&p.file), p.line)));
        let what = match place {
            Some(place) => format!("{}  {place}", pad(&entry.what, columns.what)),
            None => entry.what.clone(),
        };
        self.line(4, &format!("{head}  {what}"));
        for field in &entry.fields {
            self.field(field, columns.path);
        }
    }

    fn reason(&mut self, entry: &Entry<'_>) {
        let reason = visible(entry.reason.as_deref().unwrap_or_default());
        for line in wrap(&reason, self.style.width.saturating_sub(8)) {
            self.line(8, &line);
        }
    }

    fn field(&mut self, field: &Line, width: usize) {
        let desired = &field.desired;
        let change = match &field.live {
            Some(live) => format!("{live} → {desired}"),
            None => desired.clone(),
        };
        let note = field.note.as_ref().map_or_else(String::new, |note| {
            format!("  {}", self.paint(AnsiColor::Yellow.on_default(), note))
        });
        self.line(8, &format!("{}  {change}{note}", pad(&field.path, width)));
        for line in &field.below {
            self.line(10, &self.paint(colour_of(line), line));
        }
    }

    fn summary(&mut self, plan: &Plan) {
        let sum = plan.summary;
        let reported = plan.clusters.iter().map(|c| c.reported.len()).sum();
        let counts: Vec<String> = [
            (sum.create, Sort::Create),
            (sum.update, Sort::Update),
            (sum.delete, Sort::Delete),
            (sum.blocked, Sort::Blocked),
            (reported, Sort::Reported),
            (sum.unexpected, Sort::Unexpected),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, sort)| self.paint(colour(sort), &format!("{count} {}", sort.counted())))
        .collect();
        let unseen = |c: &ClusterPlan| c.planes.values().any(|p| !p.complete);
        if plan.clusters.iter().any(unseen) {
            self.line(0, "Not everything could be planned: a cluster could not be seen whole, or is another one; see above.");
        }
        let text = match (sum.create + sum.update + sum.delete, counts.is_empty()) {
            (_, true) => "Nothing to do.".to_owned(),
            (0, false) => format!("Nothing to do; {}.", counts.join(", ")),
            (_, false) => format!("Plan: {}.", counts.join(", ")),
        };
        self.line(0, &text);
    }

    fn line(&mut self, indent: usize, text: &str) {
        let text = text.trim_end();
        writeln!(self.out, "{:indent$}{text}", "").expect("writing to a String succeeds");
    }

    fn dim(&self, text: &str) -> String {
        self.paint(Ansi::new().effects(Effects::DIMMED), text)
    }

    fn paint(&self, ansi: Ansi, text: &str) -> String {
        match self.style.colour {
            true => format!("{ansi}{text}{ansi:#}"),
            false => text.to_owned(),
        }
    }
}

fn colour(sort: Sort) -> Ansi {
    match sort {
        Sort::Create => AnsiColor::Green.on_default(),
        Sort::Update => AnsiColor::Yellow.on_default(),
        Sort::Delete => AnsiColor::Red.on_default(),
        Sort::Blocked => AnsiColor::Magenta.on_default(),
        Sort::Moving | Sort::Unexpected | Sort::Drifted => AnsiColor::Cyan.on_default(),
        Sort::Reported => AnsiColor::Blue.on_default(),
        Sort::Foreign => Ansi::new().effects(Effects::DIMMED),
    }
}

/// Returns the colour of a line that is compared with what was.
fn colour_of(line: &str) -> Ansi {
    match line.chars().next() {
        Some('+') => AnsiColor::Green.on_default(),
        Some('-') => AnsiColor::Red.on_default(),
        _ => Ansi::new().effects(Effects::DIMMED),
    }
}

/// Widths that line the entries of a group up.
#[derive(Clone, Copy)]
struct Columns {
    name: usize,
    what: usize,
    path: usize,
}

impl Columns {
    fn of(group: &Group<'_>) -> Self {
        let widest = |lengths: &mut dyn Iterator<Item = usize>| {
            lengths.filter(|l| *l <= MAX_COLUMN).max().unwrap_or(0)
        };
        let entries = &group.entries;
        Self {
            name: widest(&mut entries.iter().map(|e| e.name.chars().count())),
            what: widest(&mut entries.iter().map(|e| e.what.chars().count())),
            path: widest(
                &mut entries
                    .iter()
                    .flat_map(|e| &e.fields)
                    .map(|f| f.path.chars().count()),
            ),
        }
    }
}

fn pad(text: &str, width: usize) -> String {
    format!("{text:width$}")
}

/// Breaks a text into lines of at most `width` characters, at spaces; a longer word stays whole.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_wrapped_at_spaces() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(
            wrap("incomprehensible it is", 5),
            ["incomprehensible", "it is"]
        );
        assert!(wrap("", 5).is_empty());
    }
}
