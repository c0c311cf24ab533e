//! Numbers as a report prints them: three significant digits, in a unit of fitting size.

/// A number with three significant digits.
#[must_use]
pub fn plain(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 0.1 || size == 0.0 => format!("{value:.2}"),
        size if size >= 0.001 => format!("{value:.4}"),
        _ => format!("{value:.6}"),
    }
}

/// A duration in seconds, milliseconds or microseconds.
#[must_use]
pub fn time(seconds: f64) -> String {
    match seconds.abs() {
        size if size >= 1.0 => format!("{} s", plain(seconds)),
        size if size >= 1e-3 => format!("{} ms", plain(seconds * 1e3)),
        _ => format!("{} us", plain(seconds * 1e6)),
    }
}

/// A size in bytes, kilobytes or megabytes.
#[must_use]
pub fn bytes(bytes: f64) -> String {
    match bytes.abs() {
        size if size >= 1e6 => format!("{} MB", plain(bytes / 1e6)),
        size if size >= 1e3 => format!("{} kB", plain(bytes / 1e3)),
        _ => format!("{bytes:.0} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::{bytes, plain, time};

    #[test]
    fn a_unit_fits_its_value() {
        assert_eq!([123.4, 12.34, 0.1234, 0.01234].map(plain), ["123", "12.3", "0.12", "0.0123"]);
        assert_eq!([1.5, 0.0123, 2e-4].map(time), ["1.50 s", "12.3 ms", "200 us"]);
        assert_eq!([4_200_000.0, 4_200.0, 42.0].map(bytes), ["4.20 MB", "4.20 kB", "42 B"]);
    }
}
