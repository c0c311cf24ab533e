//! Restores the terminal when a signal ends the program.

use std::io;

/// Restores the terminal before a signal ends the program, even while a query runs.
#[cfg(unix)]
pub fn restore_terminal_on_termination() -> io::Result<()> {
    use signal_hook::consts::TERM_SIGNALS;
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    let mut signals = Signals::new(TERM_SIGNALS)?;
    std::thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            // The program then ends by the signal, as its sender expects.
            let _ = ratatui::try_restore();
            let _ = emulate_default_handler(signal);
        }
    });
    Ok(())
}

/// This platform has no such signals.
#[cfg(not(unix))]
pub const fn restore_terminal_on_termination() -> io::Result<()> {
    Ok(())
}
