//! What a panic does: the instance says so and ends. Its stack was not unwound, so it must not live on; the browser then
//! frees its locks and files.

use std::cell::RefCell;
use std::panic;

use js_sys::Function;
use wasm_bindgen::prelude::*;

thread_local! {
    static FATAL: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// Hands every panic's message to `fatal`, which has to close the worker.
pub fn report_to(fatal: Function) {
    FATAL.with_borrow_mut(|slot| *slot = Some(fatal));
    panic::set_hook(Box::new(|info| {
        FATAL.with_borrow(|fatal| {
            if let Some(fatal) = fatal {
                // Nothing is left to do about a failure here.
                let _ = fatal.call1(&JsValue::UNDEFINED, &info.to_string().into());
            }
        });
    }));
}
