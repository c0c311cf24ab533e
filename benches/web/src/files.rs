//! Databases in the origin private file system, by the VFS that the product uses; or in the worker's memory, where a commit
//! takes less time and varies less.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use js_sys::Function;
use rusqlite::{Connection, OpenFlags};
use sqlite_wasm_rs::WasmOsCallback;
use sqlite_wasm_vfs::sahpool::{OpfsSAHPoolCfgBuilder, install};
use tidewater::{Engine, Location, Options, Strategy};
use tidewater_benches::{Chinook, Data, Outcome, World, configure};
use wasm_bindgen::prelude::*;

const ON_OPFS: &str = "tidewater-benches";

/// The VFS that sqlite-wasm-rs registers itself.
const IN_MEMORY: &str = "memvfs";

/// Two kinds of data, a template and three copies of each, every one with its WAL; each is an open file.
const FILES: usize = 24;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance)]
    fn now() -> f64;
}

/// The browser's world.
pub struct Files {
    vfs: &'static str,
    built: RefCell<HashMap<Data, Connection>>,
    copies: Cell<usize>,
    chinook: Option<Chinook>,
    say: Function,
}

impl Files {
    /// Files in memory.
    pub fn in_memory(chinook: Option<Chinook>, say: Function) -> Self {
        Self { vfs: IN_MEMORY, built: RefCell::default(), copies: Cell::new(0), chinook, say }
    }

    /// Opens the files on OPFS and clears those of an earlier run.
    pub async fn on_opfs(chinook: Option<Chinook>, say: Function) -> Result<Self, JsError> {
        let configuration = OpfsSAHPoolCfgBuilder::new()
            .vfs_name(ON_OPFS)
            .directory(ON_OPFS)
            .initial_capacity(FILES)
            .clear_on_init(true)
            .build();
        install::<WasmOsCallback>(&configuration, false).await?;
        Ok(Self { vfs: ON_OPFS, built: RefCell::default(), copies: Cell::new(0), chinook, say })
    }

    /// A new copy of a database that the first call builds. SQLite makes it, because nothing else can access a pool's
    /// files.
    fn copy(&self, data: Data) -> Outcome<String> {
        let mut built = self.built.borrow_mut();
        let template = match built.entry(data) {
            Entry::Occupied(template) => template.into_mut(),
            Entry::Vacant(place) => place.insert(self.build(data)?),
        };
        self.copies.set(self.copies.get() + 1);
        let name = format!("copy-{}.db", self.copies.get());
        template.execute("VACUUM INTO ?", [&name])?;
        Ok(name)
    }

    fn build(&self, data: Data) -> Outcome<Connection> {
        let begun = self.now();
        let connection = self.connect(&format!("template-{data:?}.db"))?;
        connection.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")?;
        data.fill(&connection, self.chinook())?;
        self.say(&format!("built {data:?} in {:.1} s", self.now() - begun));
        Ok(connection)
    }

    fn connect(&self, name: &str) -> Outcome<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        Ok(Connection::open_with_flags_and_vfs(name, flags, self.vfs)?)
    }
}

impl World for Files {
    fn now(&self) -> f64 {
        now() / 1e3
    }

    fn engine(&self, data: Data, strategy: Strategy) -> Outcome<Engine> {
        let options = Options::default().with_exclusive(true).with_vfs(self.vfs).with_strategy(strategy);
        Ok(Engine::open(Location::File(self.copy(data)?.into()), options)?)
    }

    fn raw(&self, data: Data) -> Outcome<Connection> {
        let connection = self.connect(&self.copy(data)?)?;
        configure(&connection)?;
        Ok(connection)
    }

    fn chinook(&self) -> Option<&Chinook> {
        self.chinook.as_ref()
    }

    fn say(&self, line: &str) {
        // The listener may be gone; the figures are in the report.
        let _ = self.say.call1(&JsValue::NULL, &line.into());
    }
}
