//! How messages are written and read: a [`Message`] in Rust's form on one side, and on the other a [`Form`], which is plain
//! data as an edge has it (JavaScript's values in a browser, a tree of our own in tests).
//!
//! The macro `message!` declares a type with both directions and with its TypeScript, so that the three cannot differ.
//! A message is read field by field, without a copy of the whole in between, by code that is the same for all types:
//! derived deserializers took five times as much of what browsers download.

/// Plain data outside Rust: what `JSON.parse` can give, and bytes.
pub trait Form: Sized {
    /// A boolean.
    fn boolean(value: bool) -> Self;
    /// A number.
    fn number(value: f64) -> Self;
    /// A text.
    fn text(value: &str) -> Self;
    /// Bytes, copied.
    fn bytes(value: &[u8]) -> Self;
    /// A list.
    fn list(items: impl Iterator<Item = Self>) -> Self;
    /// An object without fields.
    fn object() -> Self;
    /// Gives an object a field that it does not have.
    fn set(&mut self, name: &'static str, value: Self);

    /// A field; none if it is missing, or this is no object.
    fn field(&self, name: &'static str) -> Option<Self>;
    /// The boolean, if this is one.
    fn as_boolean(&self) -> Option<bool>;
    /// The number, if this is one.
    fn as_number(&self) -> Option<f64>;
    /// The text, if this is one.
    fn as_text(&self) -> Option<String>;
    /// The bytes, if this is that.
    fn as_bytes(&self) -> Option<Vec<u8>>;
    /// The items, if this is a list.
    fn as_list(&self) -> Option<Vec<Self>>;
}

/// A type of which messages are made. What is absent has no form: an `Option` that is `None`.
pub trait Message: Sized {
    /// Writes it.
    fn encode<F: Form>(&self) -> Option<F>;
    /// Reads it; none if `form` is something else.
    fn decode<F: Form>(form: Option<&F>) -> Option<Self>;
}

/// Numbers above are not exact in JavaScript.
const LARGEST: u64 = 1 << 53;

impl Message for bool {
    fn encode<F: Form>(&self) -> Option<F> {
        Some(F::boolean(*self))
    }

    fn decode<F: Form>(form: Option<&F>) -> Option<Self> {
        form?.as_boolean()
    }
}

impl Message for u64 {
    #[expect(clippy::cast_precision_loss, reason = "ids and counters are below 2^53")]
    fn encode<F: Form>(&self) -> Option<F> {
        Some(F::number(*self as f64))
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        clippy::float_cmp,
        reason = "what does not come back from the conversion the same is refused"
    )]
    fn decode<F: Form>(form: Option<&F>) -> Option<Self> {
        let number = form?.as_number()?;
        let whole = number as Self;
        (whole as f64 == number && whole <= LARGEST).then_some(whole)
    }
}

impl Message for u32 {
    fn encode<F: Form>(&self) -> Option<F> {
        u64::from(*self).encode()
    }

    fn decode<F: Form>(form: Option<&F>) -> Option<Self> {
        u64::decode(form)?.try_into().ok()
    }
}

impl Message for String {
    fn encode<F: Form>(&self) -> Option<F> {
        Some(F::text(self))
    }

    fn decode<F: Form>(form: Option<&F>) -> Option<Self> {
        form?.as_text()
    }
}

impl<T: Message> Message for Option<T> {
    fn encode<F: Form>(&self) -> Option<F> {
        self.as_ref()?.encode()
    }

    fn decode<F: Form>(form: Option<&F>) -> Option<Self> {
        match form {
            None => Some(None),
            some => T::decode(some).map(Some),
        }
    }
}

impl<T: Message> Message for Box<T> {
    fn encode<F: Form>(&self) -> Option<F> {
        (**self).encode()
    }

    fn decode<F: Form>(form: Option<&F>) -> Option<Self> {
        T::decode(form).map(Self::new)
    }
}

impl<T: Message> Message for Vec<T> {
    fn encode<F: Form>(&self) -> Option<F> {
        Some(F::list(self.iter().filter_map(T::encode)))
    }

    fn decode<F: Form>(form: Option<&F>) -> Option<Self> {
        form?.as_list()?.iter().map(|item| T::decode(Some(item))).collect()
    }
}

/// Writes a field of an object.
pub(crate) fn put<F: Form>(object: &mut F, name: &'static str, value: &impl Message) {
    if let Some(value) = value.encode() {
        object.set(name, value);
    }
}

/// Reads a field of an object.
pub(crate) fn take<F: Form, M: Message>(object: &F, name: &'static str) -> Option<M> {
    M::decode(object.field(name).as_ref())
}

/// A name of Rust as JavaScript writes it: `hidden_for` and `HiddenFor` are both `hiddenFor`.
pub(crate) struct Name {
    bytes: [u8; Self::LONGEST],
    length: usize,
}

impl Name {
    const LONGEST: usize = 32;

    pub(crate) const fn of(name: &str) -> Self {
        let name = name.as_bytes();
        let (mut bytes, mut length, mut at) = ([0; Self::LONGEST], 0, 0);
        while at < name.len() {
            if name[at] != b'_' {
                bytes[length] = match at {
                    0 => name[0].to_ascii_lowercase(),
                    _ if name[at - 1] == b'_' => name[at].to_ascii_uppercase(),
                    _ => name[at],
                };
                length += 1;
            }
            at += 1;
        }
        Self { bytes, length }
    }

