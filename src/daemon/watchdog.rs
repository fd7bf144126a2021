//! The watchdog: ends the process when a loop has not turned for far too long, so that systemd starts it anew.

use std::{
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use crate::board::Board;

/// The exit code of a process that its watchdog ended (EX_SOFTWARE of sysexits.h).
const STUCK: i32 = 70;

/// Watches the loops' signs of life from a thread of its own, which a blocked runtime cannot stop. It ends with the
/// board.
pub(super) fn guard(board: &Arc<Board>) {
    let board = Arc::downgrade(board);
    std::thread::spawn(move || {
        while let Some(stuck) = look(&board) {
            if let Some((what, silence)) = stuck.first() {
                tracing::error!(
                    what,
                    seconds = silence.as_secs(),
                    "loop does not turn; the watchdog ends the process"
                );
                std::process::exit(STUCK);
            }
            std::thread::sleep(Duration::from_secs(1));
        }
    });
}

fn look(board: &Weak<Board>) -> Option<Vec<(String, Duration)>> {
    board.upgrade().map(|board| board.stuck(Instant::now()))
}
