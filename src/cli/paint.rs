//! Colour, where the answer goes to a terminal that wants some.

use anstyle::{AnsiColor, Style};

use crate::certificate::Level;

/// Whether and how to colour words.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Paint {
    coloured: bool,
}

impl Paint {
    /// As standard output wants it: `NO_COLOR`, `CLICOLOR_FORCE` and a pipe
    /// have their say.
    pub fn for_output() -> Self {
        let choice = anstream::AutoStream::choice(&std::io::stdout());
        Paint { coloured: choice != anstream::ColorChoice::Never }
    }

    /// As standard error wants it.
    pub fn for_remarks() -> Self {
        let choice = anstream::AutoStream::choice(&std::io::stderr());
        Paint { coloured: choice != anstream::ColorChoice::Never }
    }

    /// With colour whatever the output is.
    pub const fn always() -> Self {
        Paint { coloured: true }
    }

    /// A level, or words about it.
    pub fn level(self, level: Level, words: &str) -> String {
        let colour = match level {
            Level::Info => AnsiColor::Cyan,
            Level::Severe => AnsiColor::Red,
            Level::Warning => AnsiColor::Yellow,
        };
        self.with(colour.on_default().bold(), words)
    }

    /// Words that say that all is well.
    pub fn good(self, words: &str) -> String {
        self.with(AnsiColor::Green.on_default().bold(), words)
    }

    /// Words to be found again.
    pub fn strong(self, words: &str) -> String {
        self.with(Style::new().bold(), words)
    }

    /// Words that may be passed over.
    pub fn faint(self, words: &str) -> String {
        self.with(Style::new().dimmed(), words)
    }

    fn with(self, style: Style, words: &str) -> String {
        if self.coloured { format!("{style}{words}{style:#}") } else { words.to_owned() }
    }
}
