//! Databases as files in a temporary folder. Each kind is built once and then copied.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tempfile::TempDir;
use tidewater::{Engine, Options, Strategy};

use super::Stopwatch;
use crate::chinook::Chinook;
use crate::failure::Outcome;
use crate::world::{Data, World};

/// Names the folder of recorded queries.
const CORPUS: &str = "TIDEWATER_CORPUS";

/// The native world.
pub struct Files {
    folder: TempDir,
    built: RefCell<HashMap<Data, PathBuf>>,
    copies: Cell<usize>,
    chinook: Option<Chinook>,
    stopwatch: Stopwatch,
}

impl Files {
    /// An empty folder.
    ///
    /// # Errors
    /// If it cannot be created.
    pub fn new() -> Outcome<Self> {
        Ok(Self {
            folder: tempfile::Builder::new().prefix("tidewater-benches").tempdir()?,
            built: RefCell::default(),
            copies: Cell::new(0),
            chinook: std::env::var_os(CORPUS).and_then(|corpus| read_chinook(&Path::new(&corpus).join("db/chinook"))),
            stopwatch: Stopwatch::start(),
        })
    }

    /// A new copy of a database that the first call builds.
    fn copy(&self, data: Data) -> Outcome<PathBuf> {
        let mut built = self.built.borrow_mut();
        let template = match built.get(&data) {
            Some(template) => template.clone(),
            None => {
                let path = self.folder.path().join(format!("template-{}.db", built.len()));
                self.build(data, &path)?;
                built.insert(data, path.clone());
                path
            }
        };
        self.copies.set(self.copies.get() + 1);
        let path = self.folder.path().join(format!("copy-{}.db", self.copies.get()));
        fs::copy(template, &path)?;
        Ok(path)
    }

    fn build(&self, data: Data, path: &Path) -> Outcome<()> {
        let begun = self.now();
        let connection = Connection::open(path)?;
        connection.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000")?;
        data.fill(&connection, self.chinook())?;
        connection.close().map_err(|(_, error)| error)?;
        let megabytes = fs::metadata(path)?.len() / 1_000_000;
        self.say(&format!("built {data:?}, {megabytes} MB, in {:.1} s", self.now() - begun));
        Ok(())
    }
}

impl World for Files {
    fn now(&self) -> f64 {
        self.stopwatch.seconds()
    }

    fn engine(&self, data: Data, strategy: Strategy) -> Outcome<Engine> {
        let options = Options::default().with_exclusive(true).with_strategy(strategy);
        Ok(Engine::open(self.copy(data)?, options)?)
    }

    fn raw(&self, data: Data) -> Outcome<Connection> {
        let connection = Connection::open(self.copy(data)?)?;
        crate::trio::configure(&connection)?;
        Ok(connection)
    }

    fn chinook(&self) -> Option<&Chinook> {
        self.chinook.as_ref()
    }

    fn say(&self, line: &str) {
        println!("{line}");
    }
}

fn read_chinook(folder: &Path) -> Option<Chinook> {
    let read = |name: &str| fs::read_to_string(folder.join(name)).ok();
    Some(Chinook::parse(&read("schema.sql")?, &read("stream.sql")?, &read("queries.sql")?))
}
