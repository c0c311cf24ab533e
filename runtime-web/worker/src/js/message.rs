//! Messages between Rust's form and JavaScript's.

use js_sys::{Array, Object, Reflect, Uint8Array};
use tidewater_protocol::{Form, Message};
use wasm_bindgen::prelude::*;

/// Frames up to this size are copied with the message: moving a buffer to another thread costs more.
const CHEAPER_TO_COPY: u32 = 4096;

/// A message as JavaScript has it.
pub fn to_js(message: &impl Message) -> JsValue {
    message.encode::<Js>().map_or(JsValue::UNDEFINED, |js| js.0)
}

/// A message as Rust has it, unless it is none.
pub fn from_js<M: Message>(message: JsValue) -> Option<M> {
    M::decode(Some(&Js(message)))
}

/// A field of an object.
pub fn field(object: &JsValue, name: &str) -> Option<JsValue> {
    if !object.is_object() {
        return None;
    }
    // A getter that throws is no field of a message.
    Reflect::get(object, &JsValue::from_str(name)).ok().filter(|value| !value.is_undefined() && !value.is_null())
}

/// The buffers of a message's large frames, for its transfer list.
pub fn large_frames(message: &JsValue) -> Array {
    let transfer = Array::new();
    for name in ["rows", "edits"] {
        if let Some(frame) = field(message, name)
            && let Some(bytes) = frame.dyn_ref::<Uint8Array>()
            && bytes.length() > CHEAPER_TO_COPY
        {
            transfer.push(&bytes.buffer());
        }
    }
    transfer
}

/// JavaScript's values as the form of messages.
struct Js(JsValue);

impl Form for Js {
    fn boolean(value: bool) -> Self {
        Self(value.into())
    }

    fn number(value: f64) -> Self {
        Self(value.into())
    }

    fn text(value: &str) -> Self {
        Self(value.into())
    }

    fn bytes(value: &[u8]) -> Self {
        Self(Uint8Array::from(value).into())
    }

    fn list(items: impl Iterator<Item = Self>) -> Self {
        Self(items.map(|item| item.0).collect::<Array>().into())
    }

    fn object() -> Self {
        Self(Object::new().into())
    }

    fn set(&mut self, name: &'static str, value: Self) {
        // Setting a field of an object just made does not throw.
        let _ = Reflect::set(&self.0, &name.into(), &value.0);
    }

    fn field(&self, name: &'static str) -> Option<Self> {
        field(&self.0, name).map(Self)
    }

    fn as_boolean(&self) -> Option<bool> {
        self.0.as_bool()
    }

    fn as_number(&self) -> Option<f64> {
        self.0.as_f64()
    }

    fn as_text(&self) -> Option<String> {
        self.0.as_string()
    }

    fn as_bytes(&self) -> Option<Vec<u8>> {
        Some(self.0.dyn_ref::<Uint8Array>()?.to_vec())
    }

    fn as_list(&self) -> Option<Vec<Self>> {
        Array::is_array(&self.0).then(|| self.0.unchecked_ref::<Array>().iter().map(Self).collect())
    }
}
