//! The parameters that a script of several statements was given.

use super::super::convert;
use crate::error::Error;
use crate::types::{Params, SortedSet, Value};

/// The parameters of a script. Each statement takes those that it has; in the end none may be left over.
pub(super) struct Given<'p> {
    params: &'p Params,
    most_slots: usize,
    used: SortedSet<&'p str>,
}

impl<'p> Given<'p> {
    pub(super) fn new(params: &'p Params) -> Self {
        Self { params, most_slots: 0, used: SortedSet::new() }
    }

    /// The values of a statement's slots.
    pub(super) fn values(&mut self, slots: &[Option<String>]) -> Result<Vec<Value>, Error> {
        self.most_slots = self.most_slots.max(slots.len());
        let own = match self.params {
            Params::None => Params::None,
            Params::Positional(values) => Params::Positional(values.iter().take(slots.len()).cloned().collect()),
            Params::Named(values) => {
                let is_own = |name: &str| slots.iter().flatten().any(|slot| slot == convert::bare_name(name));
                let own: Vec<&(String, Value)> = values.iter().filter(|(name, _)| is_own(name)).collect();
                self.used.extend(own.iter().map(|(name, _)| name.as_str()));
                Params::Named(own.into_iter().cloned().collect())
            }
            Params::OutOfRange(value) => return Err(convert::out_of_range(value)),
        };
        convert::slot_values(slots, &own)
    }

    /// Refuses what no statement has taken.
    pub(super) fn finish(&self) -> Result<(), Error> {
        match self.params {
            Params::None => Ok(()),
            Params::Positional(values) if values.len() <= self.most_slots => Ok(()),
            Params::Positional(values) => Err(convert::wrong_count(values.len(), self.most_slots)),
            Params::Named(values) => match values.iter().find(|(name, _)| !self.used.contains(name.as_str())) {
                Some((name, _)) => Err(convert::unknown_name(name)),
                None => Ok(()),
            },
            Params::OutOfRange(value) => Err(convert::out_of_range(value)),
        }
    }
}
