//! Notices that nobody reads standard output any more, as after `| head`.

use std::io;

/// Whether the error is of writing to a pipe that nobody reads. That is no failure.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Fails if standard output is a pipe that nobody reads, without writing to it. Elsewhere than on Unix only writing can tell.
///
/// # Errors
/// The error that writing would return.
pub fn check_standard_output() -> io::Result<()> {
    if has_no_reader() { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(()) }
}

#[cfg(unix)]
fn has_no_reader() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    let stdout = io::stdout();
    // Errors are reported whether they are asked for or not: <https://man7.org/linux/man-pages/man2/poll.2.html>.
    let mut descriptors = [PollFd::new(&stdout, PollFlags::empty())];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut descriptors, Some(&at_once)).is_ok_and(|_| descriptors[0].revents().contains(PollFlags::ERR))
}

#[cfg(not(unix))]
const fn has_no_reader() -> bool {
    false
}
