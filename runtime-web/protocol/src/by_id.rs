//! What is known by an id. A browser has some tens of tabs, and new ids are mostly the greatest: a sorted vector finds one as fast as a
//! tree, and is a tenth of its code.

/// A map in the order of its ids.
#[derive(Clone, Debug)]
pub struct ById<K, V>(Vec<(K, V)>);

impl<K, V> Default for ById<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord + Clone, V> ById<K, V> {
    /// The value of an id, if it has one.
    #[must_use]
    pub fn get(&self, id: &K) -> Option<&V> {
        Some(&self.0.get(self.find(id).ok()?)?.1)
    }

    /// The value of an id, if it has one.
    #[must_use]
    pub fn get_mut(&mut self, id: &K) -> Option<&mut V> {
        let at = self.find(id).ok()?;
        Some(&mut self.0.get_mut(at)?.1)
    }

    /// Whether an id has a value.
    #[must_use]
    pub fn contains(&self, id: &K) -> bool {
        self.find(id).is_ok()
    }

    /// The value of an id, which gets one if it has none.
    pub fn get_or_insert_with(&mut self, id: &K, new: impl FnOnce() -> V) -> &mut V {
        let at = match self.find(id) {
            Ok(at) => at,
            Err(at) => {
                self.0.insert(at, (id.clone(), new()));
                at
            }
        };
        &mut self.0[at].1
    }

    /// Sets the value of an id.
    pub fn insert(&mut self, id: K, value: V) {
        match self.find(&id) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => self.0.insert(at, (id, value)),
        }
    }

    /// Takes the value of an id away.
    pub fn remove(&mut self, id: &K) -> Option<V> {
        let at = self.find(id).ok()?;
        Some(self.0.remove(at).1)
    }

    /// Whether no id has a value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every id with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.0.iter().map(|(id, value)| (id, value))
    }

    /// Every id with its value.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.0.iter_mut().map(|(id, value)| (&*id, value))
    }

    fn find(&self, id: &K) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.cmp(id))
    }
}

impl<K, V> IntoIterator for ById<K, V> {
    type Item = (K, V);
    type IntoIter = std::vec::IntoIter<(K, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::ById;
    use crate::TabId;

    #[test]
    fn it_is_a_map_in_the_order_of_ids() {
        let (mut map, mut model) = (ById::default(), BTreeMap::new());
        for step in 0_u32..500 {
            let tab = TabId(format!("{:x}", step.wrapping_mul(2_654_435_761) % 31));
            if step % 7 == 0 {
                map.insert(tab.clone(), step);
                model.insert(tab.clone(), step);
            } else if step % 3 == 0 {
                assert_eq!(map.remove(&tab), model.remove(&tab));
            } else {
                *map.get_or_insert_with(&tab, || step) += 1;
                *model.entry(tab.clone()).or_insert(step) += 1;
            }
            if let Some(value) = map.get_mut(&tab) {
                *value += 1;
                *model.get_mut(&tab).unwrap() += 1;
            }
            assert_eq!((map.get(&tab), map.contains(&tab)), (model.get(&tab), model.contains_key(&tab)));
            assert!(map.iter().eq(model.iter()) && map.is_empty() == model.is_empty());
        }
        map.iter_mut().for_each(|(_, value)| *value = 0);
        assert!(map.iter().all(|(_, value)| *value == 0) && map.iter().count() == model.len());
        assert!(map.into_iter().eq(model.into_keys().map(|tab| (tab, 0))));
    }
}
