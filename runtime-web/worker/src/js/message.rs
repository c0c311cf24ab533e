//! Messages between Rust's form and JavaScript's.

use js_sys::{Array, Reflect, Uint8Array};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;

/// Frames up to this size are copied with the message: moving a buffer to another thread costs more.
const CHEAPER_TO_COPY: u32 = 4096;

/// A message as JavaScript has it.
pub fn to_js(message: &impl Serialize) -> Result<JsValue, JsValue> {
    // Maps as plain objects and options as absent: what JSON would give, except for bytes.
    let serializer = Serializer::new().serialize_maps_as_objects(true).serialize_missing_as_null(false);
    Ok(message.serialize(&serializer)?)
}

/// A message as Rust has it, or why it is none.
pub fn from_js<M: DeserializeOwned>(message: JsValue) -> Result<M, JsValue> {
    Ok(serde_wasm_bindgen::from_value(message)?)
}

/// The buffers of a message's large frames, for its transfer list.
pub fn large_frames(message: &JsValue) -> Array {
    let transfer = Array::new();
    for field in ["rows", "edits"] {
        let frame = Reflect::get(message, &field.into()).unwrap_or_default();
        if let Some(bytes) = frame.dyn_ref::<Uint8Array>()
            && bytes.length() > CHEAPER_TO_COPY
        {
            transfer.push(&bytes.buffer());
        }
    }
    transfer
}
