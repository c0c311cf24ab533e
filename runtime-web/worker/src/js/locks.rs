//! Web Locks: held until dropped, or waited for as the news of somebody's death.

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

#[wasm_bindgen]
extern "C" {
    type LockManager;

    #[wasm_bindgen(thread_local_v2, js_namespace = navigator, js_name = locks)]
    static LOCKS: LockManager;

    #[wasm_bindgen(method)]
    fn request(this: &LockManager, name: &str, options: &Object, callback: &JsValue) -> Promise;

    type AbortController;

    #[wasm_bindgen(constructor)]
    fn new() -> AbortController;

    #[wasm_bindgen(method, getter)]
    fn signal(this: &AbortController) -> JsValue;

    #[wasm_bindgen(method)]
    fn abort(this: &AbortController);
}

/// A lock that is ours; dropping it gives it back.
pub struct Held {
    release: Function,
}

impl Drop for Held {
    fn drop(&mut self) {
        // Resolving a promise does not throw.
        let _ = self.release.call0(&JsValue::UNDEFINED);
    }
}

/// A request in the queue of a lock; dropping it leaves the queue.
pub struct Queued {
    controller: AbortController,
}

impl Drop for Queued {
    fn drop(&mut self) {
        self.controller.abort();
    }
}

/// Takes the lock if nobody has it.
pub async fn try_acquire(name: &str) -> Result<Option<Held>, JsValue> {
    let options = Object::new();
    Reflect::set(&options, &"ifAvailable".into(), &JsValue::TRUE)?;
    let mut release = None;
    let held = Promise::new(&mut |resolve, _| release = Some(resolve));
    let granted = Promise::new(&mut |resolve, reject| {
        let held = held.clone();
        let callback = Closure::once_into_js(move |lock: JsValue| -> JsValue {
            let is_granted = !lock.is_null();
            let _ = resolve.call1(&JsValue::UNDEFINED, &JsValue::from_bool(is_granted));
            if is_granted { held.into() } else { JsValue::UNDEFINED }
        });
        let requested = LOCKS.with(|locks| locks.request(name, &options, &callback));
        spawn_local(async move {
            if let Err(error) = JsFuture::from(requested).await {
                let _ = reject.call1(&JsValue::UNDEFINED, &error);
            }
        });
    });
    let is_granted = JsFuture::from(granted).await?.is_truthy();
    Ok(release.filter(|_| is_granted).map(|release| Held { release }))
}

/// Calls `granted` once the lock is free: how the death of its holder is noticed. All who wait are granted it at once.
pub fn on_free(name: &str, granted: impl FnOnce() + 'static) -> Result<Queued, JsValue> {
    let controller = AbortController::new();
    let options = Object::new();
    Reflect::set(&options, &"signal".into(), &controller.signal())?;
    Reflect::set(&options, &"mode".into(), &"shared".into())?;
    let callback = Closure::once_into_js(move |_lock: JsValue| granted());
    let requested = LOCKS.with(|locks| locks.request(name, &options, &callback));
    // Leaving the queue rejects the promise; somebody has to take that.
    spawn_local(async move { drop(JsFuture::from(requested).await) });
    Ok(Queued { controller })
}
