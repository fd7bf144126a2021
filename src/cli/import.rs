//! `headgate import`: writes what a cluster holds as documents.

use std::{
    collections::BTreeSet,
    fmt::Display,
    io::{self, ErrorKind},
    path::Path,
    process::ExitCode,
    sync::Arc,
};

use super::{
    args::{Args, ImportOptions},
    failure::Failure,
    import_from, output, plan, run,
};
use crate::{
    daemon::{self, ConnectPlanes},
    import::{self, Imported},
    model::SecretName,
};

/// Writes the documents of a cluster and of what stands beside it, observed or as another tool's files have it, into a
/// folder that is empty or not there yet.
pub(super) async fn import(args: &Args, options: &ImportOptions) -> Result<ExitCode, Failure> {
    if let Some(tool) = options.from {
        refuse_full(&options.output)?;
        return import_from::import(tool, options);
    }
    let config = run::config(args)?;
    refuse_full(&options.output)?;
    let connect: ConnectPlanes = Arc::new(daemon::connect);
    let looking = daemon::snapshot(&config, options.cluster.as_deref(), &connect);
    let mut seen = output::waiting("looking at the cluster", looking)
        .await
        .map_err(plan::failure)?;
    let (name, live) = seen
        .pop()
        .ok_or_else(|| Failure::new("there is no such cluster"))?;
    // what stands beside Kafka fails alone: it is told as left out
    if let Some(why) = live.kafka.unknown() {
        return Err(Failure::new(format!("{name}: kafka plane: {why}")));
    }
    let imported = import::import(&name, &live);
    write(&imported.files, &options.output)?;
    tell(&imported, &options.output)?;
    let folder = options.output.display();
    let errors = imported.errors(&folder.to_string());
    if !errors.is_empty() {
        let help = "what was imported is not valid, so nothing can be planned from it; change or take out these documents";
        return Err(Failure::new(help).with(errors));
    }
    output::line(format!(
        "next: look at them, then headgate plan --cluster {name} --source {folder}, which has nothing to do; every kind is in \
         mode report"
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Somebody's documents are never overwritten, and never mixed with imported ones.
fn refuse_full(folder: &Path) -> Result<(), Failure> {
    match std::fs::read_dir(folder).map(|mut entries| entries.next().is_some()) {
        Ok(false) => Ok(()),
        Ok(true) => Err(Failure::new(format!(
            "{} is not empty; import writes into a folder of its own",
            folder.display()
        ))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Failure::new(format!(
            "{} cannot be written: {error}",
            folder.display()
        ))),
    }
}

/// Writes files below a folder.
#[expect(clippy::disallowed_methods, reason = "writes what it was asked for")]
pub(super) fn write(files: &[(String, String)], folder: &Path) -> Result<(), Failure> {
    for (path, text) in files {
        let path = folder.join(path);
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        made.and_then(|()| std::fs::write(&path, text))
            .map_err(|error| {
                Failure::new(format!("{} cannot be written: {error}", path.display()))
            })?;
    }
    Ok(())
}

fn tell(imported: &Imported, folder: &Path) -> Result<(), Failure> {
    let files = imported.files.len();
    let empty = match imported.notes.is_empty() {
        true => "the cluster holds nothing yet",
        false => "nothing that could be read and written",
    };
    tell_counts(files, folder, &imported.counts, empty)?;
    for note in &imported.notes {
        output::line(format!("left out: {note}"))?;
    }
    let request =
        "secrets stand in no document, so provide these where headgate.yaml says that secrets lie:";
    tell_secrets(request, &imported.secrets)?;
    Ok(())
}

/// Tells how many files were written, and what is in them, or that they are `empty`.
pub(super) fn tell_counts(
    files: usize,
    folder: &Path,
    counts: &[(impl Display, usize)],
    empty: &str,
) -> io::Result<()> {
    let counts: Vec<String> = counts.iter().map(|(of, n)| format!("{n} {of}")).collect();
    output::line(format!(
        "{files} files in {}: {}",
        folder.display(),
        match counts.is_empty() {
            true => empty.to_owned(),
            false => counts.join(", "),
        }
    ))
}

/// Lists the secrets that somebody has to provide, below the request to do so.
pub(super) fn tell_secrets(request: &str, secrets: &BTreeSet<SecretName>) -> io::Result<()> {
    if !secrets.is_empty() {
        output::line(request)?;
    }
    for secret in secrets {
        output::line(format!("  {secret}"))?;
    }
    Ok(())
}
