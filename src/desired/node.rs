//! YAML text -> documents of nodes that know where they stand (desired, rank 1). Scalars stay the text that was
//! written: which number it is, is decided by whoever knows the field, so that nothing goes through floating point.

use std::{borrow::Cow, collections::HashMap};

use serde_saphyr::granit_parser::{self, Event, Parser, ScalarStyle, Span};

use super::page::{At, Page};

/// Nested lists and fields. The deepest value there is (`spec.defaults.topic.placement.brokers[]`) stands at 6.
pub(super) const MAX_DEPTH: usize = 16;

/// Nodes of a file that may be repeated through aliases. Far more than anybody repeats by hand; an alias bomb
/// ("billion laughs") ends here after a few milliseconds.
const MAX_REPEATED: usize = 100_000;

/// Fields of one mapping up to which doubles are looked for one by one, without an index.
const FEW: usize = 16;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub struct Node<'a> {
    /// Where it begins.
    pub at: At,
    /// What it holds.
    pub value: Value<'a>,
}

/// What a node holds.
#[derive(Debug, Clone)]
pub enum Value<'a> {
    /// Nothing, `~` or `null`.
    Null,
    /// Text, a number, `true`: as written.
    Scalar(Cow<'a, str>),
    /// A list.
    List(Vec<Node<'a>>),
    /// Fields in their order, each key once.
    Map(Vec<(Key<'a>, Node<'a>)>),
}

/// The name of a field, and where it stands.
#[derive(Debug, Clone)]
pub struct Key<'a> {
    /// Where it begins.
    pub at: At,
    /// The name.
    pub text: Cow<'a, str>,
}

impl Node<'_> {
    /// Says what this is, for a message that wanted something else.
    pub(super) fn found(&self) -> String {
        match &self.value {
            Value::Null => "nothing".into(),
            Value::Scalar(text) => shorten(text),
            Value::List(_) => "a list".into(),
            Value::Map(_) => "fields".into(),
        }
    }

    /// Counts this node and all below it.
    fn size(&self) -> usize {
        1 + match &self.value {
            Value::Null | Value::Scalar(_) => 0,
            Value::List(items) => items.iter().map(Node::size).sum(),
            Value::Map(fields) => fields.iter().map(|(_, node)| 1 + node.size()).sum(),
        }
    }
}

/// Quotes a value in a message, cut to a length that fits into a line.
pub(super) fn shorten(text: &str) -> String {
    if text.is_empty() {
        return "an empty text".into();
    }
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("`{}`", short.escape_debug())
}

/// Reads the documents of a page, one after the other, so that only one is held at a time. A document with broken
/// structure, or with more than `depth` nested lists and fields, becomes a finding, and reading goes on behind the next
/// `---`; returns whether there was one.
pub(super) fn documents<'a>(
    page: &mut Page<'a>,
    depth: usize,
    mut each: impl FnMut(Node<'a>, &mut Page<'a>),
) -> bool {
    let options = granit_parser::options! {
        emit_comments: false,
        emit_unresolved_aliases: true,
        flow_nesting_limit: depth,
        block_nesting_limit: depth,
    };
    let mut parser = Parser::new_from_str_with_options(page.text, options);
    let mut tree = Tree::default();
    let mut broken = false;
    loop {
        let step = match parser.next_event() {
            None => return broken,
            Some(Ok((event, span))) => tree.take(event, span, page),
            Some(Err(e)) => {
                page.error(position(e.marker()), syntax(&e.info()));
                Step::Broken
            }
        };
        match step {
            Step::More => {}
            Step::Document(node) => each(node, page),
            Step::Broken => {
                broken = true;
                tree.reset();
                if !matches!(parser.proceed_next_document(), Ok(true)) {
                    return broken;
                }
            }
        }
    }
}

/// The parser's words, without the marks that would end a sentence.
fn syntax(info: &str) -> String {
    format!("this is not YAML: {}", info.trim_end_matches('.'))
}

fn position(mark: &granit_parser::Marker) -> At {
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    At {
        line: small(mark.line()).max(1),
        column: small(mark.col()).saturating_add(1),
    }
}

/// What an event led to.
enum Step<'a> {
    More,
    Document(Node<'a>),
    Broken,
}

/// A list or mapping that is not closed yet.
struct Open<'a> {
    at: At,
    anchor: usize,
    what: Collection<'a>,
}

enum Collection<'a> {
    List(Vec<Node<'a>>),
    Map(Vec<(Key<'a>, Node<'a>)>, Option<Key<'a>>),
}

/// Builds nodes out of events.
#[derive(Default)]
struct Tree<'a> {
    open: Vec<Open<'a>>,
    anchors: HashMap<usize, Node<'a>>,
    repeated: usize,
}

impl<'a> Tree<'a> {
    fn reset(&mut self) {
        self.open.clear();
        self.anchors.clear();
    }

