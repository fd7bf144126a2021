//! How long libgit2 waits for the network (source, rank 6). The limits are the library's own and hold for the whole
//! process, so they are set once, before its first connection.

use std::sync::Once;

/// 10 s: three lost SYNs (1 + 2 + 4 s) and a slow route.
const CONNECT_TIMEOUT_MS: i32 = 10_000;

/// 20 s without a byte: servers that count objects for a large pack send progress lines at least every 5 s
/// (gitprotocol-pack, upload-pack keepalive).
pub(super) const STALL_TIMEOUT_MS: i32 = 20_000;

static LIMITS: Once = Once::new();

/// Gives every later connection of this process its limits: without them a silent server holds a thread for good.
pub(super) fn limit_waiting() {
    LIMITS.call_once(set);
}

#[expect(
    unsafe_code,
    reason = "libgit2 keeps these as process-wide variables; the Once sets them before the first connection reads them"
)]
fn set() {
    // Safety: the calls write two global integers of libgit2. Connections read them when they open, and every one of
    // them is opened after `limit_waiting` returned, on threads that call it first.
    let done = unsafe {
        git2::opts::set_server_connect_timeout_in_milliseconds(CONNECT_TIMEOUT_MS)
            .and_then(|()| git2::opts::set_server_timeout_in_milliseconds(STALL_TIMEOUT_MS))
    };
    if let Err(error) = done {
        tracing::warn!(%error, "git has no network timeouts; a silent server holds the fetch until its deadline");
    }
}

/// Trusts the CA certificates of a PEM file, beside the system's, for every later https connection of this process.
///
/// # Errors
/// The file holds no certificate that OpenSSL can read.
#[expect(
    unsafe_code,
    reason = "libgit2 keeps trusted certificates in one process-wide TLS context"
)]
pub(super) fn trust(ca_file: &std::path::Path) -> Result<(), git2::Error> {
    // Safety: OpenSSL locks its certificate store; the call only adds to it.
    unsafe { git2::opts::set_ssl_cert_file(ca_file) }
}
