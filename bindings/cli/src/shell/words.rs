//! The words of a dot command: separated by white space, or in quotes.

/// A word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    /// It was in quotes, so it is no flag.
    pub is_quoted: bool,
}

/// The words of a line. A quotation begins a word and ends at its quote; in it, the same quote twice is one. In double quotes, `\\`, `\"`,
/// `\n`, `\r` and `\t` mean what they mean in C.
pub fn words(mut line: &str) -> Vec<Word> {
    let mut words = Vec::new();
    loop {
        line = line.trim_start();
        let Some(first) = line.chars().next() else { return words };
        if matches!(first, '\'' | '"') {
            let (text, length) = quotation(line, first);
            words.push(Word { text, is_quoted: true });
            line = &line[length..];
        } else {
            let end = line.find(char::is_whitespace).unwrap_or(line.len());
            words.push(Word { text: line[..end].to_owned(), is_quoted: false });
            line = &line[end..];
        }
    }
}

/// The text of the quotation that a line begins with, and its length. One that is not closed ends with the line.
fn quotation(line: &str, quote: char) -> (String, usize) {
    let mut text = String::new();
    let mut letters = line.char_indices().skip(1).peekable();
    while let Some((place, letter)) = letters.next() {
        match letter {
            '\\' if quote == '"' => match letters.next() {
                Some((_, 'n')) => text.push('\n'),
                Some((_, 'r')) => text.push('\r'),
                Some((_, 't')) => text.push('\t'),
                Some((_, other @ ('\\' | '"'))) => text.push(other),
                Some((_, other)) => text.extend(['\\', other]),
                None => text.push('\\'),
            },
            letter if letter == quote => match letters.next_if(|(_, next)| *next == quote) {
                Some(_) => text.push(quote),
                None => return (text, place + 1),
            },
            letter => text.push(letter),
        }
    }
    (text, line.len())
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn words_are_separated_by_space_or_quotes() {
        for (line, expected) in [
            ("", vec![]),
            (" a  b ", vec!["a", "b"]),
            ("'a b' \"c d\"", vec!["a b", "c d"]),
            ("'it''s' \"a\\tb\\\"\" C:\\dir", vec!["it's", "a\tb\"", "C:\\dir"]),
            ("'open a", vec!["open a"]),
            ("''", vec![""]),
            ("'水'x", vec!["水", "x"]),
        ] {
            let texts: Vec<_> = words(line).into_iter().map(|word| word.text).collect();
            assert_eq!(texts, expected, "{line}");
        }
    }
}
