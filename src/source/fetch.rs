//! One fetch into one clone (source, rank 6): what the remote offers, what of it is followed, and getting it.
//! Refs are ours, under `refs/headgate/`, and set by force to what was resolved here: nothing that a remote says moves
//! one by itself, and a ref that vanished there cannot leave its old commit behind as the newest.

use std::sync::atomic::AtomicBool;

use git2::{AutotagOption, Commit, Direction, FetchOptions, Oid, ProxyOptions, Repository};

use super::{SourceError, remote::Visit, tree};
use crate::{
    config::{Reference, Source},
    model::CommitId,
};

/// The commit that is followed. Its history is what the next fetch need not bring.
const TARGET: &str = "refs/headgate/target";

/// Commits that were followed before history was rewritten: passes may still work from them.
const BEFORE: &str = "refs/headgate/before";

/// How many names an error lists.
const NAMES_SHOWN: usize = 8;

/// Brings the newest commit of what is followed into a clone, and reads all of it once.
///
/// # Errors
/// The remote cannot be reached or lacks the reference; `Corrupt` when clone and remote do not fit together.
pub(super) fn fetch(
    repo: &Repository,
    settings: &Source,
    abandoned: &AtomicBool,
) -> Result<CommitId, SourceError> {
    let visit = Visit::new(settings, abandoned)?;
    let damaged = |source| SourceError::Corrupt {
        repo: settings.repo.clone(),
        source,
    };
    let before = repo.refname_to_id(TARGET).ok();
    let offered = bring(repo, settings, &visit, before)?;
    let commit = match &settings.reference {
        Reference::Commit(id) => on_some_branch(repo, settings, id, &offered)?,
        Reference::Branch(_) | Reference::Tag(_) => {
            let oid = find(settings, &offered)?;
            peel(repo, oid, settings)?
        }
    };
    let id = CommitId(commit.id().to_string());
    if before != Some(commit.id()) {
        // whether the tree is one to work from is for the reader to say; here only damage counts
        if let Err(e @ SourceError::Corrupt { .. }) = tree::read(repo, &id, settings) {
            return Err(e);
        }
        keep(repo, before, commit.id()).map_err(damaged)?;
    }
    Ok(id)
}

/// A ref as the remote offers it.
struct Offered {
    name: String,
    oid: Oid,
}

/// Connects, asks what there is, and downloads what is missing.
fn bring(
    repo: &Repository,
    settings: &Source,
    visit: &Visit<'_>,
    before: Option<Oid>,
) -> Result<Vec<Offered>, SourceError> {
    let mut remote = repo
        .remote_anonymous(&settings.repo)
        .map_err(|e| visit.explain(e))?;
    let mut connection = remote
        .connect_auth(Direction::Fetch, Some(visit.callbacks()), Some(proxy()))
        .map_err(|e| visit.explain(e))?;
    let offered: Vec<Offered> = connection
        .list()
        .map_err(|e| visit.explain(e))?
        .iter()
        .map(|head| Offered {
            name: head.name().to_owned(),
            oid: head.oid(),
        })
        .collect();
    let specs = wanted(settings, &offered, before)?;
    if !specs.is_empty() {
        let mut options = FetchOptions::new();
        options
            .remote_callbacks(visit.callbacks())
            .proxy_options(proxy())
            .download_tags(AutotagOption::None)
            .update_fetchhead(false);
        connection
            .remote()
            .download(&specs, Some(&mut options))
            .map_err(|e| visit.explain(e))?;
    }
    Ok(offered)
}

/// Takes the proxy that the daemon's environment or git config names.
fn proxy<'a>() -> ProxyOptions<'a> {
    let mut proxy = ProxyOptions::new();
    proxy.auto();
    proxy
}

/// Says what to download: one ref, or for a commit all branches and tags, since servers hand out refs and not commits.
/// A commit that was found once needs nothing more.
fn wanted(
    settings: &Source,
    offered: &[Offered],
    before: Option<Oid>,
) -> Result<Vec<String>, SourceError> {
    let plain = |name: &str| vec![format!("+{name}:{TARGET}")];
    match &settings.reference {
        Reference::Branch(_) | Reference::Tag(_) => {
            find(settings, offered)?;
            Ok(plain(&full_name(&settings.reference)))
        }
        Reference::Commit(id) if before.is_some_and(|b| b.to_string() == id.as_str()) => {
            Ok(Vec::new())
        }
        Reference::Commit(_) => Ok(vec![
            "+refs/heads/*:refs/headgate/heads/*".to_owned(),
            "+refs/tags/*:refs/headgate/tags/*".to_owned(),
        ]),
    }
}

