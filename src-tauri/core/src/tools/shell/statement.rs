//! Splits lines of a start-up file into words and statements, as far as that is needed to tell whether a line is a
//! statement of its own. It reads the common part of the shells' syntax, and says no where it is not sure.

/// The syntaxes that differ in what matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    /// sh, bash, zsh, csh, and files with only `NAME=value` lines.
    Posix,
    /// fish: a command substitution is `(COMMAND)`, and a backslash escapes between single quotes too.
    Fish,
    /// PowerShell: a backtick escapes, a backslash does not.
    PowerShell,
}

/// What has to be closed before a statement can end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    SingleQuote,
    DoubleQuote,
    Backtick,
    Parenthesis,
    Brace,
}

/// Reads lines in their order, and knows what the lines so far have left open.
pub(super) struct Lines {
    syntax: Syntax,
    open: Vec<Open>,
    /// Ends the here-document that the next line belongs to.
    here_document: Option<String>,
    /// The statement continues in the next line, after a backslash or an operator.
    is_continued: bool,
}

/// One line.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// The words of the statement, as written.
    pub(super) words: Vec<String>,
    /// The line is not one statement without operators: it begins inside another one, ends with one that goes on, or has
    /// several.
    pub(super) is_part: bool,
}

impl Lines {
    pub(super) fn new(syntax: Syntax) -> Self {
        Self { syntax, open: Vec::new(), here_document: None, is_continued: false }
    }

    /// Reads the next line.
    pub(super) fn read(&mut self, text: &str) -> Line {
        if let Some(end) = &self.here_document {
            if text.trim() == end {
                self.here_document = None;
            }
            return Line { words: Vec::new(), is_part: true };
        }
        let is_blank = text.trim().is_empty() || text.trim_start().starts_with('#');
        if is_blank && self.open.is_empty() {
            return Line::default();
        }
        let begins_inside = self.is_continued || !self.open.is_empty();
        self.is_continued = false;
        let mut line = Line::default();
        let code = self.scan(text.trim_end(), &mut line);
        self.is_continued |= ["&&", "|"].iter().any(|operator| code.ends_with(operator));
        line.is_part |= begins_inside || self.is_continued || !self.open.is_empty();
        line
    }

    /// Reads a line's words, and returns the line without its comment.
    fn scan<'a>(&mut self, text: &'a str, line: &mut Line) -> &'a str {
        let mut is_in_word = false;
        let mut letters = text.char_indices().peekable();
        while let Some((at, letter)) = letters.next() {
            let rest = &text[at + letter.len_utf8()..];
            let is_outside = self.open.is_empty();
            if is_outside && letter.is_whitespace() {
                is_in_word = false;
                continue;
            }
            if letter == '#' && self.may_comment(&text[..at]) {
                return text[..at].trim_end();
            }
            if self.escapes(letter) {
                self.is_continued = rest.is_empty();
                letters.next();
                push(line, &mut is_in_word, letter);
                line.words.last_mut().into_iter().for_each(|word| word.extend(rest.chars().next()));
                continue;
            }
            let before = text[..at].chars().next_back();
            if letter == '<' && matches!(self.open.last(), None | Some(Open::Parenthesis)) {
                self.here_document = here_document(text, at).or(self.here_document.take());
            }
            if is_outside && self.is_operator(letter, before) {
                let ends_statement = letter == ';' && is_only_comment(rest);
                line.is_part |= !ends_statement;
                is_in_word = false;
                continue;
            }
            self.step(letter, before);
            push(line, &mut is_in_word, letter);
        }
        text
    }

    /// Opens or closes what a letter opens or closes. `before` is the letter before it.
    fn step(&mut self, letter: char, before: Option<char>) {
        use Open::{Backtick, Brace, DoubleQuote, Parenthesis, SingleQuote};
        let opened = match (self.open.last(), letter) {
            (Some(SingleQuote), '\'')
            | (Some(DoubleQuote), '"')
            | (Some(Backtick), '`')
            | (Some(Parenthesis), ')')
            | (Some(Brace), '}') => {
                self.open.pop();
                return;
            }
            (Some(SingleQuote), _) => return,
            (_, '(') if before == Some('$') => Parenthesis,
            (_, '{') if before == Some('$') => Brace,
            (_, '`') if self.syntax == Syntax::Posix => Backtick,
            (Some(DoubleQuote), _) => return,
            (_, '\'') => SingleQuote,
            (_, '"') => DoubleQuote,
            (_, '(') => Parenthesis,
            _ => return,
        };
        self.open.push(opened);
    }

    fn may_comment(&self, before: &str) -> bool {
        let is_code = matches!(self.open.last(), None | Some(Open::Parenthesis | Open::Backtick));
        is_code && before.chars().next_back().is_none_or(|letter| letter.is_whitespace() || letter == ';')
    }

    fn escapes(&self, letter: char) -> bool {
        let is_quoted = self.open.last() == Some(&Open::SingleQuote);
        match self.syntax {
            Syntax::Posix => letter == '\\' && !is_quoted,
            Syntax::Fish => letter == '\\',
            Syntax::PowerShell => letter == '`' && !is_quoted,
        }
    }

    fn is_operator(&self, letter: char, before: Option<char>) -> bool {
        let substitutes = match letter {
            '(' => before == Some('$') || self.syntax != Syntax::Posix,
            '{' => before == Some('$'),
            _ => false,
        };
        ";&|(){}<>".contains(letter) && !substitutes
    }
}