    fn take(&mut self, event: Event<'a>, span: Span, page: &mut Page<'a>) -> Step<'a> {
        let at = position(&span.start);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                refuse_tag(tag.is_some(), at, page);
                let value = match style {
                    ScalarStyle::Plain if is_null(&text) => Value::Null,
                    _ => Value::Scalar(text),
                };
                self.finish(Node { at, value }, anchor, page)
            }
            Event::SequenceStart(_, anchor, tag) => {
                refuse_tag(tag.is_some(), at, page);
                self.begin(at, anchor, Collection::List(Vec::new()))
            }
            Event::MappingStart(_, anchor, tag) => {
                refuse_tag(tag.is_some(), at, page);
                self.begin(at, anchor, Collection::Map(Vec::new(), None))
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(page),
            Event::Alias(anchor) => self.repeat(anchor, at, page),
            Event::UnresolvedAlias(name) => {
                let name = name.chars().take(40).collect::<String>();
                page.error(
                    at,
                    format!(
                        "`*{name}` repeats nothing: there is no `&{name}` above it in this document"
                    ),
                );
                let value = Value::Null;
                self.finish(Node { at, value }, 0, page)
            }
            Event::DocumentStart(..) => {
                self.reset();
                Step::More
            }
            _ => Step::More,
        }
    }

    fn begin(&mut self, at: At, anchor: usize, what: Collection<'a>) -> Step<'a> {
        self.open.push(Open { at, anchor, what });
        Step::More
    }

    fn end(&mut self, page: &mut Page<'a>) -> Step<'a> {
        let Some(Open { at, anchor, what }) = self.open.pop() else {
            return Step::Broken;
        };
        let value = match what {
            Collection::List(items) => Value::List(items),
            Collection::Map(fields, _) => Value::Map(without_doubles(fields, page)),
        };
        self.finish(Node { at, value }, anchor, page)
    }

    /// Puts a whole node where it belongs: into the list or mapping that is open, or out as a document.
    fn finish(&mut self, node: Node<'a>, anchor: usize, page: &mut Page<'a>) -> Step<'a> {
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut().map(|open| &mut open.what) {
            None => return Step::Document(node),
            Some(Collection::List(items)) => items.push(node),
            Some(Collection::Map(fields, key)) => match key.take() {
                Some(key) => fields.push((key, node)),
                None => *key = Some(key_of(node, page)),
            },
        }
        Step::More
    }

    fn repeat(&mut self, anchor: usize, at: At, page: &mut Page<'a>) -> Step<'a> {
        let Some(node) = self.anchors.get(&anchor) else {
            page.error(at, "this alias stands within what it repeats");
            return Step::Broken;
        };
        self.repeated += node.size();
        if self.repeated > MAX_REPEATED {
            page.error(
                at,
                format!("the aliases of this file repeat more than {MAX_REPEATED} values"),
            );
            return Step::Broken;
        }
        let mut node = node.clone();
        node.at = at;
        self.finish(node, 0, page)
    }
}

fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

fn refuse_tag(tagged: bool, at: At, page: &mut Page<'_>) {
    if tagged {
        page.error_with(
            at,
            "a tag (`!…`) has no meaning here",
            "write the value without it".to_owned(),
        );
    }
}

/// Turns the node in a field's name position into that name.
fn key_of<'a>(node: Node<'a>, page: &mut Page<'a>) -> Key<'a> {
    let text = match node.value {
        Value::Scalar(text) if !text.is_empty() => text,
        other => {
            let found = Node {
                at: node.at,
                value: other,
            }
            .found();
            page.error(
                node.at,
                format!("expected the name of a field, found {found}"),
            );
            Cow::Borrowed("")
        }
    };
    Key { at: node.at, text }
}

/// Notes fields that are given twice, and merge keys; the first of doubles stays.
fn without_doubles<'a>(
    fields: Vec<(Key<'a>, Node<'a>)>,
    page: &mut Page<'a>,
) -> Vec<(Key<'a>, Node<'a>)> {
    let mut first: HashMap<Cow<'a, str>, u32> = HashMap::new();
    let many = fields.len() > FEW;
    let mut kept: Vec<(Key<'a>, Node<'a>)> = Vec::with_capacity(fields.len());
    for (key, node) in fields {
        let double = if many {
            first.insert(key.text.clone(), key.at.line)
        } else {
            let same = kept.iter().find(|(k, _)| k.text == key.text);
            same.map(|(k, _)| k.at.line)
        };
        if key.text == "<<" {
            page.error_with(
                key.at,
                "merge keys (`<<`) are not read",
                "write the fields out, or put what all topics share into the Cluster's `defaults`"
                    .to_owned(),
            );
        } else if let Some(line) = double {
            page.error(
                key.at,
                format!(
                    "{} is given twice, before on line {line}",
                    shorten(&key.text)
                ),
            );
        } else if !key.text.is_empty() {
            kept.push((key, node));
        }
    }
    kept
}
