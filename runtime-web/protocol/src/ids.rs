//! Newtypes for the ids that messages carry.

use std::fmt;

use crate::form::{Form, Message};

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(test, derive(ts_rs::TS))]
        pub struct $name(pub u64);

        impl Message for $name {
            fn encode<F: Form>(&self) -> Option<F> {
                self.0.encode()
            }

            fn decode<F: Form>(form: Option<&F>) -> Option<Self> {
                Message::decode(form).map(Self)
            }
        }

        impl $name {
            /// The number after this one.
            #[must_use]
            pub fn next(self) -> Self {
                Self(self.0.saturating_add(1))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

macro_rules! text {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(test, derive(ts_rs::TS))]
        pub struct $name(pub String);

        impl Message for $name {
            fn encode<F: Form>(&self) -> Option<F> {
                self.0.encode()
            }

            fn decode<F: Form>(form: Option<&F>) -> Option<Self> {
                Message::decode(form).map(Self)
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.to_owned())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

text!(
    /// A page client together with its worker: 128 random bits in hexadecimal, drawn again for each life.
    TabId
);
text!(
    /// A page client through all its tab ids: 128 random bits in hexadecimal, drawn once. The database knows by it which writes were done.
    ClientId
);
text!(
    /// One database: random, written into it when it is created.
    DatabaseId
);
text!(
    /// One life of a coordinator: 128 random bits in hexadecimal.
    InstanceId
);
number!(
    /// One attempt to make a worker the host. Terms count up within a coordinator, which takes up the highest it hears of.
    Term
);
number!(
    /// One host's leadership: counted up in the database each time it is opened, so a higher epoch is a later host.
    Epoch
);
number!(
    /// The number of a commit: 0 before the first, then 1 up, stored in the database.
    CommitId
);
number!(
    /// A request of one client that may write, counted up by it from 1 as it posts them first; the same when it is posted again.
    Seq
);
number!(
    /// A request of one page client, counted up by it and never reused.
    RequestId
);
number!(
    /// A subscription of one page client, counted up by it and never reused; it keeps its id when the host changes.
    SubscriptionId
);
