//! Ctrl-C: it ends what runs, and where nothing runs, what that means is the caller's choice.

use std::fmt;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use tidewater::InterruptHandle;

/// The exit status of a program that Ctrl-C ended, where a signal cannot say it.
const STATUS: u8 = 130;

/// The error of a program that Ctrl-C ends.
#[derive(Debug)]
pub struct Interrupted;

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("interrupted")
    }
}

impl std::error::Error for Interrupted {}

/// What Ctrl-C does while nothing runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenIdle {
    /// Nothing: a prompt reads the key itself.
    Ignore,
    /// It ends the program.
    End,
}

/// Whether Ctrl-C was pressed since something began to run. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Interruption {
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    is_running: AtomicBool,
    is_requested: AtomicBool,
}

/// Something runs until this is dropped.
pub struct Running<'a>(&'a State);

impl Interruption {
    /// Listens for Ctrl-C from now on. On systems without Unix signals, Ctrl-C ends the program.
    pub fn listen(handle: InterruptHandle, when_idle: WhenIdle) -> Result<Self> {
        let interruption = Self::default();
        listen(Arc::clone(&interruption.state), handle, when_idle)?;
        Ok(interruption)
    }

    /// Something runs: from now on until the guard is dropped, Ctrl-C is for it.
    pub fn begin(&self) -> Running<'_> {
        self.state.is_requested.store(false, Ordering::SeqCst);
        self.state.is_running.store(true, Ordering::SeqCst);
        Running(&self.state)
    }

    /// Whether it is to end.
    pub fn is_requested(&self) -> bool {
        self.state.is_requested.load(Ordering::SeqCst)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.is_running.store(false, Ordering::SeqCst);
    }
}

#[cfg(unix)]
fn listen(state: Arc<State>, handle: InterruptHandle, when_idle: WhenIdle) -> Result<()> {
    use std::thread::{sleep, spawn};
    use std::time::Duration;

    use signal_hook::consts::SIGINT;
    use signal_hook::iterator::Signals;

    /// A statement that begins just after a request does not see it: it is asked again.
    const AGAIN: Duration = Duration::from_millis(20);

    let mut signals = Signals::new([SIGINT])?;
    spawn(move || {
        let is_running = || state.is_running.load(Ordering::SeqCst);
        loop {
            if signals.wait().count() == 0 {
                continue;
            }
            if !is_running() && when_idle == WhenIdle::End {
                end_by_signal();
            }
            while is_running() {
                state.is_requested.store(true, Ordering::SeqCst);
                handle.interrupt();
                sleep(AGAIN);
                // Not everything can be interrupted; who presses it again does not want to wait.
                if signals.pending().count() > 0 && when_idle == WhenIdle::End {
                    end_by_signal();
                }
            }
        }
    });
    Ok(())
}

#[cfg(not(unix))]
fn listen(_: Arc<State>, _: InterruptHandle, _: WhenIdle) -> Result<()> {
    Ok(())
}

/// Ends the program as Ctrl-C does: by the signal, so that a script of a shell that runs it ends as well. Shells tell it as 130.
pub fn end() -> ExitCode {
    #[cfg(unix)]
    end_by_signal();
    ExitCode::from(STATUS)
}

#[cfg(unix)]
fn end_by_signal() {
    // It returns only where the signal is blocked.
    let _ = signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGINT);
}