    pub(crate) const fn as_str(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(name) => name,
            Err(_) => panic!("names are ASCII"),
        }
    }
}

/// [`Name`] at compile time.
macro_rules! name {
    ($name:ident) => {{
        const NAME: &str = const { &$crate::form::Name::of(stringify!($name)) }.as_str();
        NAME
    }};
}
pub(crate) use name;

/// Declares a type of messages, with its form, its TypeScript and samples of it for tests: an object with a field for each of a struct's, a text for
/// an enum of names, and for an enum that is `tagged` an object with the variant's name in the field of that name.
macro_rules! message {
    (
        $(#[$meta:meta])*
        pub struct $type:ident { $($(#[$about:meta])* pub $field:ident: $of:ty),* $(,)? }
    ) => {
        $(#[$meta])*
        #[cfg_attr(test, derive(ts_rs::TS), ts(rename_all = "camelCase", optional_fields))]
        pub struct $type { $($(#[$about])* pub $field: $of),* }

        impl $crate::form::Message for $type {
            fn encode<F: $crate::form::Form>(&self) -> Option<F> {
                let mut object = F::object();
                $($crate::form::put(&mut object, $crate::form::name!($field), &self.$field);)*
                Some(object)
            }

            fn decode<F: $crate::form::Form>(form: Option<&F>) -> Option<Self> {
                let object = form?;
                Some(Self { $($field: $crate::form::take(object, $crate::form::name!($field))?),* })
            }
        }

        #[cfg(test)]
        impl $crate::message_tests::Sample for $type {
            fn samples(random: &mut $crate::message_tests::Random) -> Vec<Self> {
                vec![Self { $($field: random.sample()),* }]
            }
        }
    };
    (
        $(#[$meta:meta])*
        pub enum $type:ident { $($(#[$about:meta])* $variant:ident),* $(,)? }
    ) => {
        $(#[$meta])*
        #[cfg_attr(test, derive(ts_rs::TS), ts(rename_all = "camelCase"))]
        pub enum $type { $($(#[$about])* $variant),* }

        impl $crate::form::Message for $type {
            fn encode<F: $crate::form::Form>(&self) -> Option<F> {
                Some(F::text(match self { $(Self::$variant => $crate::form::name!($variant)),* }))
            }

            fn decode<F: $crate::form::Form>(form: Option<&F>) -> Option<Self> {
                let name = form?.as_text()?;
                $(if name == $crate::form::name!($variant) {
                    return Some(Self::$variant);
                })*
                None
            }
        }

        #[cfg(test)]
        impl $crate::message_tests::Sample for $type {
            fn samples(_: &mut $crate::message_tests::Random) -> Vec<Self> {
                vec![$(Self::$variant),*]
            }
        }
    };
    (
        $(#[$meta:meta])*
        pub enum $type:ident tagged $tag:literal {
            $(
                $(#[$about:meta])*
                $variant:ident
                $({ $($(#[$about_field:meta])* $field:ident: $of:ty),* $(,)? })?
                $(($inner:ty))?
            ),* $(,)?
        }
    ) => {
        $(#[$meta])*
        #[cfg_attr(
            test,
            derive(ts_rs::TS),
            ts(tag = $tag, rename_all = "camelCase", rename_all_fields = "camelCase", optional_fields)
        )]
        pub enum $type {
            $($(#[$about])* $variant $({ $($(#[$about_field])* $field: $of),* })? $(($inner))?),*
        }

        impl $crate::form::Message for $type {
            fn encode<F: $crate::form::Form>(&self) -> Option<F> {
                match self {
                    $(Self::$variant $({ $($field),* })? $(($crate::form::bound!(inner $inner)))? => {
                        #[allow(unused_mut, unused_assignments, reason = "of a variant around a struct, the struct's")]
                        let mut object = F::object();
                        $($($crate::form::put(&mut object, $crate::form::name!($field), $field);)*)?
                        $(object = <$inner as $crate::form::Message>::encode(inner)?;)?
                        object.set($tag, F::text($crate::form::name!($variant)));
                        Some(object)
                    })*
                }
            }

            fn decode<F: $crate::form::Form>(form: Option<&F>) -> Option<Self> {
                let object = form?;
                let name = object.field($tag)?.as_text()?;
                $(if name == $crate::form::name!($variant) {
                    return Some(Self::$variant
                        $({ $($field: $crate::form::take(object, $crate::form::name!($field))?),* })?
                        $((<$inner as $crate::form::Message>::decode(form)?))?
                    );
                })*
                None
            }
        }

        #[cfg(test)]
        impl $crate::message_tests::Sample for $type {
            fn samples(random: &mut $crate::message_tests::Random) -> Vec<Self> {
                vec![$(Self::$variant $({ $($field: random.sample()),* })? $((random.sample::<$inner>()))?),*]
            }
        }
    };
}
pub(crate) use message;

/// A name to bind what a variant is around.
macro_rules! bound {
    ($name:ident $of:ty) => {
        $name
    };
}
pub(crate) use bound;
