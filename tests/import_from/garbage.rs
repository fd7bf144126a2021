//! Bad input: it is told, and nothing panics or hangs.

use headgate::{
    import::{Tool, import_from},
    model::SourceFile,
};
use proptest::prelude::*;

use super::cases::cases;

fn run(tool: Tool, text: &[u8]) -> Vec<String> {
    let file = SourceFile {
        path: "input.yaml".into(),
        bytes: text.to_vec(),
    };
    let beside = |_: &str, _: &str| Err("there is no such file".to_owned());
    import_from(tool, None, &[file], &beside).report().collect()
}

#[test]
fn a_sample_that_is_cut_anywhere_is_no_panic() {
    for case in cases() {
        for file in &case.files {
            for end in (0..file.bytes.len()).step_by(31) {
                run(case.tool, &file.bytes[..end]);
            }
        }
    }
}

/// A value of a type that nobody expects, in the place of each word of a sample.
#[test]
fn a_value_of_another_type_is_no_panic() {
    for case in cases() {
        for file in &case.files {
            let text = std::str::from_utf8(&file.bytes).unwrap();
            for (at, _) in text.match_indices(": ") {
                let rest = text[at..].split_once('\n').map_or("", |(_, rest)| rest);
                for value in [
                    "[[]]",
                    "{a: {b: c}}",
                    "-1",
                    "\"\"",
                    "99999999999999999999",
                    "*",
                ] {
                    let changed = format!("{}: {value}\n{rest}", &text[..at]);
                    run(case.tool, changed.as_bytes());
                }
            }
        }
    }
}

#[test]
fn what_is_no_document_is_told() {
    for (text, told) in [
        (&b"\xff\xfe"[..], "this is not UTF-8 text"),
        (b"a: {b", "this is not YAML"),
        (b"just words", "expected fields"),
        (b"- 1\n- 2\n", "expected fields"),
        (b"kind: {{ name }}\n", "jikkou prepare"),
        (b"kind: Mystery\nspec: {}\n", "Mystery"),
        (b"spec: {}\n", "without a `kind`"),
    ] {
        let lines = run(Tool::Jikkou, text);
        assert!(
            lines.iter().any(|line| line.contains(told)),
            "{told}: {lines:#?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_told(text in "[a-z{}\\[\\]:,*&!|>'\"#\\- \n]{0,200}") {
        for tool in [Tool::Jikkou, Tool::KafkaGitops] {
            run(tool, text.as_bytes());
        }
    }
}
