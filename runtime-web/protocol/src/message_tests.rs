//! Every message comes back from its form the same, and what is no message is refused. Samples of each kind are written as
//! TypeScript for the compiler to compare with the types: `bindings/js/test/generated/messages.ts`.

use std::fmt::{self, Debug, Display, Formatter, Write};

use crate::form::Form;
use crate::typescript_tests::up_to_date;
use crate::*;

/// Something that samples can be made of, one of each kind.
pub(crate) trait Sample: Sized {
    fn samples(random: &mut Random) -> Vec<Self>;
}

/// Numbers that look random and are the same in every run.
pub(crate) struct Random {
    state: u64,
    /// How many lists deep it is: trees end somewhere.
    depth: u32,
}

impl Random {
    fn new(seed: u64) -> Self {
        Self { state: seed, depth: 0 }
    }

    fn below(&mut self, limit: u64) -> u64 {
        // splitmix64
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length.try_into().unwrap())).unwrap()
    }

    pub(crate) fn sample<T: Sample>(&mut self) -> T {
        let mut samples = T::samples(self);
        let at = self.index(samples.len());
        samples.swap_remove(at)
    }
}

impl Sample for bool {
    fn samples(_: &mut Random) -> Vec<Self> {
        vec![false, true]
    }
}

impl Sample for u64 {
    fn samples(random: &mut Random) -> Vec<Self> {
        vec![0, random.below(1000), random.below(1 << 53), 1 << 53]
    }
}

impl Sample for u32 {
    fn samples(random: &mut Random) -> Vec<Self> {
        vec![0, random.below(1000).try_into().unwrap(), Self::MAX]
    }
}

impl Sample for String {
    fn samples(random: &mut Random) -> Vec<Self> {
        vec![Self::new(), format!("text {}", random.below(100)), "\"ü\u{1f30a}\\\n\0".to_owned()]
    }
}

impl Sample for Frame {
    fn samples(random: &mut Random) -> Vec<Self> {
        vec![Self(Vec::new()), Self((0..random.below(8)).map(|at| u8::try_from(at * 36).unwrap()).collect())]
    }
}

impl<T: Sample> Sample for Option<T> {
    fn samples(random: &mut Random) -> Vec<Self> {
        vec![None, Some(random.sample())]
    }
}

impl<T: Sample> Sample for Box<T> {
    fn samples(random: &mut Random) -> Vec<Self> {
        vec![Self::new(random.sample())]
    }
}

impl<T: Sample> Sample for Vec<T> {
    fn samples(random: &mut Random) -> Vec<Self> {
        random.depth += 1;
        let length = if random.depth > 4 { 0 } else { random.below(3) };
        let sample = (0..length).map(|_| random.sample()).collect();
        random.depth -= 1;
        vec![sample]
    }
}

macro_rules! ids {
    ($($name:ident)*) => {$(
        impl Sample for $name {
            fn samples(random: &mut Random) -> Vec<Self> {
                vec![Self(random.sample())]
            }
        }
    )*};
}
ids!(ClientId DatabaseId Seq TabId InstanceId Term Epoch CommitId RequestId SubscriptionId);

/// A form that is looked at and damaged.
#[derive(Clone, Debug, PartialEq)]
enum Plain {
    Boolean(bool),
    Number(f64),
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<Self>),
    Object(Vec<(&'static str, Self)>),
}

impl Form for Plain {
    fn boolean(value: bool) -> Self {
        Self::Boolean(value)
    }

    fn number(value: f64) -> Self {
        Self::Number(value)
    }

    fn text(value: &str) -> Self {
        Self::Text(value.to_owned())
    }

    fn bytes(value: &[u8]) -> Self {
        Self::Bytes(value.to_vec())
    }

    fn list(items: impl Iterator<Item = Self>) -> Self {
        Self::List(items.collect())
    }

    fn object() -> Self {
        Self::Object(Vec::new())
    }

    fn set(&mut self, name: &'static str, value: Self) {
        let Self::Object(fields) = self else { panic!("{self:?} has no fields") };
        assert!(fields.iter().all(|(known, _)| *known != name), "{name} is set twice");
        fields.push((name, value));
    }

    fn field(&self, name: &'static str) -> Option<Self> {
        let Self::Object(fields) = self else { return None };
        fields.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
    }

    fn as_boolean(&self) -> Option<bool> {
        if let Self::Boolean(value) = self { Some(*value) } else { None }
    }

    fn as_number(&self) -> Option<f64> {
        if let Self::Number(value) = self { Some(*value) } else { None }
    }

    fn as_text(&self) -> Option<String> {
        if let Self::Text(value) = self { Some(value.clone()) } else { None }
    }

    fn as_bytes(&self) -> Option<Vec<u8>> {
        if let Self::Bytes(value) = self { Some(value.clone()) } else { None }
    }

    fn as_list(&self) -> Option<Vec<Self>> {
        if let Self::List(value) = self { Some(value.clone()) } else { None }
    }
}

/// As TypeScript writes it.
impl Display for Plain {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let separate = |f: &mut Formatter<'_>, at: usize| if at > 0 { f.write_str(", ") } else { Ok(()) };
        match self {
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Number(value) => write!(f, "{value}"),
            Self::Text(value) => f.write_str(&serde_json::to_string(value).unwrap()),
            Self::Bytes(value) => write!(f, "new Uint8Array({value:?})"),
            Self::List(items) => {
                f.write_char('[')?;
                for (at, item) in items.iter().enumerate() {
                    separate(f, at)?;
                    write!(f, "{item}")?;
                }
                f.write_char(']')
            }
            Self::Object(fields) => {
                f.write_char('{')?;
                for (at, (name, value)) in fields.iter().enumerate() {
                    separate(f, at)?;
                    write!(f, "{name}: {value}")?;
                }
                f.write_char('}')
            }
        }
    }
}

