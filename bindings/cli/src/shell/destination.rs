//! Where the output of the shell goes: standard output, or a file that `.output` or `.once` names.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// Output that waited longer than this is flushed with the next row.
const PATIENCE: Duration = Duration::from_millis(50);

/// The output.
pub struct Destination {
    standard: BufWriter<io::Stdout>,
    file: Option<OpenFile>,
    flushed: Instant,
}

struct OpenFile {
    writer: BufWriter<File>,
    /// How many commands may still write to it, this one included; all if nothing is said.
    commands: Option<u8>,
}

impl Destination {
    pub fn new() -> Self {
        Self { standard: BufWriter::new(io::stdout()), file: None, flushed: Instant::now() }
    }

    /// Whether it is a file.
    pub const fn is_file(&self) -> bool {
        self.file.is_some()
    }

    /// Goes to a file from now on, or only for the next command.
    pub fn open(&mut self, path: &Path, is_once: bool) -> io::Result<()> {
        self.close()?;
        let writer = BufWriter::new(File::create(path)?);
        // The command that opens it is the first of the two.
        self.file = Some(OpenFile { writer, commands: is_once.then_some(2) });
        Ok(())
    }

    /// Goes to standard output again.
    pub fn close(&mut self) -> io::Result<()> {
        self.file.take().map_or(Ok(()), |mut file| file.writer.flush())
    }

    /// Called after each command: everything that it wrote is there.
    pub fn end_command(&mut self) -> io::Result<()> {
        self.flush()?;
        match self.file.as_mut().and_then(|file| file.commands.as_mut()) {
            Some(1) => self.close(),
            Some(commands) => {
                *commands -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Called after each row: what waits is not kept for long.
    pub fn end_row(&mut self) -> io::Result<()> {
        if self.flushed.elapsed() < PATIENCE { Ok(()) } else { self.flush() }
    }

    /// A line on standard output, whatever the output is.
    pub fn tell(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.standard, "{text}")?;
        self.standard.flush()
    }
}

impl Write for Destination {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.file {
            Some(file) => file.writer.write(bytes),
            None => self.standard.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.flushed = Instant::now();
        match &mut self.file {
            Some(file) => file.writer.flush(),
            None => self.standard.flush(),
        }
    }
}
