//! Nothing is lost silently: whatever is added to a sample turns up, in a document or in the report.

use headgate::model::SourceFile;

use super::cases::{Case, cases};

/// A field that no tool has.
const CANARY: &str = "zzcanary";

/// Adds the canary to the mapping at an offset of a text, as the mapping is written there; `None` where there is none.
fn with_canary(text: &str, offset: usize) -> Option<String> {
    let (before, after) = text.split_at(offset);
    if let Some(rest) = after.strip_prefix('{') {
        let comma = if rest.trim_start().starts_with('}') {
            ""
        } else {
            ","
        };
        return Some(format!("{before}{{\"{CANARY}\": \"x\"{comma}{rest}"));
    }
    // a line of a block: the canary becomes the field before it
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let indent = &before[line_start..];
    let line = after.lines().next()?;
    let is_key = line
        .split_once(':')
        .is_some_and(|(key, rest)| is_name(key) && (rest.is_empty() || rest.starts_with(' ')));
    if !is_key || !indent.chars().all(|c| matches!(c, ' ' | '-')) {
        return None;
    }
    let margin: String = indent.chars().map(|_| ' ').collect();
    Some(format!("{before}{CANARY}: {CANARY}\n{margin}{after}"))
}

fn is_name(key: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/' | '$');
    !key.is_empty() && key.chars().all(inner)
}

/// Offsets at which a mapping begins or a field stands, outside of block texts, which are values.
fn offsets(text: &str) -> Vec<usize> {
    let mut offsets = Vec::new();
    let mut at = 0;
    let mut block: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start_matches([' ', '-']).len();
        let spaces = line.len() - line.trim_start().len();
        if block.is_none_or(|margin| spaces <= margin && !line.trim().is_empty()) {
            block = None;
            let begin = line.trim_start();
            if !begin.starts_with('#') && !begin.starts_with("---") {
                offsets.push(at + indent);
                // not those of `${…}`
                let braces = line.match_indices('{');
                let braces = braces.filter(|(i, _)| !line[..*i].ends_with('$'));
                offsets.extend(braces.map(|(i, _)| at + i));
            }
            if line.trim_end().ends_with('|') {
                block = Some(spaces);
            }
        }
        at += line.len();
    }
    offsets.sort_unstable();
    offsets.dedup();
    offsets
}

/// Fields of tools that say nothing about Kafka, with all that is in them.
const BOOKKEEPING: [&str; 2] = ["status: {", "\"sensitive_values\": {"];

#[test]
fn an_unknown_field_is_reported_or_carried_over_wherever_it_stands() {
    let mut lost = String::new();
    let mut tried = 0;
    for case in cases() {
        for (index, file) in case.files.iter().enumerate() {
            let text = std::str::from_utf8(&file.bytes).unwrap();
            for changed in offsets(text)
                .into_iter()
                .filter_map(|at| with_canary(text, at))
            {
                tried += 1;
                if let Some(place) = is_lost(&case, index, &changed) {
                    lost.push_str(&format!("{}/{place}\n", case.name()));
                }
            }
        }
    }
    assert!(
        lost.is_empty(),
        "nobody tells what became of what stands at\n{lost}"
    );
    assert!(tried > 250, "{tried} places are few");
}

/// Imports a sample with the canary, and returns its place if it turns up nowhere.
fn is_lost(case: &Case, index: usize, changed: &str) -> Option<String> {
    let mut files = case.files.clone();
    files[index] = SourceFile {
        path: files[index].path.clone(),
        bytes: changed.as_bytes().to_vec(),
    };
    let moved = case.run_with(&files);
    let before = &changed[..changed.find(CANARY).unwrap()];
    let begin = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.matches('\n').count() + 1;
    let column = before[begin..].trim_end_matches('"').chars().count() + 1;
    let written = moved.files.iter().any(|(_, text)| text.contains(CANARY));
    let path = &files[index].path;
    let told = moved.findings.iter().any(|finding| {
        let place = finding.place.as_ref().filter(|place| &*place.file == path);
        finding.message.contains(CANARY)
            || place.is_some_and(|p| (p.line as usize, p.column as usize) == (line, column))
            || finding.message.contains("left out") | finding.message.contains("not carried over")
                && place.is_some_and(|p| holds(changed, p.line as usize, p.column as usize, line))
    });
    let of_the_tool = BOOKKEEPING
        .iter()
        .any(|field| before[begin..].contains(field));
    (!written && !told && !of_the_tool).then(|| format!("{path}:{line}:{column}"))
}

/// Tells whether what begins at a place still goes on at a line: a whole document or field that was left out.
fn holds(text: &str, line: usize, column: usize, until: usize) -> bool {
    line <= until
        && text.lines().skip(line).take(until - line).all(|below| {
            let indent = below.chars().take_while(|c| *c == ' ').count();
            indent + 1 >= column && below != "---"
        })
}
