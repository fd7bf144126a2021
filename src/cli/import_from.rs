//! `headgate import --from`: writes what another tool's files say as documents, and tells what could not be carried over.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use super::{
    args::ImportOptions,
    failure::Failure,
    import::{tell_counts, tell_secrets, write},
    output,
};
use crate::{
    import::{Moved, Tool, import_from},
    model::{ClusterName, SourceFile},
};

/// Folders within folders: a tree that is deeper goes in circles.
const MAX_DEPTH: usize = 32;

/// Reads the files, and writes what they become.
pub(super) fn import(tool: Tool, options: &ImportOptions) -> Result<ExitCode, Failure> {
    let name = options.cluster.as_deref();
    let name = name.map(ClusterName::new).transpose()?;
    let mut files = Vec::new();
    for path in &options.files {
        read(path, tool, 0, &mut files)?;
    }
    if files.is_empty() {
        let more = if tool == Tool::Julie {
            ", .properties"
        } else {
            ""
        };
        return Err(Failure::new(format!(
            "there is no .yaml, .yml or .json{more} file in what was named"
        )));
    }
    let moved = import_from(tool, name.as_ref(), &files, &beside);
    write(&moved.files, &options.output)?;
    tell(&moved, &options.output)?;
    Ok(match moved.is_cut {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    })
}

/// Reads a file, or those of a folder and its folders that are the tool's, by name. Links are not followed there.
#[expect(clippy::disallowed_methods, reason = "reads what it was asked for")]
fn read(path: &Path, tool: Tool, depth: usize, files: &mut Vec<SourceFile>) -> Result<(), Failure> {
    let failed =
        |error: std::io::Error| Failure::new(format!("{} cannot be read: {error}", path.display()));
    if !fs::metadata(path).map_err(failed)?.is_dir() {
        files.push(SourceFile {
            path: path.display().to_string(),
            bytes: fs::read(path).map_err(failed)?,
        });
        return Ok(());
    }
    if depth > MAX_DEPTH {
        return Err(Failure::new(format!("{} lies too deep", path.display())));
    }
    let entries = fs::read_dir(path).map_err(failed)?;
    let mut entries: Vec<_> = entries.collect::<Result<_, _>>().map_err(failed)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let below = entry.path();
        let of = entry.file_type().map_err(failed)?;
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        let ending = below.extension().and_then(|ending| ending.to_str());
        let wanted = ending.is_some_and(|ending| tool.reads(ending));
        if !hidden && (of.is_dir() || of.is_file() && wanted) {
            read(&below, tool, depth + 1, files)?;
        }
    }
    Ok(())
}

/// Reads a file that another one names.
#[expect(clippy::disallowed_methods, reason = "reads what it was asked for")]
fn beside(file: &str, path: &str) -> Result<Vec<u8>, String> {
    let folder = Path::new(file).parent().map(PathBuf::from);
    let path = folder.unwrap_or_default().join(path);
    fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))
}

fn tell(moved: &Moved, folder: &Path) -> Result<(), Failure> {
    let files = moved.files.len();
    let empty = "nothing of what was read is in Kafka";
    tell_counts(files, folder, &moved.counts, empty)?;
    for line in moved.report() {
        output::line(line)?;
    }
    let request = "provide these secrets where headgate.yaml says that secrets lie:";
    tell_secrets(request, &moved.secrets)?;
    let first = match moved.is_valid {
        true => "look at them",
        false => "correct what the report says of what was written",
    };
    output::line(format!(
        "next: {first}, then headgate plan --cluster {} --source {}; every kind is in mode report",
        moved.cluster,
        folder.display()
    ))?;
    Ok(())
}
