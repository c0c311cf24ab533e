//! The benches in a DedicatedWorker: the same lines as natively, with the databases on OPFS or in memory.
#![cfg(target_arch = "wasm32")]

mod files;

use tidewater_benches::measure::Patience;
use tidewater_benches::memory::Counting;
use tidewater_benches::{Chinook, Settings, run};
use wasm_bindgen::prelude::*;

use crate::files::Files;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Shows the message of a panic: wasm itself only reports `unreachable`.
#[wasm_bindgen(start)]
fn start() {
    std::panic::set_hook(Box::new(|panic| wasm_bindgen::throw_str(&panic.to_string())));
}

/// The outcome of a run.
#[wasm_bindgen]
pub struct Measured {
    markdown: String,
    json: String,
}

#[wasm_bindgen]
impl Measured {
    /// The tables.
    #[wasm_bindgen(getter)]
    pub fn markdown(&self) -> String {
        self.markdown.clone()
    }

    /// The figures.
    #[wasm_bindgen(getter)]
    pub fn json(&self) -> String {
        self.json.clone()
    }
}

/// Measures all lines with `messages` messages, each for `seconds` seconds, and reports progress to `say`. `chinook` is
/// empty or has three files: schema, stream, queries.
#[wasm_bindgen]
pub async fn measure(
    messages: u32,
    seconds: f64,
    only: Option<String>,
    in_memory: bool,
    chinook: Vec<String>,
    say: js_sys::Function,
) -> Result<Measured, JsError> {
    let chinook = match chinook.as_slice() {
        [schema, stream, queries] => Some(Chinook::parse(schema, stream, queries)),
        _ => None,
    };
    let world = match in_memory {
        true => Files::in_memory(chinook, say),
        false => Files::on_opfs(chinook, say).await?,
    };
    let settings = Settings {
        sizes: vec![u64::from(messages)],
        // The clock is coarse: a sample is the mean of many calls.
        patience: Patience { seconds, least_rounds: 5, most_rounds: 200, calls: 64 },
        many: 10_000,
        only,
    };
    let report = run(&world, &settings)?;
    Ok(Measured { markdown: report.markdown(), json: serde_json::to_string_pretty(&report)? })
}
