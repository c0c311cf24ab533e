//! Sums of numbers that are exact, so that they can be taken back as well, and say which double SQLite's own sum is.
//!
//! SQLite adds doubles one by one and keeps the error of each addition beside the sum, in another double (Neumaier's variant
//! of Kahan's summation: `sumStep` in func.c). What it loses on the way depends on the order of the rows, but not much can
//! be lost: with `n` additions of values whose magnitudes add up to `a` every single error is below `a / 2^53`, and adding up
//! `n` of them loses less than `n^2 * a / 2^106`. The result is the exact sum plus that little, rounded once. Where
//! both ends of this interval round to one double, it is SQLite's result whatever the order; else only SQLite can tell.
//! Nothing at all is lost while the errors, which are multiples of the finest bit of any value, add up to less than 2^53 of
//! it: then the result is the exact sum, rounded.

use super::ValueRef;

/// How many numbers a sum is made of.
pub(crate) const SUM_PLACES: usize = 6;

/// What a value adds to a sum, and a sum itself: numbers that add up place by place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ExactSum {
    /// How many values.
    pub(crate) values: i128,
    /// How many of them are not summed up: texts, blobs, and floats out of reach.
    pub(crate) strange: i128,
    /// The sum of what is below each value and whole.
    whole: i128,
    /// What the magnitudes add up to, or a little more, in units of 2^-20.
    magnitude: i128,
    /// Of floats, how many of their finest bits make a whole, added up: no bit is finer than this says. Not 0 if there are
    /// any.
    fineness: i128,
    /// The sum of what each value has above its whole number, in units of 2^-100.
    part: i128,
}

/// A part is counted in units of 2 to the power of minus this.
const PART_BITS: u32 = 100;

/// A magnitude in units of 2 to the power of minus this.
const MAGNITUDE_BITS: u32 = 20;

/// Floats of this magnitude and more are out of reach: 2^80.
const OUT_OF_REACH: f64 = 1_208_925_819_614_629_174_706_176.0;

/// From this magnitude on SQLite splits whole numbers before it adds them to floats: 2^52.
const SPLIT: i128 = 1 << 52;

impl ExactSum {
    /// How many bytes it takes.
    pub(crate) const BYTES: usize = SUM_PLACES * 16;

    /// What a value adds that is not NULL.
    pub(crate) fn of(value: ValueRef<'_>) -> Self {
        let one = Self { values: 1, ..Self::default() };
        match value {
            ValueRef::Integer(number) => {
                let whole = i128::from(number);
                Self { whole, magnitude: whole.abs() << MAGNITUDE_BITS, ..one }
            }
            ValueRef::Real(number) => match Self::of_float(number) {
                Some(sum) => sum,
                None => Self { strange: 1, ..one },
            },
            _ => Self { strange: 1, ..one },
        }
    }

    fn of_float(number: f64) -> Option<Self> {
        if !number.is_finite() || number.abs() >= OUT_OF_REACH {
            return None;
        }
        let one = Self { values: 1, fineness: 1, ..Self::default() };
        if number == 0.0 {
            return Some(one);
        }
        // IEEE 754: number = digits * 2^exponent.
        let bits = number.to_bits();
        let (sign, field) = (if bits >> 63 == 0 { 1 } else { -1 }, i32::try_from(bits >> 52 & 0x7ff).ok()?);
        let fraction = i128::from(bits & ((1 << 52) - 1));
        let (digits, exponent) = match field {
            0 => (fraction, -1074),
            _ => (fraction | 1 << 52, field - 1075),
        };
        let zeros = digits.trailing_zeros();
        let (digits, exponent) = (sign * (digits >> zeros), exponent + i32::try_from(zeros).ok()?);
        let magnitude = match exponent + MAGNITUDE_BITS.cast_signed() {
            up @ 0.. => digits.abs() << up,
            down => digits.abs().checked_shr(down.unsigned_abs()).unwrap_or(0) + 1,
        };
        let (whole, part, fineness) = match exponent {
            up @ 0.. => (digits << up, 0, 1),
            down => {
                let down = down.unsigned_abs();
                let up = PART_BITS.checked_sub(down)?;
                (digits >> down, (digits & ((1 << down) - 1)) << up, 1 << down)
            }
        };
        Some(Self { whole, part, magnitude, fineness, ..one })
    }

    /// The sum of two.
    #[must_use]
    pub(crate) fn plus(self, other: Self) -> Self {
        // It takes 2^27 rows for a part to pass its number, and more than that for a whole.
        Self {
            values: self.values.wrapping_add(other.values),
            strange: self.strange.wrapping_add(other.strange),
            whole: self.whole.wrapping_add(other.whole),
            magnitude: self.magnitude.wrapping_add(other.magnitude),
            fineness: self.fineness.wrapping_add(other.fineness),
            part: self.part.wrapping_add(other.part),
        }
    }

