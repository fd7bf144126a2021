//! How the process keeps its memory (cli): set once, before there are threads.

/// Lets glibc keep two heaps, as many as there are workers. By default each thread that meets another one at the allocator
/// gets a heap of its own, up to eight a core, and what is freed in one is of no use to the others: a daemon over 10,000
/// topics took 101 MB in place of 68 (`mallopt(3)`, `M_ARENA_MAX`). A `MALLOC_ARENA_MAX` in the environment goes before.
#[cfg(target_env = "gnu")]
#[expect(
    unsafe_code,
    clippy::disallowed_methods,
    reason = "glibc has no safe way to set it"
)]
pub(super) fn few_arenas() {
    if std::env::var_os("MALLOC_ARENA_MAX").is_some() {
        return;
    }
    // SAFETY: no other thread runs yet, and a value that glibc does not take changes nothing
    let _ = unsafe { libc::mallopt(libc::M_ARENA_MAX, 2) };
}

/// Other allocators have no such setting.
#[cfg(not(target_env = "gnu"))]
pub(super) fn few_arenas() {}