fn full_name(reference: &Reference) -> String {
    match reference {
        Reference::Branch(name) => format!("refs/heads/{name}"),
        Reference::Tag(name) => format!("refs/tags/{name}"),
        Reference::Commit(id) => id.to_string(),
    }
}

/// Finds the branch or tag among what is offered.
fn find(settings: &Source, offered: &[Offered]) -> Result<Oid, SourceError> {
    let name = full_name(&settings.reference);
    match offered.iter().find(|o| o.name == name) {
        Some(found) => Ok(found.oid),
        None => Err(no_reference(settings, offered)),
    }
}

/// Says what is missing and what there is instead.
fn no_reference(settings: &Source, offered: &[Offered]) -> SourceError {
    let (folder, what) = match settings.reference {
        Reference::Branch(_) => ("refs/heads/", "branches"),
        Reference::Tag(_) => ("refs/tags/", "tags"),
        Reference::Commit(_) => ("", ""),
    };
    let names: Vec<&str> = offered
        .iter()
        .filter_map(|o| o.name.strip_prefix(folder))
        .filter(|name| !name.ends_with("^{}"))
        .collect();
    let known = if folder.is_empty() {
        "none of its branches and tags holds it (were they rewritten? push it again, or name another commit)".to_owned()
    } else if names.is_empty() {
        format!("it has no {what} at all; push one")
    } else {
        let more = if names.len() > NAMES_SHOWN {
            ", …"
        } else {
            ""
        };
        let shown = names[..names.len().min(NAMES_SHOWN)].join(", ");
        format!("its {what} are: {shown}{more}")
    };
    SourceError::NoReference {
        repo: settings.repo.clone(),
        reference: settings.reference.to_string(),
        known,
    }
}

/// Follows an annotated tag to its commit.
fn peel<'a>(repo: &'a Repository, oid: Oid, settings: &Source) -> Result<Commit<'a>, SourceError> {
    let damaged = |source| SourceError::Corrupt {
        repo: settings.repo.clone(),
        source,
    };
    let object = repo.find_object(oid, None).map_err(damaged)?;
    match object.peel_to_commit() {
        Ok(commit) => Ok(commit),
        Err(e)
            if matches!(
                e.code(),
                git2::ErrorCode::Peel | git2::ErrorCode::InvalidSpec
            ) =>
        {
            Err(SourceError::invalid(
                settings.reference.to_string(),
                "it does not point at a commit",
            ))
        }
        Err(e) => Err(damaged(e)),
    }
}

/// Finds a pinned commit in the history of a branch or tag. A forge also hands out commits that somebody pushed to
/// a fork or a closed pull request; those never were in this repository.
fn on_some_branch<'a>(
    repo: &'a Repository,
    settings: &Source,
    id: &CommitId,
    offered: &[Offered],
) -> Result<Commit<'a>, SourceError> {
    let damaged = |source| SourceError::Corrupt {
        repo: settings.repo.clone(),
        source,
    };
    let missing = || no_reference(settings, offered);
    let oid = Oid::from_str(id.as_str()).map_err(|_| missing())?;
    if repo.refname_to_id(TARGET).is_ok_and(|known| known == oid) {
        return repo.find_commit(oid).map_err(damaged);
    }
    let mut walk = repo.revwalk().map_err(damaged)?;
    for head in offered {
        let is_ours = head.name.starts_with("refs/heads/") || head.name.starts_with("refs/tags/");
        // a tag may point at something that is no commit
        if let Some(commit) = is_ours
            .then(|| repo.find_object(head.oid, None).ok()?.peel_to_commit().ok())
            .flatten()
        {
            walk.push(commit.id()).map_err(damaged)?;
        }
    }
    for step in walk {
        if step.map_err(damaged)? == oid {
            return repo.find_commit(oid).map_err(damaged);
        }
    }
    Err(missing())
}

/// Notes the new commit, and keeps the one before it within reach when history no longer leads to it.
fn keep(repo: &Repository, before: Option<Oid>, now: Oid) -> Result<(), git2::Error> {
    if let Some(before) = before
        && !repo.graph_descendant_of(now, before)?
    {
        repo.reference(&format!("{BEFORE}/{before}"), before, true, "rewritten")?;
    }
    repo.reference(TARGET, now, true, "fetched")?;
    Ok(())
}