    /// What is added to take the same back.
    #[must_use]
    pub(crate) fn negated(self) -> Self {
        Self { whole: -self.whole, part: -self.part, ..self }
    }

    /// The numbers it is made of, those last that whole numbers do not need.
    pub(crate) fn places(self) -> [i128; SUM_PLACES] {
        [self.values, self.strange, self.whole, self.magnitude, self.fineness, self.part]
    }

    /// The sum that is made of these numbers; missing ones are 0.
    pub(crate) fn at(places: &[i128]) -> Self {
        let at = |place: usize| places.get(place).copied().unwrap_or(0);
        Self { values: at(0), strange: at(1), whole: at(2), magnitude: at(3), fineness: at(4), part: at(5) }
    }

    /// As bytes.
    pub(crate) fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        for (place, number) in bytes.chunks_exact_mut(16).zip(self.places()) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        bytes
    }

    /// From its bytes.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        let number = |place: usize| {
            let bytes = bytes.get(place * 16..(place + 1) * 16).and_then(|bytes| bytes.try_into().ok());
            bytes.map_or(0, i128::from_le_bytes)
        };
        Self::at(&std::array::from_fn::<_, SUM_PLACES, _>(number))
    }

    /// Whether SQLite's sum of whole numbers could pass 64 bits on the way, in some order.
    pub(crate) fn may_overflow(self) -> bool {
        self.magnitude >= 1 << (63 + MAGNITUDE_BITS)
    }

    /// Whether there are floats among the values.
    pub(crate) fn is_float(self) -> bool {
        self.fineness != 0
    }

    /// The sum of nothing but whole numbers.
    pub(crate) fn integer(self) -> Option<i64> {
        let is_whole = !self.is_float() && self.strange == 0 && !self.may_overflow();
        if is_whole { i64::try_from(self.whole).ok() } else { None }
    }

    /// The double that SQLite's sum is in every order of the values, floats among them, if there is one.
    pub(crate) fn float(self) -> Option<f64> {
        if self.strange != 0 || self.may_overflow() {
            return None;
        }
        if self.loses_nothing() {
            return Some(self.rounded(0));
        }
        let off = self.error()?;
        let (from, to) = (self.rounded(-off), self.rounded(off));
        (from.to_bits() == to.to_bits()).then_some(from)
    }

    /// How many additions SQLite makes at most: a large whole number is added as two.
    fn additions(self) -> Option<i128> {
        self.values.checked_mul(2)?.checked_add(2)
    }

    /// Whether large whole numbers may have been split. Then the error may begin with up to 2^14.
    fn may_split(self) -> bool {
        self.magnitude >= SPLIT << MAGNITUDE_BITS
    }

    /// Whether the errors surely add up to less than 2^53 of the finest bit; to 2^52, so that what is left out does not
    /// matter.
    fn loses_nothing(self) -> bool {
        let bits = || self.additions()?.checked_mul(self.magnitude)?.checked_mul(self.fineness);
        !self.may_split() && bits().is_some_and(|bits| bits < 1 << (53 + 52 + MAGNITUDE_BITS))
    }

    /// What SQLite may lose, at most, in units of 2^-100. Twice the bound, so that what is left out of it does not matter.
    fn error(self) -> Option<i128> {
        let additions = self.additions()?;
        let lost = additions.checked_mul(additions)?.checked_mul(self.magnitude)? >> 25;
        // Each addition rounds what the error began with.
        let begun = if self.may_split() { additions.checked_mul(1 << 62)? } else { 0 };
        lost.checked_add(begun)?.checked_add(1)
    }

    /// The sum and so many units of 2^-100 more, rounded to the nearest double, to the even one of two.
    #[expect(clippy::cast_precision_loss, reason = "it rounds to nearest, ties to even, as IEEE 754 does")]
    fn rounded(self, more: i128) -> f64 {
        let unit = 1_i128 << PART_BITS;
        let part = self.part + (more & (unit - 1));
        let (whole, part) = (self.whole + (more >> PART_BITS) + (part >> PART_BITS), part & (unit - 1));
        let (sign, whole, part) = match (whole < 0, part) {
            (false, _) => (1.0, whole, part),
            (true, 0) => (-1.0, -whole, 0),
            (true, _) => (-1.0, -whole - 1, unit - part),
        };
        // As many bits as there is room for; whether there are others is told by the last of them.
        let up = whole.leading_zeros().saturating_sub(1).min(PART_BITS);
        let (taken, rest) = (part >> (PART_BITS - up), part & ((1 << (PART_BITS - up)) - 1));
        let digits = whole << up | taken | i128::from(rest != 0);
        sign * digits as f64 / (1_u128 << up) as f64
    }
}

#[cfg(test)]
#[path = "exact_sum_tests.rs"]
mod tests;
