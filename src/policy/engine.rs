//! Compiles and evaluates rules (policy, rank 2). All that this crate knows of the evaluator stands here.

use std::{num::NonZeroU32, time::Duration};

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
#[derive(Debug)]
pub(super) struct Rules {
    engine: Engine,
    declared: Vec<&'static str>,
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
        let findings: Vec<Finding> = files
            .iter()
            .filter_map(|file| add(&mut engine, file).err())
            .collect();
        if !findings.is_empty() {
            return Err(findings);
        }
        let Some(first) = files.first() else {
            return Ok(None);
        };
        let declared = [DENY, DENY_CHANGE]
            .into_iter()
            .filter(|rule| declares(&engine, &files, rule))
            .collect::<Vec<_>>();
        if declared.is_empty() {
            return Err(vec![error::never_asked(&first.path)]);
        }
        let rules = Self { engine, declared };
        // compiling happens at the first evaluation: a call of an unknown function is to be told now
        for rule in [DENY, DENY_CHANGE] {
            if let Some(mut session) = rules.session(rule) {
                session.prepare().map_err(|failed| vec![failed])?;
            }
        }
        Ok(Some(rules))
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

    fn prepare(&mut self) -> Result<(), Finding> {
        self.engine
            .compile_with_entrypoint(&self.rule.into())
            .map(|_| ())
            .map_err(|e| error::finding(&e))
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

fn add(engine: &mut Engine, file: &SourceFile) -> Result<(), Finding> {
    let Ok(text) = std::str::from_utf8(&file.bytes) else {
        return Err(error::not_text(&file.path));
    };
    if let Some(at) = text.find(UNBOUNDED) {
        return Err(error::unbounded(&file.path, text, at, UNBOUNDED));
    }
    engine
        .add_policy(file.path.clone(), text.to_owned())
        .map(|_| ())
        .map_err(|e| error::finding(&e))
}

fn declares(engine: &Engine, files: &[&SourceFile], rule: &str) -> bool {
    files.iter().any(|f| {
        engine
            .has_declared_rule_rooted_at(&f.path, rule)
            .is_ok_and(|declared| declared)
    })
}
