//! Values by ids, sorted: a host knows few clients, and new ids are mostly the greatest. A tree would be more code to download.

/// Values by ids.
#[derive(Debug)]
pub(crate) struct ById<K, V>(Vec<(K, V)>);

impl<K, V> Default for ById<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord, V> ById<K, V> {
    fn place(&self, id: &K) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.cmp(id))
    }

    pub(crate) fn contains(&self, id: &K) -> bool {
        self.place(id).is_ok()
    }

    pub(crate) fn get(&self, id: &K) -> Option<&V> {
        Some(&self.0[self.place(id).ok()?].1)
    }

    pub(crate) fn get_mut(&mut self, id: &K) -> Option<&mut V> {
        let place = self.place(id).ok()?;
        Some(&mut self.0[place].1)
    }

    /// The value of an id, which gets one if it has none.
    pub(crate) fn or_insert_with(&mut self, id: K, value: impl FnOnce() -> V) -> &mut V {
        let place = match self.place(&id) {
            Ok(place) => place,
            Err(place) => {
                self.0.insert(place, (id, value()));
                place
            }
        };
        &mut self.0[place].1
    }

    /// Sets the value of an id.
    pub(crate) fn insert(&mut self, id: K, value: V) {
        match self.place(&id) {
            Ok(place) => self.0[place].1 = value,
            Err(place) => self.0.insert(place, (id, value)),
        }
    }

    pub(crate) fn remove(&mut self, id: &K) {
        if let Ok(place) = self.place(id) {
            self.0.remove(place);
        }
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.0.iter_mut().map(|(id, value)| (&*id, value))
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = &K> {
        self.0.iter().map(|(id, _)| id)
    }

    pub(crate) fn into_sorted(self) -> Vec<(K, V)> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::ById;

    #[test]
    fn values_are_found_by_their_ids_in_order() {
        let mut numbers = ById::default();
        for id in [5, 1, 9, 3, 9, 1] {
            *numbers.or_insert_with(id, || 0) += id;
        }
        numbers.insert(7, 70);
        numbers.insert(3, 30);
        numbers.remove(&5);
        numbers.remove(&6);
        assert_eq!((numbers.get(&9), numbers.get(&5)), (Some(&18), None));
        assert!(numbers.contains(&7) && !numbers.contains(&8));
        if let Some(number) = numbers.get_mut(&7) {
            *number += 1;
        }
        numbers.iter_mut().for_each(|(id, number)| *number += *id);
        assert_eq!(numbers.ids().copied().collect::<Vec<_>>(), [1, 3, 7, 9]);
        assert_eq!(numbers.into_sorted(), [(1, 3), (3, 33), (7, 78), (9, 27)]);
    }
}