/// Adds a letter to the current word, or begins one with it.
fn push(line: &mut Line, is_in_word: &mut bool, letter: char) {
    if !*is_in_word {
        line.words.push(String::new());
        *is_in_word = true;
    }
    line.words.last_mut().into_iter().for_each(|word| word.push(letter));
}

fn is_only_comment(rest: &str) -> bool {
    rest.trim().is_empty() || rest.trim_start().starts_with('#')
}

/// The word that ends the here-document that an operator at this place begins.
fn here_document(text: &str, at: usize) -> Option<String> {
    let rest =
        text[at..].strip_prefix("<<").filter(|rest| !rest.starts_with('<') && !text[..at].ends_with('<'))?;
    let rest = rest.strip_prefix('-').unwrap_or(rest).trim_start();
    let word = rest.split([' ', '\t', ';', '|', '&', ')', '>', '<']).next()?;
    let word = word.trim_matches(['"', '\'']).trim_start_matches('\\');
    (!word.is_empty()).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Lines, Syntax};

    /// The words of the last line, if that is a statement of its own.
    fn words(syntax: Syntax, text: &str) -> Option<Vec<String>> {
        let mut lines = Lines::new(syntax);
        let last = text.lines().map(|line| lines.read(line)).last()?;
        (!last.is_part).then_some(last.words)
    }

    #[test]
    fn a_substitution_is_part_of_a_word() {
        for (text, expected) in [
            ("A=$(heroku auth:token) # c", &["A=$(heroku auth:token)"][..]),
            ("export A=`cat x | head -1`;", &["export", "A=`cat x | head -1`"]),
            ("export A=\"$(f \"a b\" ')')\"", &["export", "A=\"$(f \"a b\" ')')\""]),
            ("A=${B:-a b}", &["A=${B:-a b}"]),
            ("A=a\\ b'c d'", &["A=a\\ b'c d'"]),
        ] {
            assert_eq!(
                words(Syntax::Posix, text).as_deref(),
                Some(expected.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>().as_slice()),
                "{text}"
            );
        }
        let fish = words(Syntax::Fish, "set -gx A (heroku auth:token)").unwrap();
        assert_eq!(fish, ["set", "-gx", "A", "(heroku auth:token)"]);
        assert!(words(Syntax::PowerShell, r#"$env:A = "C:\x\""#).is_some());
    }

    #[test]
    fn a_part_of_a_longer_statement_is_recognized() {
        for text in [
            "A=1; ls",
            "A=1 && ls",
            "A=$(cat",
            "A='",
            "A=1 \\",
            "(A=1)",
            "test x &&\nA=1",
            "test x |\n\n# comment\nA=1",
            "f \\\nA=1",
            "alias x='\nA=1",
            "cat <<EOF\nA=1",
            "cat > x << 'END' # c\nA=1",
            "A=$(cat <<EOF",
            "A=$(f # c)",
        ] {
            assert_eq!(words(Syntax::Posix, text), None, "{text}");
        }
        for text in ["cat <<-EOF\nx\n\tEOF\nA=1", "echo \"it's\" # don't\nA=1", "cat <<< x\nA=1"] {
            assert_eq!(words(Syntax::Posix, text), Some(vec!["A=1".to_owned()]), "{text}");
        }
    }
}