/// Removes a part of a form, or puts another kind in its place.
fn damage(form: &mut Plain, random: &mut Random) {
    let here = random.below(4) == 0;
    match form {
        Plain::Object(fields) if !fields.is_empty() && !here => {
            let at = random.index(fields.len());
            if random.below(2) == 0 {
                fields.remove(at);
            } else {
                damage(&mut fields[at].1, random);
            }
        }
        Plain::List(items) if !items.is_empty() && !here => {
            let at = random.index(items.len());
            damage(&mut items[at], random);
        }
        other => {
            let replaced = [
                Plain::Boolean(true),
                Plain::Number([-1.0, 0.5, f64::NAN, f64::INFINITY, 1e300][random.index(5)]),
                Plain::Text("register".to_owned()),
                Plain::Bytes(vec![1]),
                Plain::List(vec![Plain::Boolean(true)]),
                Plain::object(),
            ];
            *other = replaced[random.index(replaced.len())].clone();
        }
    }
}

fn check<M: Message + Sample + Debug + PartialEq>(random: &mut Random) {
    for message in M::samples(random) {
        let mut form: Plain = message.encode().unwrap();
        assert_eq!(M::decode(Some(&form)).as_ref(), Some(&message), "{form}");
        damage(&mut form, random);
        // What is read is then something else, or nothing; but what is read means what it says.
        if let Some(read) = M::decode(Some(&form)) {
            let again: Plain = read.encode().unwrap();
            assert_eq!(M::decode(Some(&again)), Some(read), "{form}");
        }
    }
}

#[test]
fn messages_come_back_and_what_is_none_is_refused() {
    for seed in 0..300 {
        let random = &mut Random::new(seed);
        check::<PageToCoordinator>(random);
        check::<CoordinatorToPage>(random);
        check::<WorkerToCoordinator>(random);
        check::<CoordinatorToWorker>(random);
        check::<PageToHost>(random);
        check::<HostToPage>(random);
        check::<Envelope>(random);
    }
}

#[test]
fn numbers_that_are_no_ids_are_refused() {
    let ping = |nonce: f64| {
        let mut form = Plain::object();
        form.set("type", Plain::text("ping"));
        form.set("nonce", Plain::Number(nonce));
        CoordinatorToWorker::decode(Some(&form))
    };
    assert_eq!(ping(3.0), Some(CoordinatorToWorker::Ping { nonce: 3 }));
    for none in [-1.0, 0.5, f64::NAN, f64::INFINITY, 1e17] {
        assert_eq!(ping(none), None, "{none}");
    }
}

#[test]
fn what_is_missing_or_of_another_kind_is_refused() {
    let mut form: Plain = PageToHost::Stats { request: RequestId(4) }.encode().unwrap();
    assert!(PageToHost::decode(Some(&form)).is_some());
    let Plain::Object(fields) = &mut form else { panic!("{form}") };
    let request = fields.remove(0);
    assert_eq!(request, ("request", Plain::Number(4.0)));
    assert_eq!(PageToHost::decode(Some(&form)), None);
    assert_eq!(PageToHost::decode::<Plain>(None), None);
    assert_eq!(PageToHost::decode(Some(&Plain::text("stats"))), None);
}

#[test]
fn typescript_samples_are_up_to_date() {
    let mut text = String::from(
        "// Generated from the Rust crate tidewater-protocol by its tests; do not edit. As Rust writes messages, one of each kind.\n\n\
         import type * as protocol from '../../src/generated/protocol.js';\n",
    );
    let random = &mut Random::new(1);
    declare::<PageToCoordinator>(&mut text, "PageToCoordinator", random);
    declare::<CoordinatorToPage>(&mut text, "CoordinatorToPage", random);
    declare::<WorkerToCoordinator>(&mut text, "WorkerToCoordinator", random);
    declare::<CoordinatorToWorker>(&mut text, "CoordinatorToWorker", random);
    declare::<PageToHost>(&mut text, "PageToHost", random);
    declare::<HostToPage>(&mut text, "HostToPage", random);
    declare::<Envelope>(&mut text, "Envelope", random);
    up_to_date("test/generated/messages.ts", text);
}

fn declare<M: Message + Sample>(text: &mut String, name: &str, random: &mut Random) {
    writeln!(text, "\nexport const some{name}: protocol.{name}[] = [").unwrap();
    for message in M::samples(random) {
        writeln!(text, "  {},", message.encode::<Plain>().unwrap()).unwrap();
    }
    text.push_str("];\n");
}
