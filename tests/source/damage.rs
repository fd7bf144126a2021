//! Clones that were damaged, and what a killed process leaves behind.

use std::fs;

use super::{
    repo::{ENOUGH, Remote, find, text},
    told,
};

#[expect(clippy::disallowed_methods, reason = "a test breaks files")]
fn overwrite(path: &std::path::Path, bytes: &[u8]) {
    // git makes its files read-only
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn a_clone_without_its_objects_is_made_again() {
    let (remote, commit) = Remote::with(ENOUGH);
    let source = remote.main();
    source.fetch().await.unwrap();
    for ending in [".pack", ".idx"] {
        for file in find(&remote.cache(), ending) {
            overwrite(&file, b"this is no pack");
        }
    }
    told(
        &source.read(&commit).unwrap_err(),
        "not_found",
        &["is not in the clone"],
    );
    assert_eq!(source.fetch().await.unwrap(), commit);
    assert_eq!(text(&source.read(&commit).unwrap().files)[0].1, "a: 1\n");
}

#[tokio::test]
async fn a_clone_with_a_flipped_bit_is_noticed_by_its_reader_and_made_again() {
    let (remote, commit) = Remote::with(ENOUGH);
    let source = remote.main();
    source.fetch().await.unwrap();
    for pack in find(&remote.cache(), ".pack") {
        let mut bytes = super::repo::bytes(&pack);
        // behind the header and before the checksum stand the objects
        let end = bytes.len() - 20;
        bytes[12..end].iter_mut().for_each(|b| *b ^= 0x55);
        overwrite(&pack, &bytes);
    }
    let error = source.read(&commit).unwrap_err();
    told(
        &error,
        "corrupt",
        &["is damaged", "made again at the next fetch"],
    );
    assert_eq!(source.fetch().await.unwrap(), commit);
    source.read(&commit).unwrap();
}

#[tokio::test]
async fn a_clone_that_is_no_repository_any_more_is_made_again() {
    let (remote, commit) = Remote::with(ENOUGH);
    let source = remote.main();
    source.fetch().await.unwrap();
    for name in ["HEAD", "config"] {
        overwrite(&remote.cache().join("clone.git").join(name), b"\0\0\0");
    }
    assert_eq!(source.fetch().await.unwrap(), commit);
    source.read(&commit).unwrap();
}

#[tokio::test]
async fn locks_and_half_packs_of_a_killed_daemon_are_cleared_at_start() {
    let (remote, _) = Remote::with(ENOUGH);
    remote.main().fetch().await.unwrap();
    let clone = remote.cache().join("clone.git");
    let leftovers = [
        "refs/headgate/target.lock",
        "config.lock",
        "packed-refs.lock",
        "objects/pack/pack_git2_abc123",
    ]
    .map(|name| clone.join(name));
    for path in &leftovers {
        fs::File::create(path).unwrap();
    }
    fs::create_dir_all(remote.cache().join("clone.new/objects")).unwrap();
    let next = remote.commit("main", &[("desired-state/a.yaml", "a: 2\n")]);
    let source = remote.main();
    assert_eq!(source.fetch().await.unwrap(), next);
    for path in &leftovers {
        assert!(!path.exists(), "{}", path.display());
    }
    assert!(!remote.cache().join("clone.new").exists());
}

#[tokio::test]
async fn a_cache_that_cannot_be_written_is_told_with_its_place() {
    let (remote, _) = Remote::with(ENOUGH);
    fs::File::create(remote.cache()).unwrap();
    let error = remote.main().fetch().await.unwrap_err();
    told(&error, "cache", &["cache cannot be used for the clone"]);
}
