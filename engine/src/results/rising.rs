//! The longest rising sequence: which elements can stay where they are while the others move.

/// Marks a longest sequence of places whose numbers rise; places without a number are left out. Patience sorting, O(n log n).
pub(super) fn longest(places: usize, number: impl Fn(usize) -> Option<usize>) -> Vec<bool> {
    // The last places of the best sequences of each length, and what comes before each place in its own.
    let mut tails: Vec<usize> = Vec::new();
    let mut previous: Vec<Option<usize>> = vec![None; places];
    for (place, own) in (0..places).filter_map(|place| Some((place, number(place)?))) {
        let length = tails.partition_point(|tail| number(*tail) < Some(own));
        previous[place] = length.checked_sub(1).map(|shorter| tails[shorter]);
        match tails.get_mut(length) {
            Some(tail) => *tail = place,
            None => tails.push(place),
        }
    }
    let mut stays = vec![false; places];
    let mut next = tails.last().copied();
    while let Some(place) = next {
        stays[place] = true;
        next = previous[place];
    }
    stays
}
