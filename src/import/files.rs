//! Which document stands in which file (import, pure): documents whose names begin alike stand together, in files of a size
//! that a person still opens.

use std::collections::BTreeMap;

/// The most documents of one file that could be split further.
const MOST: usize = 200;
/// The fewest documents that make a file of their own.
const FEWEST: usize = 3;
/// How many parts of a name are looked at.
const DEPTH: usize = 4;

/// Files in the making.
#[derive(Default)]
pub(super) struct Files(BTreeMap<String, String>);

impl Files {
    /// Adds a document to a file.
    pub(super) fn add(&mut self, path: &str, document: &str) {
        let file = self.0.entry(path.to_owned()).or_default();
        // what is only comments is no document
        if !file.is_empty() && !document.starts_with('#') {
            file.push_str("---\n");
        }
        file.push_str(document);
    }

    /// Adds documents, sorted by name, to files below a folder, by the beginnings of their names.
    pub(super) fn spread(&mut self, folder: &str, documents: &[(String, String)]) {
        self.level(folder, documents, 0);
    }

    fn level(&mut self, path: &str, documents: &[(String, String)], depth: usize) {
        let mut rest = Vec::new();
        for alike in documents.chunk_by(|a, b| part(&a.0, depth) == part(&b.0, depth)) {
            let Some(beginning) = part(&alike[0].0, depth).filter(|_| alike.len() >= FEWEST) else {
                rest.extend(alike);
                continue;
            };
            let below = format!("{path}/{}", file_name(beginning));
            match alike.len() > MOST && depth + 1 < DEPTH {
                true => self.level(&below, alike, depth + 1),
                false => self.fill(&below, alike.iter()),
            }
        }
        self.fill(&format!("{path}/other"), rest.into_iter());
    }

    /// Fills one file, or several of the size.
    fn fill<'a>(&mut self, path: &str, documents: impl Iterator<Item = &'a (String, String)>) {
        let documents: Vec<_> = documents.collect();
        let several = documents.len() > MOST;
        for (number, part) in (1..).zip(documents.chunks(MOST)) {
            let file = match several {
                true => format!("{path}-{number}.yaml"),
                false => format!("{path}.yaml"),
            };
            for (_, document) in part {
                self.add(&file, document);
            }
        }
    }

    pub(super) fn close(self) -> Vec<(String, String)> {
        self.0.into_iter().collect()
    }
}

/// Returns a part of a name; parts end at dots, dashes and underscores.
fn part(name: &str, depth: usize) -> Option<&str> {
    let mut parts = name.split(['.', '-', '_']).filter(|part| !part.is_empty());
    parts.nth(depth)
}

/// Makes a file's name of a part of an object's.
fn file_name(part: &str) -> String {
    let letter = |c: char| match c.is_ascii_alphanumeric() {
        true => c.to_ascii_lowercase(),
        false => '-',
    };
    part.chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mk_files(names: &[&str]) -> Vec<String> {
        let mut names: Vec<_> = names
            .iter()
            .map(|n| ((*n).to_owned(), "x\n".into()))
            .collect();
        names.sort();
        let mut files = Files::default();
        files.spread("topics", &names);
        files.close().into_iter().map(|(path, _)| path).collect()
    }

    #[test]
    fn names_that_begin_alike_stand_together() {
        let names = [
            "app.a",
            "app.b",
            "app.c",
            "audit",
            "billing-1",
            "billing_2",
            "billing.3",
        ];
        let want = [
            "topics/app.yaml",
            "topics/billing.yaml",
            "topics/other.yaml",
        ];
        assert_eq!(mk_files(&names), want);
    }

    #[test]
    fn large_files_are_split_by_what_follows() {
        let names: Vec<String> = (0..300)
            .map(|n| format!("app.{}.{n:03}", ["a", "b"][n % 2]))
            .chain((0..500).map(|n| format!("load-{n:03}")))
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(
            mk_files(&names),
            [
                "topics/app/a.yaml",
                "topics/app/b.yaml",
                "topics/load/other-1.yaml",
                "topics/load/other-2.yaml",
                "topics/load/other-3.yaml"
            ]
        );
    }
}
