//! Compiles and evaluates rules (policy, rank 2). All that this crate knows of the evaluator stands here.

use std::{fmt, num::NonZeroU32, time::Duration};

use regorus::{Engine, Value, utils::limits::ExecutionTimerConfig};

use super::{DENY, DENY_CHANGE, Violation, error};
use crate::model::{Finding, SourceFile};

/// What one rule may take to judge one thing. 1 s: a rule takes well under a millisecond, so only one that runs away
/// gets here, however busy the machine is.
const TIME_LIMIT: Duration = Duration::from_secs(1);

/// Steps between two looks at the stopwatch: a step takes under a microsecond, a look about thirty nanoseconds.
const CHECK_INTERVAL: NonZeroU32 = NonZeroU32::new(256).expect("256 is not 0");

/// A function that fills the memory before the stopwatch is looked at.
const UNBOUNDED: &str = "numbers.range";

/// Compiled rules.
pub(super) struct Rules {
    engine: Engine,
    declared: Vec<&'static str>,
}

/// Without the evaluator, which would print every rule's syntax tree.
impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            engine: _,
            declared,
        } = self;
        f.debug_tuple("Rules").field(declared).finish()
    }
}

impl Rules {
    /// Compiles; `None` when there is no policy file.
    pub(super) fn compile(files: &[SourceFile]) -> Result<Option<Self>, Vec<Finding>> {
        let files: Vec<&SourceFile> = files.iter().filter(|f| is_policy(&f.path)).collect();
        let mut engine = Engine::new();
        engine.set_execution_timer_config(ExecutionTimerConfig {
            limit: TIME_LIMIT,
            check_interval: CHECK_INTERVAL,
        });
        // a wrong argument fails the evaluation, instead of silently making the rule say nothing
        engine.set_strict_builtin_errors(true);
        let (mut findings, mut declared) = (Vec::new(), Vec::new());
        for file in &files {
            match add(&mut engine, file) {
                Ok(rules) => declared.extend(rules),
                Err(finding) => findings.push(finding),
            }
        }
        if !findings.is_empty() {
            return Err(findings);
        }
        let Some(first) = files.first() else {
            return Ok(None);
        };
        if declared.is_empty() {
            return Err(vec![error::never_asked(&first.path)]);
        }
        // otherwise the first evaluation compiles, in every session anew
        engine
            .compile_with_entrypoint(&declared[0].into())
            .map_err(|e| vec![error::finding(&e)])?;
        Ok(Some(Self { engine, declared }))
    }

    /// Tells whether any file declares a rule.
    pub(super) fn declares(&self, rule: &str) -> bool {
        self.declared.contains(&rule)
    }

    /// Prepares to ask a rule, once or many times; `None` when no file declares it.
    pub(super) fn session(&self, rule: &'static str) -> Option<Session> {
        self.declares(rule).then(|| Session {
            engine: self.engine.clone(),
            rule,
        })
    }
}

/// Asks one rule.
pub(super) struct Session {
    engine: Engine,
    rule: &'static str,
}

impl Session {
    /// Judges one input; the messages come in order.
    pub(super) fn ask(&mut self, input: Value) -> Result<Vec<Violation>, Finding> {
        self.engine.set_input(input);
        let said = self
            .engine
            .eval_rule(self.rule.to_owned())
            .map_err(|e| error::finding(&e))?;
        let mut violations = match &said {
            Value::Undefined => Vec::new(),
            Value::Set(items) => items.iter().map(violation).collect::<Result<_, _>>()?,
            Value::Array(items) => items.iter().map(violation).collect::<Result<_, _>>()?,
            _ => return Err(error::no_messages(self.rule)),
        };
        violations.sort();
        Ok(violations)
    }
}

fn violation(said: &Value) -> Result<Violation, Finding> {
    let text = match said {
        Value::String(text) => Some(text),
        Value::Object(fields) => match fields.get(&Value::from("msg")) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        },
        _ => None,
    };
    match text {
        Some(text) => Ok(Violation {
            message: text.to_string(),
        }),
        None => Err(error::no_messages("a rule")),
    }
}

fn is_policy(path: &str) -> bool {
    path.ends_with(".rego") && !path.ends_with("_test.rego")
}

/// Adds a file, and returns which of the rules that are asked it declares.
fn add(engine: &mut Engine, file: &SourceFile) -> Result<Vec<&'static str>, Finding> {
    let Ok(text) = std::str::from_utf8(&file.bytes) else {
        return Err(error::not_text(&file.path));
    };
    if let Some(at) = text.find(UNBOUNDED) {
        return Err(error::unbounded(&file.path, text, at, UNBOUNDED));
    }
    let package = engine
        .add_policy(file.path.clone(), text.to_owned())
        .map_err(|e| error::finding(&e))?;
    Ok([DENY, DENY_CHANGE]
        .into_iter()
        .filter(|rule| {
            rule.strip_prefix(package.as_str())
                .and_then(|name| name.strip_prefix('.'))
                .is_some_and(|name| declares(engine, &file.path, name))
        })
        .collect())
}

fn declares(engine: &Engine, path: &str, rule: &str) -> bool {
    // the evaluator fails only for a file it does not have, and for a name that is none
    engine
        .has_declared_rule_rooted_at(path, rule)
        .is_ok_and(|declared| declared)
}
