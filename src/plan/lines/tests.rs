//! Which lines are told to change, of schemas of all sorts.

use super::*;
use crate::{
    desired::SchemaFormat::{self, Avro, Json, Protobuf},
    model::Place,
};

const ORDER: &str = r#"{"type":"record","name":"Order","namespace":"shop","fields":[
    {"name":"id","type":"string"},{"name":"total","type":"long"}]}"#;

/// What is said of a schema that git declares so, where the newest version is that.
fn told(was: (SchemaFormat, &str), is: (SchemaFormat, &str)) -> Vec<String> {
    let newest = Newest {
        version: 1,
        format: was.0.as_str().into(),
        text: was.1.into(),
    };
    let place = Place {
        file: "schemas.yaml".into(),
        line: 1,
        column: 1,
    };
    let declared = DesiredSchema {
        place,
        labels: Box::default(),
        format: is.0,
        text: is.1.into(),
        digest: "d".into(),
        references: Box::default(),
        compatibility: None,
        normalize: true,
    };
    between(&newest, &declared)
}

fn changed(format: SchemaFormat, was: &str, is: &str) -> Vec<String> {
    told((format, was), (format, is))
}

#[test]
fn a_field_more_is_a_line_more_however_the_registry_spells_the_rest() {
    let is = r#"{
      "name": "Order", "type": "record", "namespace": "shop",
      "fields": [
        {"type": "string", "name": "id"},
        {"name": "total", "type": "long"},
        {"name": "currency", "type": ["null", "string"], "default": null}
      ]
    }"#;
    let want = [
        r#"      {"name": "total", "type": "long"}"#,
        r#"+     {"name": "currency", "type": ["null", "string"], "default": null}"#,
    ];
    assert_eq!(changed(Avro, ORDER, is), want);
}

#[test]
fn what_is_only_spelled_differently_has_no_line_that_differs() {
    let order = r#"{ "namespace": "shop", /* it's "all" */ "name": "Order", // a name
        "fields": [ {"type": "string", "name": "id"}, {"type": "long", "name": "total"} ],
        "type": "record" }"#;
    let proto =
        "syntax = \"proto3\"; // https://x\nmessage A {\n  string a = 1; /* {\n it's */\n}\n";
    let again = "syntax   = \"proto3\";\n\n\nmessage A {\nstring a = 1;\n}";
    for (format, was, is) in [
        (Avro, ORDER, order),
        (Avro, "\"string\"", " \"string\"\n"),
        (Protobuf, proto, again),
        (Json, "", ""),
        (Json, "{}", "{ }"),
    ] {
        let told = changed(format, was, is);
        assert!(
            told.len() == 1 && told[0].starts_with("no line differs"),
            "{is}: {told:?}"
        );
    }
}

#[test]
fn a_schema_of_one_line_or_none_is_compared_like_any() {
    for (format, was, is, want) in [
        (
            Avro,
            r#""string""#,
            r#""long""#,
            &[r#"- "string""#, r#"+ "long""#][..],
        ),
        (Avro, "", r#""long""#, &[r#"+ "long""#]),
        (Protobuf, "message A {}", "", &["- message A {}"]),
        (Json, "{ nonsense", "{}", &["- { nonsense", "+ {}"]),
        (
            Json,
            r#"{"properties":{"a":{"type":"string"}},"required":["a"]}"#,
            r#"{"properties":{"a":{"type":"string"},"b":{"type":"null"}},"required":["a","b"]}"#,
            &[
                r#"      "a": {"type": "string"}"#,
                r#"+     "b": {"type": "null"}"#,
                r#"-   "required": ["a"]"#,
                r#"+   "required": ["a", "b"]"#,
            ],
        ),
    ] {
        assert_eq!(changed(format, was, is), want);
    }
}

#[test]
fn text_in_quotes_is_no_comment_and_a_comment_without_an_end_is_one() {
    let told = changed(Protobuf, "option a = \"//b\";", "option a = \"//c\"; /* it");
    assert_eq!(told, ["- option a = \"//b\";", "+ option a = \"//c\";"]);
    let quoted = [
        r#"a = "x\"//1"; b"#,
        r#"a = "x\"//2"; b"#,
        r#"a = "x\"//2"; c"#,
        r#"a = "  ";"#,
        r#"a = " ";"#,
    ];
    for [was, is] in quoted.array_windows() {
        assert_eq!(
            changed(Protobuf, was, is),
            [format!("- {was}"), format!("+ {is}")]
        );
    }
}

#[test]
fn places_that_lie_apart_are_told_apart() {
    let was = "a 1;\nb 1;\nc 1;\nd 1;\ne 1;\n";
    let is = "a 2;\nb 1;\nc 1;\nd 1;\ne 2;\n";
    let want = [
        "- a 1;", "+ a 2;", "  b 1;", "…", "  d 1;", "- e 1;", "+ e 2;",
    ];
    assert_eq!(changed(Protobuf, was, is), want);
}

#[test]
fn what_is_too_much_to_read_is_counted() {
    let lines = |n: usize| (0..n).map(|n| format!("line {n};\n")).collect::<String>();
    let told = changed(Protobuf, "", &lines(500));
    assert_eq!(told.len(), SHOWN + 1);
    assert_eq!(told[0], "+ line 0;");
    assert_eq!(told[SHOWN], "… and 480 more lines");
    assert_eq!(changed(Protobuf, "", &lines(SHOWN)).len(), SHOWN);
}

/// Whatever somebody declares or a registry tells, planning ends soon.
#[test]
fn what_is_huge_is_not_compared() {
    let many = |what: &str| what.repeat(Newest::LONGEST / what.len());
    let numbers = |n: usize| {
        format!(
            "[{}]",
            (0..n).map(|i| format!("{i},")).collect::<String>() + "0"
        )
    };
    for (format, was, is) in [
        (Avro, numbers(9_000), numbers(9_001)),
        (Json, many("a\n"), many("b\n")),
        (Protobuf, many("a\n"), many("b\n")),
        (Protobuf, "a".to_owned(), "x".repeat(Newest::LONGEST + 1)),
    ] {
        let told = changed(format, &was, &is);
        assert!(
            told.len() == 1 && told[0].contains("too long"),
            "{} lines",
            told.len()
        );
    }
    let told = changed(Protobuf, &many("x"), &many("y"));
    assert!(told.len() == 2 && told.iter().all(|line| line.len() < 250));
    for deep in [many("["), many("{"), many("{\"a\":"), many("/*")] {
        for format in SchemaFormat::ALL {
            assert!(changed(format, &deep, "a").len() <= 3);
        }
    }
}

#[test]
fn another_type_says_it_all() {
    let told = told((Avro, "\"string\""), (Json, "{}"));
    assert_eq!(told, ["the type changes: AVRO → JSON"]);
}
