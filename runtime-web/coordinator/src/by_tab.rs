//! What is known by tab. A browser has some tens of tabs: a sorted vector finds one as fast as a tree, and is a tenth of its code.

use tidewater_protocol::TabId;

/// A map from tabs, in the order of their ids.
#[derive(Clone, Debug)]
pub struct ByTab<T>(Vec<(TabId, T)>);

impl<T> Default for ByTab<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> ByTab<T> {
    /// The value of a tab, if it has one.
    #[must_use]
    pub fn get(&self, tab: &TabId) -> Option<&T> {
        Some(&self.0.get(self.find(tab).ok()?)?.1)
    }

    /// The value of a tab, if it has one.
    #[must_use]
    pub fn get_mut(&mut self, tab: &TabId) -> Option<&mut T> {
        let at = self.find(tab).ok()?;
        Some(&mut self.0.get_mut(at)?.1)
    }

    /// The value of a tab, which gets one if it has none.
    pub fn get_or_insert_with(&mut self, tab: &TabId, new: impl FnOnce() -> T) -> &mut T {
        let at = match self.find(tab) {
            Ok(at) => at,
            Err(at) => {
                self.0.insert(at, (tab.clone(), new()));
                at
            }
        };
        &mut self.0[at].1
    }

    /// Takes the value of a tab away.
    pub fn remove(&mut self, tab: &TabId) -> Option<T> {
        let at = self.find(tab).ok()?;
        Some(self.0.remove(at).1)
    }

    /// Whether no tab has a value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every tab with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&TabId, &T)> {
        self.0.iter().map(|(tab, value)| (tab, value))
    }

    /// Every tab with its value.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&TabId, &mut T)> {
        self.0.iter_mut().map(|(tab, value)| (&*tab, value))
    }

    fn find(&self, tab: &TabId) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.cmp(tab))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn it_is_a_map_in_the_order_of_ids() {
        let (mut map, mut model) = (ByTab::default(), BTreeMap::new());
        for step in 0_u32..500 {
            let tab = TabId(format!("{:x}", step.wrapping_mul(2_654_435_761) % 31));
            if step % 3 == 0 {
                assert_eq!(map.remove(&tab), model.remove(&tab));
            } else {
                *map.get_or_insert_with(&tab, || step) += 1;
                *model.entry(tab.clone()).or_insert(step) += 1;
            }
            if let Some(value) = map.get_mut(&tab) {
                *value += 1;
                *model.get_mut(&tab).unwrap() += 1;
            }
            assert_eq!(map.get(&tab), model.get(&tab));
            assert!(map.iter().eq(model.iter()) && map.is_empty() == model.is_empty());
        }
        map.iter_mut().for_each(|(_, value)| *value = 0);
        assert!(map.iter().all(|(_, value)| *value == 0) && map.iter().count() == model.len());
    }
}
