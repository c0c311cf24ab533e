//! What a query depends on, as pure data: who produces it is `sql` and `storage`, who asks it is `subscribe`.

mod dependencies;

pub use dependencies::{Columns, Dependencies, Operand, Predicate, Relation, Slot, Source};
