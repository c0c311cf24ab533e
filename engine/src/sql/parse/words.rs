//! The respelling of words: which are names, which are keywords, and what SQLite alone says with them.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::Token as Parsed;

use super::super::keywords::{self, JOIN_WORDS};
use super::super::lexer::{Token, TokenKind};
use super::super::literal;
use super::{Level, Respelling};
use crate::types::Affinity;

impl<'a> Respelling<'a> {
    pub(super) fn word(&mut self, token: Token<'a>) {
        let lower = token.text.to_ascii_lowercase();
        // Next to a dot and after AS there are only names.
        let is_name = self.out.last() == Some(&Parsed::Period)
            || self.next_is_symbol(0, ".")
            || (self.last_keyword() == Keyword::AS && !["not", "materialized"].contains(&lower.as_str()));
        if is_name && !self.level().is_cast {
            return self.identifier(token.text, None);
        }
        match lower.as_str() {
            "is" | "isnull" | "notnull" => self.is(&lower),
            "not" => self.not(),
            "in" => self.is_in(),
            "as" => self.alias(),
            "glob" | "like" | "match" | "regexp" => {
                let negated = self.last_keyword() == Keyword::NOT;
                if (negated || self.after_operand()) && !self.ends_element() {
                    self.level().chain += 1;
                    self.keyword(Keyword::LIKE);
                } else {
                    self.identifier(token.text, None);
                }
            }
            "indexed" if self.next_is(0, "by") && self.after_operand() => self.at += 2,
            "exclude" if ["no", "current", "group", "ties"].iter().any(|word| self.next_is(0, word)) => {
                let has_two = self.next_is(0, "no") || self.next_is(0, "current");
                self.at += 1 + usize::from(has_two);
            }
            "current_time" | "current_date" | "current_timestamp" => {
                self.identifier(token.text, None);
                self.out.extend([Parsed::LParen, Parsed::RParen]);
            }
            join if JOIN_WORDS.contains(&join) => self.join(token),
            _ => match self.keyword_of(&lower) {
                Some(keyword) => self.clause(keyword),
                None => self.identifier(token.text, None),
            },
        }
    }

    /// Whether the list element or clause ends here, so that no operand can follow.
    fn ends_element(&self) -> bool {
        match self.peek(0) {
            None => true,
            Some(next) => [",", ")", ".", ";"].iter().any(|symbol| next.is_symbol(symbol)) || next.is_word("from"),
        }
    }

    /// `IS` is the one comparison of its precedence that the parser does not have: `<=>` stands for it.
    fn is(&mut self, word: &str) {
        self.level().chain += 1;
        let mut negated = word == "notnull";
        if word == "is" {
            if self.next_is(0, "not") {
                self.at += 1;
                negated = true;
            }
            if self.next_is(0, "distinct") && self.next_is(1, "from") {
                self.at += 2;
                negated = !negated;
            }
        }
        self.out.push(if negated { Parsed::Neq } else { Parsed::Spaceship });
        if word != "is" {
            self.keyword(Keyword::NULL);
        }
    }

    fn not(&mut self) {
        if self.next_is(0, "indexed") {
            self.at += 1;
        } else if self.next_is(0, "null") && self.after_operand() {
            self.at += 1;
            self.is("notnull");
        } else {
            self.level().chain += 1;
            self.keyword(Keyword::NOT);
        }
    }

    /// `IN table` becomes `IN (SELECT * FROM table)`.
    fn is_in(&mut self) {
        self.level().chain += 1;
        self.keyword(Keyword::IN);
        if self.next_is_symbol(0, "(") {
            return;
        }
        let mut end = self.at;
        let mut depth = 0_usize;
        while let Some(token) = self.tokens.get(end) {
            let is_name = matches!(token.kind, TokenKind::Word | TokenKind::Quoted | TokenKind::String);
            let continues = end == self.at || self.tokens[end - 1].is_symbol(".");
            if token.is_symbol("(") {
                depth += 1;
            } else if depth > 0 && token.is_symbol(")") {
                depth -= 1;
                if depth == 0 {
                    end += 1;
                    break;
                }
            } else if depth == 0 && !(is_name && continues || token.is_symbol(".")) {
                break;
            }
            end += 1;
        }
        self.out.push(Parsed::LParen);
        self.keyword(Keyword::SELECT);
        self.out.push(Parsed::Mul);
        self.keyword(Keyword::FROM);
        // The name is respelled by itself: what it is does not depend on what stands around it.
        let all = self.tokens;
        self.tokens = &all[..end];
        self.levels.push(Level { table_is_next: true, ..Level::default() });
        while let Some(token) = self.peek(0) {
            self.at += 1;
            match token.kind {
                TokenKind::Word => self.identifier(token.text, None),
                TokenKind::Quoted => self.identifier(&literal::unquote(token.text), token.text.chars().next()),
                TokenKind::String => self.string(token),
                TokenKind::Symbol => self.symbol(token),
                TokenKind::Number => self.out.push(Parsed::Number(token.text.to_owned(), false)),
                TokenKind::Parameter => self.parameter(token),
                TokenKind::Blob | TokenKind::Illegal => {}
            }
        }
        self.levels.pop();
        self.tokens = all;
        self.out.push(Parsed::RParen);
    }

