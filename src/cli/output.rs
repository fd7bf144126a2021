//! Where text for people goes: stdout for results, stderr for errors, colour on a terminal only.

use std::{
    io::{IsTerminal, Write},
    time::Duration,
};

use indicatif::ProgressBar;
use serde::Serialize;

use crate::plan::render::Style;

/// Prints a result. A reader that went away (`| head`) is no failure.
///
/// # Errors
/// Stdout cannot be written for another reason.
pub(super) fn text(text: &str) -> std::io::Result<()> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Prints a line of a result.
///
/// # Errors
/// Stdout cannot be written.
pub(super) fn line(line: impl AsRef<str>) -> std::io::Result<()> {
    text(&format!("{}\n", line.as_ref()))
}

/// Prints a value as JSON.
///
/// # Errors
/// Stdout cannot be written.
pub(super) fn json(value: &impl Serialize) -> std::io::Result<()> {
    let text = serde_json::to_string_pretty(value).map_err(std::io::Error::other)?;
    line(text)
}

/// Prints a line to stderr; there is nowhere left to say that stderr is gone.
pub(super) fn stderr(prefix: &str, line: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{prefix}{line}");
}

/// Shows on a terminal's stderr that something is being waited for.
pub(super) async fn waiting<T>(what: &'static str, work: impl Future<Output = T>) -> T {
    // it draws on a terminal only, and leaves nothing behind
    let spinner = ProgressBar::new_spinner().with_message(what);
    spinner.enable_steady_tick(Duration::from_millis(100));
    let value = work.await;
    spinner.finish_and_clear();
    value
}

/// Tells whether results are read by a person who sees colours.
pub(super) fn is_coloured() -> bool {
    std::io::stdout().is_terminal()
        && anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never
}

/// Returns how plans are shown here.
pub(super) fn style() -> Style {
    Style {
        colour: is_coloured(),
        ..Style::default()
    }
}

/// Wraps a text in a style, when colours are seen.
pub(super) fn styled(text: &str, style: anstyle::Style) -> String {
    match is_coloured() {
        true => format!("{style}{text}{style:#}"),
        false => text.to_owned(),
    }
}
