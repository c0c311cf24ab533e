//! Newtypes for every id the engine hands out, so that two kinds never swap silently.

use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// The number of a commit: 0 before the first, then 1 up, stored in the database so that it survives reopening.
    CommitId
);
id!(
    /// One subscriber's interest in a template and binding. Ids count up in the order of subscribing and are never reused.
    SubscriptionId
);
id!(
    /// A query with its literals and parameters turned into slots.
    TemplateId
);
id!(
    /// A plan and the dataflow that carries it out: of one template, and of those of its literals that stay in the text.
    PlanId
);
id!(
    /// The values for a template's slots, together with the result they give.
    BindingId
);

impl CommitId {
    /// The commit after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}
