//! Timers of a worker, which browsers do not throttle.

use std::time::Duration;

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &JsValue, milliseconds: f64) -> JsValue;

    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);

    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
}

/// Milliseconds since the worker began; it never goes back, and is not to be compared with other workers' or pages'.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "not negative, and whole milliseconds will do"
)]
pub fn now() -> u64 {
    performance_now() as u64
}

/// The same as a duration, and finer.
pub fn clock() -> Duration {
    Duration::from_secs_f64(performance_now() / 1_000.0)
}

/// A call that is due later; dropping it calls it off.
pub struct Timer {
    id: JsValue,
}

impl Drop for Timer {
    fn drop(&mut self) {
        clear_timeout(&self.id);
    }
}

/// Calls `due` after so many milliseconds.
pub fn after(milliseconds: u64, due: impl FnOnce() + 'static) -> Timer {
    Timer { id: set_timeout(&Closure::once_into_js(due), to_f64(milliseconds)) }
}

/// Waits.
pub async fn sleep(milliseconds: u64) {
    let slept = Promise::new(&mut |resolve, _| {
        set_timeout(&resolve, to_f64(milliseconds));
    });
    // A timer's promise is never rejected.
    let _ = JsFuture::from(slept).await;
}

/// Times of a page's life are far below 2^53 milliseconds.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn to_f64(milliseconds: u64) -> f64 {
    milliseconds as f64
}
