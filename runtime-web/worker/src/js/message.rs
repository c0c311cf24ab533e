//! Messages between Rust's form and JavaScript's.

use std::cell::RefCell;

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

thread_local! {
    /// Names of fields in JavaScript's form. Making one copies its bytes and decodes them, which took a tenth of a small write.
    static NAMES: RefCell<Vec<(&'static str, JsValue)>> = const { RefCell::new(Vec::new()) };
}

/// Uses a name in JavaScript's form. There are some tens of them, and equal ones are mostly at one address.
fn with_name<T>(name: &'static str, using: impl FnOnce(&JsValue) -> T) -> T {
    NAMES.with_borrow_mut(|names| {
        let known = names.iter().position(|(known, _)| std::ptr::eq(*known, name));
        let at = known.unwrap_or_else(|| {
            names.push((name, JsValue::from_str(name)));
            names.len() - 1
        });
        using(&names[at].1)
    })
}

/// A field of an object.
pub fn field(object: &JsValue, name: &'static str) -> Option<JsValue> {
    if !object.is_object() {
        return None;
    }
    // A getter that throws is no field of a message.
    let found = with_name(name, |name| Reflect::get(object, name));
    found.ok().filter(|value| !value.is_undefined() && !value.is_null())
}

/// The items of a list; none of what is no list.
pub fn items(list: &JsValue) -> impl Iterator<Item = JsValue> {
    list.dyn_ref::<Array>().cloned().unwrap_or_default().into_iter()
}

/// The buffers of the large frames in a packet, for its transfer list.
pub fn large_frames(packet: &JsValue) -> Array {
    let transfer = Array::new();
    for message in field(packet, "messages").iter().flat_map(items) {
        for name in ["rows", "edits"] {
            if let Some(frame) = field(&message, name)
                && let Some(bytes) = frame.dyn_ref::<Uint8Array>()
                && bytes.length() > CHEAPER_TO_COPY
            {
                transfer.push(&bytes.buffer());
            }
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
        let _ = with_name(name, |name| Reflect::set(&self.0, name, &value.0));
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
