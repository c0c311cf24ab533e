//! Ports: a MessagePort, a worker's own global, or the shell's stand-in for one on a BroadcastChannel.

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// Anything with `postMessage`, `onmessage` and `close`.
    #[derive(Clone)]
    pub type RawPort;

    #[wasm_bindgen(method, js_name = postMessage)]
    fn post_message(this: &RawPort, message: &JsValue, transfer: &Array);

    #[wasm_bindgen(method, setter, js_name = onmessage)]
    fn set_onmessage(this: &RawPort, handler: Option<&JsValue>);

    #[wasm_bindgen(method)]
    fn close(this: &RawPort);

    type MessageChannel;

    #[wasm_bindgen(constructor)]
    fn new() -> MessageChannel;

    #[wasm_bindgen(method, getter)]
    fn port1(this: &MessageChannel) -> RawPort;

    #[wasm_bindgen(method, getter)]
    fn port2(this: &MessageChannel) -> RawPort;
}

/// What came over a port: the message and the port that was transferred with it, if one was.
pub struct Received {
    pub message: JsValue,
    pub port: Option<RawPort>,
}

/// A port that we listen to. Dropping it stops listening and closes it.
pub struct Port {
    raw: RawPort,
    _handler: Closure<dyn FnMut(JsValue)>,
}

impl Port {
    /// Listens to `raw`; messages that wait in it come at once.
    pub fn listen(raw: RawPort, mut receive: impl FnMut(Received) + 'static) -> Self {
        let handler = Closure::new(move |event: JsValue| receive(received(&event)));
        raw.set_onmessage(Some(handler.as_ref()));
        Self { raw, _handler: handler }
    }

    pub fn post(&self, message: &JsValue, transfer: &Array) {
        self.raw.post_message(message, transfer);
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.raw.set_onmessage(None);
        self.raw.close();
    }
}

/// Two ports that lead to each other.
pub fn pair() -> (RawPort, RawPort) {
    let channel = MessageChannel::new();
    (channel.port1(), channel.port2())
}

/// A call that comes after the messages that are there by now. A message to oneself is not held up as a timer of 0 is.
pub struct Signal {
    _here: Port,
    there: RawPort,
}

impl Signal {
    pub fn new(mut call: impl FnMut() + 'static) -> Self {
        let (here, there) = pair();
        Self { _here: Port::listen(here, move |_| call()), there }
    }

    /// Lets the call come once.
    pub fn raise(&self) {
        self.there.post_message(&JsValue::NULL, &Array::new());
    }
}

fn received(event: &JsValue) -> Received {
    // Reading a property of an event does not throw.
    let message = Reflect::get(event, &"data".into()).unwrap_or_default();
    let ports = Reflect::get(event, &"ports".into()).unwrap_or_default();
    let first = if ports.is_object() {
        Reflect::get_u32(ports.unchecked_ref::<Object>(), 0).unwrap_or_default()
    } else {
        JsValue::UNDEFINED
    };
    Received { message, port: first.is_object().then(|| first.unchecked_into()) }
}
