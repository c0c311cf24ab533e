//! `tidewater` on a terminal: what it draws, which keys it hears, how it leaves.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};
use support::tidewater;

/// Far beyond the time in which something has to show, near enough to end a test that hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a program writes when it gives back the screen that was there before.
const LEAVES_ALTERNATE_SCREEN: &str = "\x1b[?1049l";

/// What a program writes to ask where the cursor is, as the line editor does.
const ASKS_FOR_CURSOR: &str = "\x1b[6n";

/// The answer of a terminal.
const CURSOR: &str = "\x1b[1;1R";

/// A program on a terminal of 80 columns and 24 lines.
struct Screen {
    child: Child,
    /// The terminal as the program sees it.
    tty: File,
    keyboard: File,
    output: Receiver<Vec<u8>>,
    drawn: Vec<u8>,
}

impl Screen {
    fn start(arguments: &[&str]) -> Self {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        tcsetwinsize(&terminal, Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap().into_string().unwrap();
        let tty = OpenOptions::new().read(true).write(true).open(name).unwrap();
        let stdio = || Stdio::from(tty.try_clone().unwrap());
        let mut command = tidewater();
        command.args(arguments).stdin(stdio()).stdout(stdio()).stderr(stdio());
        command.env("XDG_STATE_HOME", std::env::temp_dir().join("tidewater-test-state")).env("TERM", "xterm");
        let child = command.spawn().unwrap();
        let keyboard = File::from(terminal);
        let mut screen = keyboard.try_clone().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count) = screen.read(&mut bytes) {
                if bytes[..count].windows(ASKS_FOR_CURSOR.len()).any(|part| part == ASKS_FOR_CURSOR.as_bytes()) {
                    screen.write_all(CURSOR.as_bytes()).unwrap();
                }
                if sender.send(bytes[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { child, tty, keyboard, output, drawn: Vec::new() }
    }

    /// Waits until the text is drawn in one piece, and forgets what was drawn up to then.
    fn wait_for(&mut self, text: &str) {
        let start = Instant::now();
        loop {
            let found = self.drawn.windows(text.len()).position(|window| window == text.as_bytes());
            if let Some(place) = found {
                self.drawn.drain(..place + text.len());
                return;
            }
            assert!(start.elapsed() < PATIENCE, "no {text} in {}", String::from_utf8_lossy(&self.drawn));
            match self.output.recv_timeout(Duration::from_millis(100)) {
                Ok(bytes) => self.drawn.extend(bytes),
                Err(RecvTimeoutError::Timeout) => {}
                Err(error) => panic!("{error}: {}", String::from_utf8_lossy(&self.drawn)),
            }
        }
    }

    fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits for the end of the program.
    fn end(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "still running");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Whether the terminal reads lines and echoes them, as a shell's does.
    fn is_restored(&self) -> bool {
        tcgetattr(&self.tty).unwrap().local_modes.contains(LocalModes::ICANON | LocalModes::ECHO)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The folder has to outlive the file in it.
fn database() -> (tempfile::TempDir, String, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("app.db");
    let connection = Connection::open(&file).unwrap();
    connection
        .execute_batch("CREATE TABLE t(id INTEGER PRIMARY KEY, name); INSERT INTO t VALUES (1, 'ann'), (2, 'bob')")
        .unwrap();
    (folder, file.to_str().unwrap().to_owned(), connection)
}

#[test]
fn keys_are_heard_while_another_program_holds_the_file() {
    let (_folder, file, other_program) = database();
    let mut screen = Screen::start(&["watch", &file, "SELECT name FROM t ORDER BY id"]);
    screen.wait_for("bob");
    other_program.execute_batch("BEGIN EXCLUSIVE").unwrap();
    screen.wait_for("busy: another program");
    other_program.execute_batch("INSERT INTO t VALUES (3, 'cy'); COMMIT").unwrap();
    screen.wait_for("cy");
    other_program.execute_batch("BEGIN EXCLUSIVE").unwrap();
    screen.wait_for("busy: another program");
    screen.press(&"j".repeat(100));
    let pressed = Instant::now();
    screen.press("q");
    assert_eq!(screen.end().code(), Some(0));
    assert!(pressed.elapsed() < Duration::from_secs(4), "{:?}", pressed.elapsed());
    assert!(screen.is_restored());
}

#[test]
fn a_lock_at_the_start_is_waited_for() {
    let (_folder, file, other_program) = database();
    other_program.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let mut screen = Screen::start(&["watch", &file, "SELECT name FROM t ORDER BY id"]);
    std::thread::sleep(Duration::from_secs(1));
    other_program.execute_batch("COMMIT").unwrap();
    screen.wait_for("bob");
}

#[test]
fn a_terminated_watch_leaves_the_terminal_as_it_was() {
    let (_folder, file, _connection) = database();
    for signal in [Signal::TERM, Signal::INT] {
        let mut screen = Screen::start(&["watch", &file, "SELECT name FROM t ORDER BY id"]);
        screen.wait_for("bob");
        assert!(!screen.is_restored());
        kill_process(Pid::from_child(&screen.child), signal).unwrap();
        assert_eq!(screen.end().signal(), Some(signal.as_raw()));
        screen.wait_for(LEAVES_ALTERNATE_SCREEN);
        assert!(screen.is_restored());
    }
}

/// Rows without an end, none of which is printed.
const ENDLESS: &str =
    "SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n)";

impl Screen {
    fn shell(file: &str) -> Self {
        let mut screen = Self::start(&["shell", file]);
        screen.wait_for_prompt();
        screen
    }

    fn wait_for_prompt(&mut self) {
        self.wait_for("tidewater");
        self.wait_for("> ");
    }

    fn interrupt(&self) {
        kill_process(Pid::from_child(&self.child), Signal::INT).unwrap();
    }
}

#[test]
fn ctrl_c_ends_the_query_and_not_the_shell() {
    let (_folder, file, _connection) = database();
    let mut screen = Screen::shell(&file);
    screen.press(&format!("{ENDLESS};\r"));
    std::thread::sleep(Duration::from_millis(500));
    // A terminal that is not in raw mode makes a signal of the key; this one has no process group to send it to.
    screen.interrupt();
    screen.wait_for("interrupted");
    screen.wait_for_prompt();
    screen.press("SELECT name FROM t WHERE id = 2;\r");
    screen.wait_for("bob");
    screen.wait_for_prompt();
    // At an idle prompt it clears the line.
    screen.press("SELECT nonsense \x03");
    screen.wait_for_prompt();
    screen.press("SELECT 40 + 2;\r");
    screen.wait_for("42");
    screen.wait_for_prompt();
    screen.press("\x04");
    assert_eq!(screen.end().code(), Some(0));
    assert!(screen.is_restored());
}

#[test]
fn tab_completes_columns_of_the_statement_tables_and_commands() {
    let (_folder, file, connection) = database();
    connection.execute_batch("CREATE TABLE wide(some_long_column); INSERT INTO wide VALUES ('found')").unwrap();
    let mut screen = Screen::shell(&file);
    screen.press("SELECT some_l\t FROM wid\t;\r");
    screen.wait_for("found");
    screen.wait_for_prompt();
    // Several begin so: what they share is completed, and Enter chooses from the menu before it runs anything.
    screen.press(".wa\tes\r\r");
    screen.wait_for("no watches");
    screen.wait_for_prompt();
    screen.press(".tab\t\r");
    screen.wait_for("wide");
}

#[test]
fn ctrl_c_ends_a_script_by_the_signal() {
    let mut child = tidewater()
        .args(["shell", ":memory:", ENDLESS])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(500));
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    // A shell tells this as the status 130.
    assert_eq!(child.wait().unwrap().signal(), Some(Signal::INT.as_raw()));
    assert_eq!(errors, "error: interrupted\n");
}

#[test]
fn ctrl_c_ends_a_script_that_waits_for_its_input() {
    let mut child = tidewater().arg("shell").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    // Waiting for the child would close its input first.
    let _input = child.stdin.take();
    std::thread::sleep(Duration::from_millis(500));
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(Signal::INT.as_raw()));
}

#[test]
fn a_replaced_file_is_told_on_the_screen() {
    let (folder, file, _connection) = database();
    let mut screen = Screen::start(&["watch", &file, "SELECT name FROM t ORDER BY id"]);
    screen.wait_for("bob");
    let new = folder.path().join("new.db");
    let connection = Connection::open(&new).unwrap();
    connection.execute_batch("CREATE TABLE t(id INTEGER PRIMARY KEY, name); INSERT INTO t VALUES (1, 'zoe')").unwrap();
    drop(connection);
    std::fs::rename(&new, &file).unwrap();
    screen.wait_for("zoe");
    screen.wait_for("another file has come");
    screen.press("q");
    assert_eq!(screen.end().code(), Some(0));
}