    /// `AS [NOT] MATERIALIZED (` loses its hint, and the type of a CAST is reduced to its affinity.
    fn alias(&mut self) {
        self.keyword(Keyword::AS);
        if self.level().is_cast {
            let mut declared = String::new();
            let mut depth = 0_usize;
            while let Some(token) = self.peek(0) {
                if token.is_symbol(")") && depth == 0 {
                    break;
                }
                depth += usize::from(token.is_symbol("("));
                depth -= usize::from(token.is_symbol(")"));
                declared.push_str(token.text);
                self.at += 1;
            }
            self.keyword(match Affinity::of_declared_type(&declared) {
                Affinity::Integer => Keyword::INTEGER,
                Affinity::Text => Keyword::TEXT,
                _ => Keyword::REAL,
            });
        } else if self.next_is(0, "materialized") && self.next_is_symbol(1, "(") {
            self.at += 1;
        } else if self.next_is(0, "not") && self.next_is(1, "materialized") {
            self.at += 2;
        }
    }

    /// The words of a join come in any order in SQLite, and each is a name where no JOIN follows.
    fn join(&mut self, token: Token<'a>) {
        let others =
            self.tokens[self.at..].iter().take_while(|next| JOIN_WORDS.iter().any(|word| next.is_word(word))).count();
        if others > 2 || !self.next_is(others, "join") {
            return self.identifier(token.text, None);
        }
        let words = &self.tokens[self.at - 1..self.at + others];
        let has = |word: &str| words.iter().any(|token| token.is_word(word));
        let (natural, left, right) = (has("natural"), has("left"), has("right"));
        let kind = match (has("full") || left && right, left, right) {
            (true, ..) => Some(Keyword::FULL),
            (_, true, _) => Some(Keyword::LEFT),
            (.., true) => Some(Keyword::RIGHT),
            _ if has("outer") => Some(Keyword::FULL),
            _ => None,
        };
        if natural {
            self.keyword(Keyword::NATURAL);
        }
        if let Some(kind) = kind {
            self.keyword(kind);
        }
        self.at += others;
    }

    /// The keyword that a word is at this place, if it is one.
    fn keyword_of(&mut self, lower: &str) -> Option<Keyword> {
        let previous = self.last_keyword();
        let after_operand = self.after_operand();
        let cases = self.level().cases;
        let context = keywords::Context {
            previous,
            after_operand,
            inside_case: cases > 0,
            next: [self.peek(0), self.peek(1), self.peek(2)],
        };
        keywords::keyword(lower, &context)
    }

    fn clause(&mut self, keyword: Keyword) {
        let level = self.level();
        match keyword {
            Keyword::FROM | Keyword::JOIN => {
                level.in_from = true;
                level.table_is_next = true;
            }
            Keyword::WHERE | Keyword::GROUP | Keyword::ORDER | Keyword::HAVING | Keyword::LIMIT | Keyword::WINDOW => {
                level.in_from = false;
                level.table_is_next = false;
            }
            Keyword::SELECT | Keyword::VALUES => {
                level.in_from = false;
                level.table_is_next = false;
                level.arms += 1;
            }
            Keyword::CASE => level.cases += 1,
            Keyword::END => level.cases = level.cases.saturating_sub(1),
            Keyword::AND | Keyword::OR | Keyword::BETWEEN | Keyword::COLLATE => level.chain += 1,
            _ => {}
        }
        self.keyword(keyword);
    }
}
